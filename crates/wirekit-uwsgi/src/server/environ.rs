use super::Request;
use crate::{Error, ErrorKind, Key, Var};

/// A request's variables as a WSGI application sees them, with those that PEP 3333 requires.
///
/// The keys of [`Environ::vars`] are the environ's keys; a server adds its `wsgi.*` keys. Values are bytes: Python makes
/// latin-1 text of them.
///
/// ```
/// use wirekit_uwsgi::server::{Config, Decoder, Environ, Event};
/// use wirekit_uwsgi::{Header, Var};
///
/// let vars = [
///     Var::new(b"REQUEST_METHOD", b"GET"),
///     Var::new(b"PATH_INFO", b"/"),
///     Var::new(b"SERVER_NAME", b"a.example"),
///     Var::new(b"SERVER_PORT", b"443"),
///     Var::new(b"SERVER_PROTOCOL", b"HTTP/1.1"),
///     Var::new(b"HTTPS", b"on"),
/// ];
/// let mut packet = [0; 256];
/// Header::WSGI.encode_vars_to_slice(&vars, &mut packet)?;
/// let Some((Event::Request(request), _)) = Decoder::new(Config::DEFAULT).receive(&packet)? else { panic!("a whole packet") };
/// let environ = Environ::new(&request)?;
/// assert_eq!((environ.path_info(), environ.url_scheme()), (&b"/"[..], "https"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Environ<'a> {
    request: Request<'a>,
}

