mod authority;
mod uri;

pub use authority::{Authority, Host};
pub use uri::TargetUri;

use crate::error::{Error, ErrorKind};
use crate::registry::Method;
use crate::token;

/// Which of the four forms a request target has (RFC 9112 section 3.2).
///
/// ```
/// use wirekit_http1::{Method, Target, TargetForm};
///
/// for (method, target, form) in [
///     (Method::GET, &b"/where?q=now"[..], TargetForm::Origin),
///     (Method::GET, b"http://www.example.org/", TargetForm::Absolute),
///     (Method::CONNECT, b"www.example.com:80", TargetForm::Authority),
///     (Method::OPTIONS, b"*", TargetForm::Asterisk),
/// ] {
///     assert_eq!(Target::parse(method, target)?.form(), form);
/// }
/// # Ok::<(), wirekit_http1::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 9112 section 3.2 fixes the four forms"
)]
pub enum TargetForm {
    /// `/where?q=now`: a path, as a client sends it to the origin server.
    Origin,
    /// `http://www.example.org/`: a whole URI, as a client sends it to a proxy.
    Absolute,
    /// `www.example.com:80`: CONNECT only.
    Authority,
    /// `*`: OPTIONS only.
    Asterisk,
}

impl TargetForm {
    /// The RFC's word in lower case: `"origin"`, `"absolute"`, `"authority"` or `"asterisk"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Origin => "origin",
            Self::Absolute => "absolute",
            Self::Authority => "authority",
            Self::Asterisk => "asterisk",
        }
    }
}

/// A request target, taken apart (RFC 9112 section 3.2).
///
/// ```
/// use wirekit_http1::{Method, Target};
///
/// let target = Target::parse(Method::GET, b"/where?q=now")?;
/// assert_eq!(target, Target::Origin { path: "/where", query: Some("q=now") });
/// let Target::Authority(authority) = Target::parse(Method::CONNECT, b"[::1]:443")? else { unreachable!() };
/// assert_eq!(authority.port(), Some(443));
/// # Ok::<(), wirekit_http1::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 9112 section 3.2 fixes the four forms"
)]
pub enum Target<'a> {
    /// A path and a query.
    Origin {
        /// From the slash to the question mark.
        path: &'a str,
        /// After the question mark.
        query: Option<&'a str>,
    },
    /// A whole URI.
    Absolute {
        /// Before the colon, in any case.
        scheme: &'a str,
        /// After the two slashes; a URI such as `urn:example:a` has none.
        authority: Option<Authority<'a>>,
        /// Up to the question mark; empty after an authority stands for `/`.
        path: &'a str,
        /// After the question mark.
        query: Option<&'a str>,
    },
    /// A host and a port to connect to.
    Authority(Authority<'a>),
    /// The server as a whole.
    Asterisk,
}

impl<'a> Target<'a> {
    /// Takes a target apart and checks that the method has its form.
    ///
    /// Its bytes are those that are read without quirks: what RFC 3986 allows, and what browsers leave as it is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::EmptyTarget`], [`ErrorKind::InvalidTarget`], [`ErrorKind::InvalidTargetForm`],
    /// [`ErrorKind::TargetFormMismatch`], and the kinds of [`Authority::parse`].
    pub fn parse(method: Method<'_>, target: &'a [u8]) -> Result<Self, Error> {
        if let Some(at) = first_odd(target) {
            return Err(Error::new(ErrorKind::InvalidTarget, at));
        }
        Self::parse_visible(method, target)
    }

    /// [`parse`](Self::parse) of a target whose bytes were checked when its line was read, by a quirk perhaps: they are not
    /// looked at once more.
    pub(crate) fn parse_visible(method: Method<'_>, target: &'a [u8]) -> Result<Self, Error> {
        debug_assert!(target.iter().all(|&byte| token::is(byte, token::TARGET)));
        let text = ascii(target);
        match target {
            [] => Err(Error::new(ErrorKind::EmptyTarget, 0)),
            _ if method == Method::CONNECT => connect(target),
            [b'/', ..] => {
                let (path, query) = split_query(text);
                Ok(Self::Origin { path, query })
            }
            b"*" if method == Method::OPTIONS => Ok(Self::Asterisk),
            b"*" => Err(Error::new(ErrorKind::TargetFormMismatch, 0)),
            _ => absolute(target),
        }
    }

