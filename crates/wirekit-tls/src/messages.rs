use crate::{ContentType, Error, ErrorKind, Handshake, Limits, Record};

/// Joins the handshake messages of one direction out of its records, as long as they are not encrypted.
///
/// ```
/// use wirekit_tls::{HandshakeType, Limits, Messages, Record};
///
/// let mut messages = Messages::new(Limits::DEFAULT);
/// let mut bytes: &[u8] = &[22, 3, 1, 0, 2, 2, 0, 22, 3, 1, 0, 3, 0, 1, 9];
/// while let Some((record, used)) = Record::parse(bytes)? {
///     messages.push(&record)?;
///     bytes = &bytes[used..];
/// }
/// let message = messages.receive()?.expect("its two parts are there");
/// assert_eq!((message.message_type(), message.body()), (HandshakeType::SERVER_HELLO, &[9][..]));
/// # Ok::<(), wirekit_tls::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Messages {
    bytes: alloc::vec::Vec<u8>,
    used: usize,
    limits: Limits,
}

impl Messages {
    /// No message yet.
    pub const fn new(limits: Limits) -> Self {
        Self {
            bytes: alloc::vec::Vec::new(),
            used: 0,
            limits,
        }
    }

    /// The bytes of memory that are held for an unfinished message.
    pub const fn held_len(&self) -> usize {
        self.bytes.capacity()
    }

    /// Takes the direction's next record; one of another type than handshake is only looked at.
    ///
    /// Call [`receive`](Self::receive) until it has no message before the next record: what is kept then is one
    /// unfinished message, so no more than the limit and a record.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Interleaved`] at the record's first byte.
    pub fn push(&mut self, record: &Record<'_>) -> Result<(), Error> {
        if record.content_type() == ContentType::HANDSHAKE {
            self.bytes.drain(..self.used);
            self.used = 0;
            self.bytes.extend_from_slice(record.fragment());
        } else if self.is_inside_message() {
            // RFC 8446 section 5.1: "if a handshake message is split over two or more records, there MUST NOT be any
            // other records between them."
            let found = record.content_type();
            return Err(Error::new(ErrorKind::Interleaved { found }, 0));
        }
        Ok(())
    }

    /// The next complete message.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::MessageTooLong`]; the offset is counted from the message's first byte.
    pub fn receive(&mut self) -> Result<Option<Handshake<'_>>, Error> {
        let rest = self.bytes.get(self.used..).unwrap_or_default();
        let message = Handshake::parse(rest, &self.limits)?;
        Ok(message.map(|(message, used)| {
            self.used += used;
            message
        }))
    }

    /// Whether bytes of an unfinished message are kept.
    pub fn is_inside_message(&self) -> bool {
        self.used < self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(bytes: &[u8]) -> Record<'_> {
        Record::parse(bytes).unwrap().unwrap().0
    }

    #[test]
    fn a_message_is_not_interrupted() {
        let mut messages = Messages::new(Limits::DEFAULT);
        messages.push(&record(&[20, 3, 3, 0, 1, 1])).unwrap();
        // One record with a message and a half.
        messages
            .push(&record(&[22, 3, 3, 0, 6, 14, 0, 0, 0, 14, 0]))
            .unwrap();
        assert!(messages.receive().unwrap().is_some());
        assert_eq!(messages.receive(), Ok(None));
        assert!(messages.is_inside_message());
        let kind = ErrorKind::Interleaved {
            found: ContentType::ALERT,
        };
        let alert = messages.push(&record(&[21, 3, 3, 0, 2, 1, 0]));
        assert_eq!(alert, Err(Error::new(kind, 0)));
        messages.push(&record(&[22, 3, 3, 0, 2, 0, 0])).unwrap();
        assert!(messages.receive().unwrap().is_some());
        assert!(!messages.is_inside_message());
    }
}
