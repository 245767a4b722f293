use wirekit_http::token::trim_ows;

use super::{Error, ErrorKind};

/// Which pages may open a WebSocket here, by the Origin that browsers send (RFC 6455 section 10.2).
///
/// It keeps out the scripts of other sites. It does not keep out other programs, which can send any Origin they like.
///
/// ```
/// use wirekit_websocket::handshake::{ErrorKind, OriginPolicy, WithoutOrigin};
///
/// let policy = OriginPolicy::Listed { origins: &["https://example.com"], without: WithoutOrigin::Accepted };
/// assert!(policy.check(Some(b"https://EXAMPLE.com"), None).is_ok());
/// assert!(policy.check(None, None).is_ok());
/// let refused = policy.check(Some(b"https://example.com.evil.test"), None).unwrap_err();
/// assert_eq!(refused.kind(), ErrorKind::OriginRefused);
/// assert_eq!(refused.kind().status(), Some(403));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OriginPolicy<'p> {
    /// Everyone: "if the server does not validate the origin, it will accept connections from anywhere".
    #[default]
    Any,
    /// The pages of these origins, written as browsers do: `https://example.com`, `http://localhost:8080`, `null`.
    Listed {
        /// The origins; ASCII case does not matter.
        origins: &'p [&'p str],
        /// What to do with a request that has no Origin.
        without: WithoutOrigin,
    },
    /// Pages whose host and port are the request's own Host, of either scheme.
    SameHost {
        /// What to do with a request that has no Origin.
        without: WithoutOrigin,
    },
}

/// What an [`OriginPolicy`] does with a request that no browser sent: RFC 6455 section 10.2. The example of [`OriginPolicy`]
/// lets it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a request is let in or it is not")]
pub enum WithoutOrigin {
    /// "A connection attempt lacking this header field SHOULD NOT be interpreted as coming from a browser client"
    /// (RFC 6455 section 4.2.1): let it in.
    Accepted,
    /// Only browsers may connect.
    Refused,
}

impl OriginPolicy<'_> {
    /// Decides about a request by its Origin and Host.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OriginMissing`], [`ErrorKind::OriginRefused`].
    pub fn check(&self, origin: Option<&[u8]>, host: Option<&[u8]>) -> Result<(), Error> {
        let without = match self {
            Self::Any => return Ok(()),
            Self::Listed { without, .. } | Self::SameHost { without } => *without,
        };
        let Some(origin) = origin.map(trim_ows) else {
            return match without {
                WithoutOrigin::Accepted => Ok(()),
                WithoutOrigin::Refused => Err(Error::new(ErrorKind::OriginMissing, 0)),
            };
        };
        let accepted = match self {
            Self::Any => true,
            Self::Listed { origins, .. } => origins
                .iter()
                .any(|listed| listed.as_bytes().eq_ignore_ascii_case(origin)),
            Self::SameHost { .. } => host.is_some_and(|host| {
                let authority =
                    authority(origin, b"https://").or_else(|| authority(origin, b"http://"));
                authority.is_some_and(|authority| authority.eq_ignore_ascii_case(trim_ows(host)))
            }),
        };
        if accepted {
            Ok(())
        } else {
            Err(Error::new(ErrorKind::OriginRefused, 0))
        }
    }
}

fn authority<'a>(origin: &'a [u8], scheme: &[u8]) -> Option<&'a [u8]> {
    let (head, authority) = origin.split_at_checked(scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then_some(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row<'a> = (
        OriginPolicy<'a>,
        Option<&'a str>,
        Option<&'a str>,
        Option<ErrorKind>,
    );

    #[test]
    fn policies_decide_by_origin_and_host() {
        use WithoutOrigin::{Accepted, Refused};
        let origins = &["https://example.com", "http://localhost:8080"];
        let listed = |without| OriginPolicy::Listed { origins, without };
        let same = |without| OriginPolicy::SameHost { without };
        let refused = Some(ErrorKind::OriginRefused);
        #[rustfmt::skip]
        let rows: [Row<'_>; 16] = [
            (OriginPolicy::Any, None,                                None,                None),
            (OriginPolicy::Any, Some("null"),                        None,                None),
            (listed(Accepted),  None,                                None,                None),
            (listed(Refused),   None,                                None,                Some(ErrorKind::OriginMissing)),
            (listed(Refused),   Some("https://example.com"),         None,                None),
            (listed(Refused),   Some(" HTTP://LocalHost:8080 "),     None,                None),
            (listed(Refused),   Some("http://example.com"),          None,                refused), // another scheme
            (listed(Refused),   Some("https://example.com:444"),     None,                refused), // another port
            (listed(Refused),   Some("https://example.com.evil"),    None,                refused),
            (listed(Refused),   Some("null"),                        None,                refused), // an opaque origin
            (same(Refused),     None,                                Some("example.com"), Some(ErrorKind::OriginMissing)),
            (same(Accepted),    Some("https://Example.com"),         Some("example.com"), None),
            (same(Accepted),    Some("http://example.com"),          Some("example.com"), None),
            (same(Accepted),    Some("http://example.com:81"),       Some("example.com"), refused),
            (same(Accepted),    Some("null"),                        Some("null"),        refused),
            (same(Accepted),    Some("http://example.com"),          None,                refused),
        ];
        for (policy, origin, host, kind) in rows {
            let answer = policy.check(origin.map(str::as_bytes), host.map(str::as_bytes));
            assert_eq!(
                answer.err().map(Error::kind),
                kind,
                "{policy:?} {origin:?} {host:?}"
            );
        }
    }
}
