//! Paths as a router compares them.

use wirekit_http1::StatusCode;

wirekit_macros::errors! {
    /// Why a path has no normal form: RFC 3986 section 6.2.2.
    ///
    /// ```
    /// use wirekit_bridge::path::{PathError, normalize};
    ///
    /// assert_eq!(normalize(b"/a/../..", &mut [0; 16]), Err(PathError::AboveRoot));
    /// assert_eq!(PathError::AboveRoot.status().0, 400);
    /// ```
    pub enum PathError {
        /// A path that does not begin with `/`.
        NotAbsolute = "path does not begin with a slash", BAD_REQUEST;
        /// A `%` without two hexadecimal digits behind it.
        PercentEncoding = "broken percent-encoding in the path", BAD_REQUEST;
        /// `%00`, at which some reader ends the path.
        Zero = "zero byte in the path", BAD_REQUEST;
        /// More `..` than there are segments before them.
        AboveRoot = "path leads above its root", BAD_REQUEST;
        /// The output is shorter than the path.
        OutputTooSmall = "no room for the path", URI_TOO_LONG;
    }

    /// The status of the answer.
    pub const fn status(self) -> StatusCode;
}

/// Writes the normal form of a path to the start of `out`, by nginx's reading, and returns it (RFC 3986 section 6.2.2).
///
/// Each `%XX` is decoded once; then several slashes are one, and the segments `.` and `..` are resolved: `%2e` counts as a
/// dot and `%2f` as a slash. `path` has no query. `out` is to be as long as the path.
///
/// Route by this form and send the same one to the application: a router that compares raw paths is passed by
/// `//admin`, `/x/../admin` and `/%61dmin`.
///
/// ```
/// use wirekit_bridge::path::normalize;
///
/// let mut out = [0; 64];
/// assert_eq!(normalize(b"/static//a/%2e%2E/b%20c", &mut out)?, b"/static/b c");
/// # Ok::<(), wirekit_bridge::path::PathError>(())
/// ```
///
/// # Errors
///
/// Every [`PathError`].
pub fn normalize<'o>(path: &[u8], out: &'o mut [u8]) -> Result<&'o [u8], PathError> {
    if path.first() != Some(&b'/') {
        return Err(PathError::NotAbsolute);
    }
    let mut len = 0;
    let mut bytes = decoded(path);
    loop {
        let byte = bytes.next().transpose()?;
        if matches!(byte, None | Some(b'/')) {
            len = end_of_segment(out.get(..len).unwrap_or_default())?;
        }
        let Some(byte) = byte else {
            return Ok(out.get(..len).unwrap_or_default());
        };
        let follows_slash = len > 0 && out.get(len - 1) == Some(&b'/');
        if byte == b'/' && follows_slash {
            continue;
        }
        *out.get_mut(len).ok_or(PathError::OutputTooSmall)? = byte;
        len += 1;
    }
}

/// Whether a path is in its normal form already, for certain (RFC 3986 section 6.2.2): most are, and need neither room nor a
/// copy. One that says no may still be, as `/.well-known` is.
///
/// ```
/// use wirekit_bridge::path::is_normal;
///
/// assert!(is_normal(b"/static/b.css"));
/// assert!(!is_normal(b"/static//b") && !is_normal(b"/a/../b") && !is_normal(b"/%61") && !is_normal(b"a"));
/// ```
pub fn is_normal(path: &[u8]) -> bool {
    let pairs = path.iter().zip(path.iter().skip(1));
    path.first() == Some(&b'/')
        && !path.iter().any(|byte| matches!(byte, b'%' | 0))
        && !pairs
            .into_iter()
            .any(|pair| matches!(pair, (b'/', b'/' | b'.')))
}

/// The path's length once the segment at its end is resolved, if that is a dot segment.
fn end_of_segment(path: &[u8]) -> Result<usize, PathError> {
    if path.ends_with(b"/.") {
        return Ok(path.len() - 1);
    }
    let Some(parent) = path.strip_suffix(b"/..") else {
        return Ok(path.len());
    };
    let slash = parent.iter().rposition(|&byte| byte == b'/');
    slash.map(|at| at + 1).ok_or(PathError::AboveRoot)
}

