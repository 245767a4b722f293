use crate::{AlertDescription, AlertLevel, Error, ErrorKind};

/// An alert: RFC 8446 section 6.
#[expect(clippy::exhaustive_structs, reason = "RFC 8446 fixes the fields")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Alert {
    /// How bad it is; in TLS 1.3 the description alone decides.
    pub level: AlertLevel,
    /// What it says; one that is not known is an error to the receiver, not to this parser.
    pub description: AlertDescription,
}

impl Alert {
    /// Reads the fragment of an alert record that is not encrypted.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlertLength`], [`ErrorKind::AlertLevel`].
    pub const fn parse(fragment: &[u8]) -> Result<Self, Error> {
        let &[level, description] = fragment else {
            let found = fragment.len();
            let offset = if found < 2 { found } else { 2 };
            return Err(Error::new(ErrorKind::AlertLength { found }, offset));
        };
        let (level, description) = (AlertLevel(level), AlertDescription(description));
        match level.name() {
            Some(_) => Ok(Self { level, description }),
            None => Err(Error::new(ErrorKind::AlertLevel { found: level.0 }, 0)),
        }
    }

    /// The fragment's bytes.
    pub const fn encode_to_array(self) -> [u8; 2] {
        [self.level.0, self.description.0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        #[rustfmt::skip]
        let rows: [(&[u8], ErrorKind, usize); 4] = [
            // RFC 8446 section 5.1: "a record with an Alert type MUST contain exactly one message"
            (&[], ErrorKind::AlertLength { found: 0 }, 0),
            (&[2], ErrorKind::AlertLength { found: 1 }, 1),
            (&[2, 40, 2, 40], ErrorKind::AlertLength { found: 4 }, 2),
            // RFC 8446 section 6: enum { warning(1), fatal(2), (255) }
            (&[3, 40], ErrorKind::AlertLevel { found: 3 }, 0),
        ];
        for (input, kind, offset) in rows {
            assert_eq!(Alert::parse(input), Err(Error::new(kind, offset)));
        }
        let alert = Alert::parse(&[2, 200]).unwrap();
        assert_eq!(alert.description, AlertDescription(200));
        assert_eq!(alert.encode_to_array(), [2, 200]);
    }
}