    /// Whether this may be the Host beside the target: "If the target URI includes an authority component, then a client
    /// MUST send a field value for Host that is identical to that authority component", and else an empty one
    /// (RFC 9112 section 3.2).
    ///
    /// Absolute-form says which that is, and authority-form does but for a port that the URI need not have: "the client
    /// [..] sends the scheme's default port if the target URI elides the port" (section 3.2.3). The case of letters and
    /// the scheme's own port make no difference (RFC 9110 section 4.2.3).
    pub(crate) fn allows_host(&self, host: &[u8]) -> bool {
        let (target, own_port) = match *self {
            Self::Origin { .. } | Self::Asterisk => return true,
            Self::Absolute {
                authority: None, ..
            } => return host.is_empty(),
            Self::Absolute {
                scheme,
                authority: Some(authority),
                ..
            } => (authority, default_port(scheme)),
            Self::Authority(authority) => (authority, authority.port()),
        };
        Authority::parse(host).is_ok_and(|host| {
            host.host_str().eq_ignore_ascii_case(target.host_str())
                && host.port().or(own_port) == target.port().or(own_port)
        })
    }

    /// Which form it is.
    pub const fn form(&self) -> TargetForm {
        match self {
            Self::Origin { .. } => TargetForm::Origin,
            Self::Absolute { .. } => TargetForm::Absolute,
            Self::Authority(_) => TargetForm::Authority,
            Self::Asterisk => TargetForm::Asterisk,
        }
    }
}

const fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        _ if scheme.eq_ignore_ascii_case("http") => Some(80),
        _ if scheme.eq_ignore_ascii_case("https") => Some(443),
        _ => None,
    }
}

/// The first byte that no target has without quirks.
pub(crate) fn first_odd(target: &[u8]) -> Option<usize> {
    let mut class = token::PATH;
    target.iter().position(|&byte| {
        if byte == b'?' {
            class = token::QUERY;
        }
        !token::is(byte, class)
    })
}

/// "authority-form = uri-host ":" port", and "a server MUST reject a CONNECT request that targets an empty or invalid
/// port number" (RFC 9110 section 9.3.6).
fn connect(target: &[u8]) -> Result<Target<'_>, Error> {
    if matches!(target, [b'/', ..] | b"*") || target.windows(3).any(|window| window == b"://") {
        return Err(Error::new(ErrorKind::TargetFormMismatch, 0));
    }
    let authority = Authority::parse(target)?;
    if authority.host_str().is_empty() {
        return Err(Error::new(ErrorKind::InvalidHost, 0));
    }
    match authority.port() {
        // No service listens on the reserved port 0 (RFC 6335 section 6).
        Some(0) => Err(Error::new(
            ErrorKind::InvalidPort,
            authority.host_str().len() + 1,
        )),
        Some(_) => Ok(Target::Authority(authority)),
        None => Err(Error::new(ErrorKind::InvalidPort, target.len())),
    }
}

/// "absolute-form = absolute-URI": a scheme, a colon, and the rest without a fragment (RFC 3986 section 4.3).
fn absolute(target: &[u8]) -> Result<Target<'_>, Error> {
    let wrong_form = Error::new(ErrorKind::InvalidTargetForm, 0);
    let (scheme, rest) = match target.iter().position(|&byte| byte == b':') {
        Some(colon) => (
            target.get(..colon).unwrap_or_default(),
            target.get(colon + 1..).unwrap_or_default(),
        ),
        None => return Err(wrong_form),
    };
    let is_authority = Authority::parse(target).is_ok_and(|authority| authority.port().is_some());
    if is_authority {
        return Err(Error::new(ErrorKind::TargetFormMismatch, 0));
    }
    let is_scheme = scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    if !is_scheme {
        return Err(wrong_form);
    }
    let after_scheme = scheme.len() + 1;
    let needs_host = scheme.eq_ignore_ascii_case(b"http") || scheme.eq_ignore_ascii_case(b"https");
    let (authority, hierarchy) = match rest.strip_prefix(b"//") {
        Some(rest) => {
            let end = rest
                .iter()
                .position(|byte| matches!(byte, b'/' | b'?'))
                .unwrap_or(rest.len());
            let (authority, hierarchy) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            let authority =
                Authority::parse(authority).map_err(|error| error.shifted(after_scheme + 2))?;
            // RFC 9110 section 4.2.1: "A sender MUST NOT generate an "http" URI with an empty host identifier. A
            // recipient that processes such a URI reference MUST reject it as invalid."
            if needs_host && authority.host_str().is_empty() {
                return Err(Error::new(ErrorKind::InvalidHost, after_scheme + 2));
            }
            (Some(authority), hierarchy)
        }
        None if needs_host => return Err(Error::new(ErrorKind::InvalidHost, after_scheme)),
        None => (None, rest),
    };
    let (path, query) = split_query(ascii(hierarchy));
    Ok(Target::Absolute {
        scheme: ascii(scheme),
        authority,
        path,
        query,
    })
}

fn split_query(text: &str) -> (&str, Option<&str>) {
    match text.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (text, None),
    }
}

/// Text of bytes that were found to be ASCII.
fn ascii(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests;