/// The bytes of a path with each `%XX` as one (RFC 3986 section 2.1), and nothing else changed: what `PATH_INFO` is where
/// nothing routes by it. It ends after an error, which is [`PercentEncoding`](PathError::PercentEncoding) or [`Zero`](PathError::Zero).
///
/// ```
/// use wirekit_bridge::path::decoded;
///
/// let path: Result<Vec<_>, _> = decoded(b"/a%20b/../c").collect();
/// assert_eq!(path?, b"/a b/../c");
/// # Ok::<(), wirekit_bridge::path::PathError>(())
/// ```
pub fn decoded(path: &[u8]) -> impl Iterator<Item = Result<u8, PathError>> {
    let mut rest = path;
    core::iter::from_fn(move || {
        let (byte, after) = match rest {
            [] => return None,
            [b'%', high, low, after @ ..] => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => ((high << 4) | low, after),
                _ => return fail(&mut rest, PathError::PercentEncoding),
            },
            [b'%', ..] => return fail(&mut rest, PathError::PercentEncoding),
            [byte, after @ ..] => (*byte, after),
        };
        if byte == 0 {
            return fail(&mut rest, PathError::Zero);
        }
        rest = after;
        Some(Ok(byte))
    })
}

fn fail(rest: &mut &[u8], error: PathError) -> Option<Result<u8, PathError>> {
    *rest = &[];
    Some(Err(error))
}

const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_as_nginx_reads_it() {
        #[rustfmt::skip]
        let rows: [(&str, Result<&str, PathError>); 27] = [
            ("/", Ok("/")),
            ("/a/b", Ok("/a/b")),
            ("//a///b//", Ok("/a/b/")),
            ("/a/./b", Ok("/a/b")),
            ("/a/.", Ok("/a/")),
            ("/.", Ok("/")),
            ("/a/..", Ok("/")),
            ("/a/../b", Ok("/b")),
            ("/a/b/../..", Ok("/")),
            ("/a/b/../../c", Ok("/c")),
            ("/a//../b", Ok("/b")),
            ("/x/%2e%2E/admin", Ok("/admin")),
            ("/x%2f..%2fadmin", Ok("/admin")),
            ("/%61dmin", Ok("/admin")),
            // Decoded once.
            ("/%252e%252e/a", Ok("/%2e%2e/a")),
            ("/a%3fb%23c", Ok("/a?b#c")),
            ("/.a/..b/c./d..", Ok("/.a/..b/c./d..")),
            ("/a/...", Ok("/a/...")),
            ("/..", Err(PathError::AboveRoot)),
            ("/a/../..", Err(PathError::AboveRoot)),
            ("/%2e./a", Err(PathError::AboveRoot)),
            ("", Err(PathError::NotAbsolute)),
            ("a/b", Err(PathError::NotAbsolute)),
            ("*", Err(PathError::NotAbsolute)),
            ("/%", Err(PathError::PercentEncoding)),
            ("/%4", Err(PathError::PercentEncoding)),
            ("/%00", Err(PathError::Zero)),
        ];
        for (path, expected) in rows {
            let mut out = [0xff; 64];
            let found = normalize(path.as_bytes(), &mut out);
            assert_eq!(found, expected.map(str::as_bytes), "{path}");
            assert!(!is_normal(path.as_bytes()) || found == Ok(path.as_bytes()));
            if let Ok(normal) = expected
                && !normal.contains('%')
            {
                let mut again = [0; 64];
                assert_eq!(
                    normalize(normal.as_bytes(), &mut again),
                    Ok(normal.as_bytes())
                );
            }
        }
        assert_eq!(
            normalize(b"/abc", &mut [0; 3]),
            Err(PathError::OutputTooSmall)
        );
        assert!(is_normal(b"/") && is_normal(b"/a/b.c/") && !is_normal(b"/a\0"));
    }
}
