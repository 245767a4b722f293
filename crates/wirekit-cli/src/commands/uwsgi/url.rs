//! Where a request goes: `uwsgi://HOST:PORT/PATH`, `suwsgi://HOST:PORT/PATH` or `uwsgi+unix:///SOCKET:/PATH`.

/// A parsed URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Url<'a> {
    /// `HOST:PORT`, or `localhost` in front of a socket.
    pub(super) authority: &'a str,
    /// Path and query; never empty.
    pub(super) target: &'a str,
    socket: Option<&'a str>,
    is_secure: bool,
}

const SCHEMES: &str = "must start with uwsgi://, suwsgi:// or uwsgi+unix://";

impl<'a> Url<'a> {
    pub(super) fn parse(url: &'a str) -> Result<Self, &'static str> {
        let (url, _) = url.split_once('#').unwrap_or((url, ""));
        let (scheme, rest) = url.split_once("://").ok_or(SCHEMES)?;
        let parsed = if scheme.eq_ignore_ascii_case("uwsgi+unix") {
            Self::of_socket(rest)?
        } else if scheme.eq_ignore_ascii_case("uwsgi") {
            Self::of_host(rest)?
        } else if scheme.eq_ignore_ascii_case("suwsgi") {
            Self {
                is_secure: true,
                ..Self::of_host(rest)?
            }
        } else {
            return Err(SCHEMES);
        };
        // RFC 3986 section 2: such a byte is written as `%` and two digits.
        if parsed.target.bytes().any(is_space_or_control) {
            return Err("spaces and control characters must be percent-encoded");
        }
        Ok(parsed)
    }

    /// What stands behind `uwsgi+unix://`.
    fn of_socket(rest: &'a str) -> Result<Self, &'static str> {
        // The target starts at the first colon that a slash follows; other colons may stand in the socket's path.
        let (socket, target) = match rest.find(":/") {
            Some(at) => rest.split_at(at),
            None => (rest, ":/"),
        };
        if !socket.starts_with('/') {
            return Err("the socket's path must start with a slash");
        }
        Ok(Self {
            authority: "localhost",
            target: target.strip_prefix(':').unwrap_or(target),
            socket: Some(socket),
            is_secure: false,
        })
    }

    /// What stands behind `uwsgi://`.
    fn of_host(rest: &'a str) -> Result<Self, &'static str> {
        let (authority, target) = match rest.find(['/', '?']) {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        if target.starts_with('?') {
            return Err("a path must stand in front of the query");
        }
        match authority.rsplit_once(':') {
            Some((host, port)) if is_host(host) && is_port(port) => Ok(Self {
                authority,
                target,
                socket: None,
                is_secure: false,
            }),
            _ => Err("a host and a port are needed, an IPv6 address in brackets"),
        }
    }

    /// What `SERVER_NAME` and `SERVER_PORT` say.
    pub(super) fn server(&self) -> (&'a str, &'a str) {
        self.authority
            .rsplit_once(':')
            .unwrap_or((self.authority, "80"))
    }

    /// Whether the connection is one of TLS.
    pub(super) const fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// The path of a socket of this machine, where that is meant.
    pub(super) const fn socket(&self) -> Option<&'a str> {
        self.socket
    }
}

/// A name, an IPv4 address, or an IPv6 address in brackets; whether it exists is for the connection to tell.
fn is_host(host: &str) -> bool {
    let (name, others) = match host.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        Some(address) => (address, "@[]"),
        None => (host, "@[]:"),
    };
    !name.is_empty()
        && !name.contains(|it| others.contains(it))
        && !name.bytes().any(is_space_or_control)
}

fn is_port(port: &str) -> bool {
    // `parse` alone would take a sign.
    port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok()
}

fn is_space_or_control(byte: u8) -> bool {
    byte == b' ' || byte.is_ascii_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_where_and_what() {
        let parsed = |url| Url::parse(url).map(|url| (url.authority, url.socket, url.target));
        assert_eq!(parsed("uwsgi://h:1/a?b#c"), Ok(("h:1", None, "/a?b")));
        assert_eq!(parsed("uwsgi://[::1]:1"), Ok(("[::1]:1", None, "/")));
        assert_eq!(
            parsed("uwsgi+unix:///run/a.sock:/p"),
            Ok(("localhost", Some("/run/a.sock"), "/p"))
        );
        assert_eq!(
            parsed("uwsgi+unix:///run/a.sock"),
            Ok(("localhost", Some("/run/a.sock"), "/"))
        );
        assert_eq!(
            parsed("uwsgi+unix:///run/a:b:/p?u=c:/d"),
            Ok(("localhost", Some("/run/a:b"), "/p?u=c:/d"))
        );
        // RFC 3986 section 3.1: a scheme is the same in capitals.
        assert_eq!(parsed("UWSGI://h:1/"), Ok(("h:1", None, "/")));
        let is_secure = |url| Url::parse(url).map(|url| url.is_secure());
        assert_eq!(is_secure("suwsgi://h:1/"), Ok(true));
        assert_eq!(is_secure("uwsgi://h:1/"), Ok(false));
        for wrong in [
            "",
            "suwsgi://h/",
            "h:1/",
            "http://h:1/",
            "uwsgi://h/",
            "uwsgi://h:x/",
            "uwsgi://h:+1/",
            "uwsgi://h:65536/",
            "uwsgi://h:/",
            "uwsgi://:1/",
            "uwsgi://::1:1/",
            "uwsgi://[]:1/",
            "uwsgi://[::1]/",
            "uwsgi://u@h:1/",
            "uwsgi://h h:1/",
            "uwsgi://h:1?q",
            "uwsgi://h:1/a b",
            "uwsgi://h:1/a?\n",
            "uwsgi+unix://a:/p",
            "uwsgi+unix:///a:/p\u{7f}",
        ] {
            assert!(Url::parse(wrong).is_err(), "{wrong}");
        }
    }
}
