//! Hexadecimal text as bytes.

use crate::io::Failure;

/// Reads hexadecimal text in pieces; white space is ignored.
#[derive(Debug, Default)]
pub(crate) struct Hex {
    high: Option<u8>,
    position: u64,
}

impl Hex {
    /// Appends the bytes of the next piece of text.
    pub(crate) fn decode(&mut self, text: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        for &character in text {
            let digit = match character {
                b'0'..=b'9' => character - b'0',
                b'a'..=b'f' => character - b'a' + 10,
                b'A'..=b'F' => character - b'A' + 10,
                _ if character.is_ascii_whitespace() => {
                    self.position += 1;
                    continue;
                }
                _ => {
                    let place = self.position;
                    return Err(Failure::Usage(format!(
                        "no hexadecimal digit at byte {place} of the text"
                    )));
                }
            };
            self.position += 1;
            match self.high.take() {
                Some(high) => out.push(high << 4 | digit),
                None => self.high = Some(digit),
            }
        }
        Ok(())
    }

    /// The text ended.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self.high {
            Some(_) => Err(Failure::Usage(
                "the hexadecimal text ends inside a byte".into(),
            )),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_may_be_spaced_and_cut_anywhere() {
        let (mut hex, mut out) = (Hex::default(), Vec::new());
        for piece in [&b"0 1\nF"[..], b"e", b" aB "] {
            hex.decode(piece, &mut out).unwrap();
        }
        hex.finish().unwrap();
        assert_eq!(out, [0x01, 0xfe, 0xab]);
    }

    #[test]
    fn what_is_no_digit_is_wrong_usage() {
        let mut hex = Hex::default();
        let failure = hex.decode(b"00 0g", &mut Vec::new()).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "no hexadecimal digit at byte 4 of the text"
        );
        let mut hex = Hex::default();
        hex.decode(b"000", &mut Vec::new()).unwrap();
        assert!(hex.finish().is_err());
    }
}
