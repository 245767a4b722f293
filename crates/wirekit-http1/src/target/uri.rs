use core::fmt;

use super::Target;

/// The URI that a request is about (RFC 9112 section 3.3).
///
/// `Display` writes it as `scheme://authority/path?query`.
///
/// ```
/// use wirekit_http1::{FieldTable, RequestHead};
///
/// let mut fields = FieldTable::new();
/// let input = b"GET /where?q=now HTTP/1.1\r\nHost: www.example.org\r\n\r\n";
/// let Some((head, _)) = RequestHead::parse(input, &mut fields)? else { panic!("more bytes are needed") };
/// assert_eq!(head.target_uri("https")?.to_string(), "https://www.example.org/where?q=now");
/// # Ok::<(), wirekit_http1::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct TargetUri<'a> {
    /// The target's own in absolute-form, otherwise the connection's.
    pub scheme: &'a str,
    /// The target's own in absolute-form and authority-form, otherwise that of Host; empty without either.
    pub authority: &'a str,
    /// Empty in authority-form and asterisk-form.
    pub path: &'a str,
    /// After the question mark.
    pub query: Option<&'a str>,
}

impl<'a> TargetUri<'a> {
    /// The URI of a target that came over a connection of this scheme with this Host.
    pub(crate) fn new(target: Target<'a>, scheme: &'a str, host: &'a str) -> Self {
        match target {
            Target::Origin { path, query } => Self {
                scheme,
                authority: host,
                path,
                query,
            },
            Target::Absolute {
                scheme,
                authority,
                path,
                query,
            } => Self {
                scheme,
                authority: authority.map_or("", |authority| authority.as_str()),
                path,
                query,
            },
            Target::Authority(authority) => Self {
                scheme,
                authority: authority.as_str(),
                path: "",
                query: None,
            },
            Target::Asterisk => Self {
                scheme,
                authority: host,
                path: "",
                query: None,
            },
        }
    }
}

impl fmt::Display for TargetUri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.scheme)?;
        f.write_str(":")?;
        if !self.authority.is_empty() || self.path.starts_with('/') || self.path.is_empty() {
            f.write_str("//")?;
            f.write_str(self.authority)?;
        }
        f.write_str(self.path)?;
        match self.query {
            Some(query) => write!(f, "?{query}"),
            None => Ok(()),
        }
    }
}
