use crate::{Error, ErrorKind};

/// Reads the value of `CONTENT_LENGTH`: digits and nothing else, or nothing at all, which is zero.
///
/// uWSGI reads leading digits and wraps at 2^64, gunicorn takes what Python's `int` takes; a sign, a space, a list
/// or an overflow is an error here, so that nobody behind or before this reads another length.
///
/// # Errors
///
/// `ContentLengthSyntax` at the first byte that is no digit, `ContentLengthOverflow` at the digit that is too many.
///
/// ```
/// use wirekit_uwsgi::content_length;
///
/// assert_eq!(content_length(b"1024"), Ok(1024)); // bytes
/// assert_eq!(content_length(b""), Ok(0)); // nginx's way to say that there is no body
/// assert!(content_length(b"+5").is_err());
/// ```
pub fn content_length(value: &[u8]) -> Result<u64, Error> {
    let mut length = 0_u64;
    for (at, byte) in value.iter().enumerate() {
        if !byte.is_ascii_digit() {
            return Err(Error::new(ErrorKind::ContentLengthSyntax, at));
        }
        length = length
            .checked_mul(10)
            .and_then(|length| length.checked_add(u64::from(byte - b'0')))
            .ok_or(Error::new(ErrorKind::ContentLengthOverflow, at))?;
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_length_is_digits_only() {
        type Row = (&'static [u8], Result<u64, (ErrorKind, usize)>);
        #[rustfmt::skip]
        let rows: &[Row] = &[
            (b"", Ok(0)),
            (b"0", Ok(0)),
            (b"007", Ok(7)),
            (b"18446744073709551615", Ok(u64::MAX)),
            (b"18446744073709551616", Err((ErrorKind::ContentLengthOverflow, 19))),
            (b"18446744073709551621", Err((ErrorKind::ContentLengthOverflow, 19))),
            (b"+5", Err((ErrorKind::ContentLengthSyntax, 0))),
            (b" 5", Err((ErrorKind::ContentLengthSyntax, 0))),
            (b"5 ", Err((ErrorKind::ContentLengthSyntax, 1))),
            (b"5, 5", Err((ErrorKind::ContentLengthSyntax, 1))),
            (b"1_0", Err((ErrorKind::ContentLengthSyntax, 1))),
            (b"-1", Err((ErrorKind::ContentLengthSyntax, 0))),
            (b"0x10", Err((ErrorKind::ContentLengthSyntax, 1))),
            ("\u{661}".as_bytes(), Err((ErrorKind::ContentLengthSyntax, 0))),
        ];
        for &(value, expected) in rows {
            assert_eq!(
                content_length(value).map_err(|error| (error.kind(), error.offset())),
                expected
            );
        }
    }
}