impl<'a> Environ<'a> {
    /// What PEP 3333 requires to be there; of `SCRIPT_NAME` and `PATH_INFO` either one, and a missing
    /// `QUERY_STRING`, `CONTENT_TYPE` or `CONTENT_LENGTH` is the same as an empty one.
    pub const REQUIRED: &'static [Key] = &[
        Key::RequestMethod,
        Key::ServerName,
        Key::ServerPort,
        Key::ServerProtocol,
        Key::PathInfo,
    ];

    /// Looks for the required variables.
    ///
    /// # Errors
    ///
    /// `MissingVar`, at the packet's end.
    pub fn new(request: &Request<'a>) -> Result<Self, Error> {
        for &key in Self::REQUIRED {
            let has = |key| request.get(key).is_some();
            if !(has(key) || (matches!(key, Key::PathInfo) && has(Key::ScriptName))) {
                let kind = ErrorKind::MissingVar { name: key.as_str() };
                return Err(Error::new(kind, request.packet().as_bytes().len()));
            }
        }
        Ok(Self { request: *request })
    }

    /// `REQUEST_METHOD`.
    pub fn method(&self) -> &'a [u8] {
        self.text(Key::RequestMethod)
    }

    /// `SCRIPT_NAME`: where the application is mounted; empty at the root.
    pub fn script_name(&self) -> &'a [u8] {
        self.text(Key::ScriptName)
    }

    /// `PATH_INFO`: the path inside the application.
    pub fn path_info(&self) -> &'a [u8] {
        self.text(Key::PathInfo)
    }

    /// `QUERY_STRING`, without `?`.
    pub fn query_string(&self) -> &'a [u8] {
        self.text(Key::QueryString)
    }

    /// `CONTENT_TYPE`.
    pub fn content_type(&self) -> &'a [u8] {
        self.text(Key::ContentType)
    }

    /// `CONTENT_LENGTH`, as a number; zero where a chunked body has none, see [`Request::body`].
    pub const fn content_length(&self) -> u64 {
        self.request.content_length()
    }

    /// `SERVER_NAME`.
    pub fn server_name(&self) -> &'a [u8] {
        self.text(Key::ServerName)
    }

    /// `SERVER_PORT`.
    pub fn server_port(&self) -> &'a [u8] {
        self.text(Key::ServerPort)
    }

    /// `SERVER_PROTOCOL`.
    pub fn server_protocol(&self) -> &'a [u8] {
        self.text(Key::ServerProtocol)
    }

    /// `wsgi.url_scheme`: by `UWSGI_SCHEME`, else `HTTPS`, else `REQUEST_SCHEME`, all of which a front server sets.
    ///
    /// uWSGI also believes `HTTP_X_FORWARDED_PROTO`, which a client can set where the front passes it on.
    pub fn url_scheme(&self) -> &'static str {
        let is_https = match (
            self.request.get(Key::UwsgiScheme),
            self.request.get(Key::Https),
        ) {
            (Some(scheme), _) => scheme == b"https",
            (None, Some(https)) => https == b"on" || https == b"1",
            (None, None) => self.text(Key::RequestScheme) == b"https",
        };
        if is_https { "https" } else { "http" }
    }

    /// The environ's variables, in order, repeated keys too: put into a dictionary one by one, the last one counts, as in
    /// uWSGI and gunicorn.
    ///
    /// Left out is what would harm an application: `HTTP_PROXY`, which HTTP clients take for their setting,
    /// `HTTP_CONTENT_LENGTH` and `HTTP_CONTENT_TYPE`, which contradict the real ones, and uWSGI's instructions.
    pub fn vars(&self) -> impl Iterator<Item = Var<'a>> + use<'a> {
        self.request
            .vars()
            .into_iter()
            .filter(|var| match Key::find(var.key) {
                Some(Key::HttpProxy | Key::HttpContentLength | Key::HttpContentType) => false,
                Some(key) => !key.is_instruction(),
                None => true,
            })
    }

    /// A key's value with its repetitions joined, in pieces: `HTTP_COOKIE` with `; `, others with `, `; no piece where the
    /// key is not there.
    ///
    /// RFC 9110 section 5.3 joins a repeated field with a comma, RFC 6265 section 5.4 has one `Cookie`, with `; `. A dictionary that
    /// takes the variables one by one loses all but the last; nginx before 1.23 repeats keys.
    ///
    /// ```
    /// use wirekit_uwsgi::server::{Config, Decoder, Environ, Event};
    /// use wirekit_uwsgi::{Header, Var};
    ///
    /// # let mut vars = Environ::REQUIRED.iter().map(|key| Var::new(key.as_str().as_bytes(), b"/")).collect::<Vec<_>>();
    /// vars.extend([Var::new(b"HTTP_COOKIE", b"a=1"), Var::new(b"HTTP_COOKIE", b"b=2")]);
    /// # let mut packet = [0; 256];
    /// # Header::WSGI.encode_vars_to_slice(&vars, &mut packet)?;
    /// # let Some((Event::Request(request), _)) = Decoder::new(Config::DEFAULT).receive(&packet)? else { panic!("a whole packet") };
    /// let environ = Environ::new(&request)?;
    /// assert!(environ.joined(b"HTTP_COOKIE").flatten().eq(b"a=1; b=2"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn joined<'k>(&self, key: &'k [u8]) -> impl Iterator<Item = &'a [u8]> + use<'a, 'k> {
        let separator: &'static [u8] = if key == b"HTTP_COOKIE" { b"; " } else { b", " };
        let values = self.vars().filter(move |var| var.key == key);
        values.enumerate().flat_map(move |(at, var)| {
            let before = (at > 0).then_some(separator);
            before.into_iter().chain([var.value])
        })
    }

    fn text(&self, key: Key) -> &'a [u8] {
        self.request.get(key).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::Header;
    use crate::server::{Config, Decoder, Event};

    #[test]
    fn every_required_variable_is_required() {
        let all = [
            Key::RequestMethod,
            Key::ServerName,
            Key::ServerPort,
            Key::ServerProtocol,
            Key::PathInfo,
        ];
        for missing in all {
            let vars: Vec<Var<'_>> = all
                .iter()
                .filter(|key| **key != missing)
                .map(|key| Var::new(key.as_str().as_bytes(), b"/"))
                .collect();
            let mut packet = Vec::new();
            Header::WSGI.encode_vars(&vars, &mut packet).unwrap();
            let mut decoder = Decoder::new(Config::DEFAULT);
            let Ok(Some((Event::Request(request), used))) = decoder.receive(&packet) else {
                panic!()
            };
            let error = Environ::new(&request).unwrap_err();
            assert_eq!(
                (error.kind(), error.offset()),
                (
                    ErrorKind::MissingVar {
                        name: missing.as_str()
                    },
                    used
                )
            );
        }
    }

    #[test]
    fn each_variable_has_its_accessor() {
        // PEP 3333, "environ Variables".
        let vars = [
            Var::new(b"REQUEST_METHOD", b"POST"),
            Var::new(b"SCRIPT_NAME", b"/app"),
            Var::new(b"PATH_INFO", b"/path"),
            Var::new(b"QUERY_STRING", b"a=1"),
            Var::new(b"CONTENT_TYPE", b"text/plain"),
            Var::new(b"CONTENT_LENGTH", b"7"),
            Var::new(b"SERVER_NAME", b"a.example"),
            Var::new(b"SERVER_PORT", b"443"),
            Var::new(b"SERVER_PROTOCOL", b"HTTP/1.0"),
        ];
        let mut packet = Vec::new();
        Header::WSGI.encode_vars(&vars, &mut packet).unwrap();
        let mut decoder = Decoder::new(Config::DEFAULT);
        let Ok(Some((Event::Request(request), _))) = decoder.receive(&packet) else {
            panic!()
        };
        assert_eq!(
            (request.content_length(), request.vars().iter().count()),
            (7, 9)
        );
        let environ = Environ::new(&request).unwrap();
        assert_eq!(environ.method(), b"POST");
        assert_eq!(environ.script_name(), b"/app");
        assert_eq!(environ.path_info(), b"/path");
        assert_eq!(environ.query_string(), b"a=1");
        assert_eq!(environ.content_type(), b"text/plain");
        assert_eq!(environ.content_length(), 7);
        assert_eq!(environ.server_name(), b"a.example");
        assert_eq!(environ.server_port(), b"443");
        assert_eq!(environ.server_protocol(), b"HTTP/1.0");
    }

    #[test]
    fn the_scheme_is_not_the_clients_to_choose() {
        #[rustfmt::skip]
        let rows: &[(&str, &str, &str)] = &[
            ("HTTP_X_FORWARDED_PROTO", "https", "http"),
            ("HTTPS", "on", "https"),
            ("HTTPS", "off", "http"),
            ("REQUEST_SCHEME", "https", "https"),
            ("UWSGI_SCHEME", "https", "https"),
        ];
        for (key, value, expected) in rows {
            let mut vars: Vec<Var<'_>> = Environ::REQUIRED
                .iter()
                .map(|key| Var::new(key.as_str().as_bytes(), b"/"))
                .collect();
            vars.extend([
                Var::new(key.as_bytes(), value.as_bytes()),
                Var::new(b"HTTP_PROXY", b"x"),
                Var::new(b"UWSGI_FILE", b"x"),
            ]);
            let mut packet = Vec::new();
            Header::WSGI.encode_vars(&vars, &mut packet).unwrap();
            let mut decoder = Decoder::new(Config::DEFAULT);
            let Ok(Some((Event::Request(request), _))) = decoder.receive(&packet) else {
                panic!()
            };
            let environ = Environ::new(&request).unwrap();
            assert_eq!(environ.url_scheme(), *expected, "{key}={value}");
            assert!(
                environ
                    .vars()
                    .all(|var| var.key != b"HTTP_PROXY" && var.key != b"UWSGI_FILE")
            );
        }
    }

    #[test]
    fn repeated_fields_are_joined_by_what_they_are() {
        let mut vars: Vec<Var<'_>> = Environ::REQUIRED
            .iter()
            .map(|key| Var::new(key.as_str().as_bytes(), b"/"))
            .collect();
        vars.extend([
            Var::new(b"HTTP_COOKIE", b"a=1"),
            Var::new(b"HTTP_ACCEPT", b"text/html"),
            Var::new(b"HTTP_COOKIE", b"b=2"),
            Var::new(b"HTTP_ACCEPT", b""),
            Var::new(b"HTTP_ACCEPT", b"text/plain"),
            Var::new(b"HTTP_PROXY", b"x"),
        ]);
        let mut packet = Vec::new();
        Header::WSGI.encode_vars(&vars, &mut packet).unwrap();
        let mut decoder = Decoder::new(Config::DEFAULT);
        let Ok(Some((Event::Request(request), _))) = decoder.receive(&packet) else {
            panic!()
        };
        let environ = Environ::new(&request).unwrap();
        #[rustfmt::skip]
        let rows: &[(&[u8], &[u8])] = &[
            // RFC 6265 section 5.4; RFC 9110 section 5.3.
            (b"HTTP_COOKIE", b"a=1; b=2"),
            (b"HTTP_ACCEPT", b"text/html, , text/plain"),
            (b"PATH_INFO", b"/"),
            (b"HTTP_PROXY", b""),
            (b"HTTP_TE", b""),
        ];
        for (key, expected) in rows {
            let joined: Vec<u8> = environ.joined(key).flatten().copied().collect();
            assert_eq!(joined, *expected);
        }
    }
}
