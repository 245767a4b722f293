//! What outlives the bytes of a request.

use wirekit::http1::RequestHead;

/// The head of a request, and of its fields those that a log speaks of, in one piece of memory: it is taken and given back
/// once an exchange.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    /// The head, then the three values.
    bytes: Vec<u8>,
    /// None of a head that is broken.
    head_len: usize,
    line_start: usize,
    line_end: usize,
    host_start: usize,
    host_end: usize,
    referer_end: usize,
}

impl Texts {
    pub(super) fn of(head: &RequestHead<'_>) -> Self {
        let line = head.as_bytes();
        // One empty line may stand before the request's.
        let line_start = line.iter().position(|byte| !is_line_end(*byte));
        let line_start = line_start.unwrap_or_default();
        let line_len = line.iter().skip(line_start).position(|byte| *byte == b'\r');
        let (mut host, mut referer, mut user_agent) = (&b""[..], &b""[..], &b""[..]);
        for field in head.fields() {
            let place = match field.name.len() {
                4 if field.is_named("host") => &mut host,
                7 if field.is_named("referer") => &mut referer,
                10 if field.is_named("user-agent") => &mut user_agent,
                _ => continue,
            };
            if place.is_empty() {
                *place = field.value;
            }
        }
        let mut texts = Self {
            line_start,
            line_end: line_len.map_or(line.len(), |len| line_start + len),
            head_len: line.len(),
            host_start: line.len(),
            ..Self::default()
        };
        texts.host_end = texts.host_start + host.len();
        texts.referer_end = texts.host_end + referer.len();
        let len = texts.referer_end + user_agent.len();
        texts.bytes.reserve_exact(len);
        for text in [line, host, referer, user_agent] {
            texts.bytes.extend_from_slice(text);
        }
        texts
    }

    /// Of a head that is broken: its first line.
    pub(super) fn of_line(line: &[u8]) -> Self {
        let end = line.len();
        Self {
            bytes: line.to_vec(),
            line_end: end,
            host_start: end,
            host_end: end,
            referer_end: end,
            ..Self::default()
        }
    }

    /// Of a connection on which no request is read: the name that it is for.
    pub(super) fn of_host(name: &str) -> Self {
        Self {
            bytes: name.as_bytes().to_vec(),
            host_end: name.len(),
            referer_end: name.len(),
            ..Self::default()
        }
    }

    /// The whole head, or nothing of one that is broken.
    pub(super) fn head(&self) -> &[u8] {
        self.text(0, self.head_len)
    }

    pub(super) fn request_line(&self) -> &[u8] {
        self.text(self.line_start, self.line_end)
    }

    pub(super) fn host(&self) -> &[u8] {
        self.text(self.host_start, self.host_end)
    }

    pub(super) fn referer(&self) -> &[u8] {
        self.text(self.host_end, self.referer_end)
    }

    pub(super) fn user_agent(&self) -> &[u8] {
        self.text(self.referer_end, self.bytes.len())
    }

    fn text(&self, start: usize, end: usize) -> &[u8] {
        self.bytes.get(start..end).unwrap_or_default()
    }
}

const fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use wirekit::http1::FieldTable;

    use super::*;

    #[test]
    fn the_first_field_of_a_name_counts() {
        let mut fields = FieldTable::new();
        let wire =
            b"\r\nGET /a HTTP/1.1\r\nUser-Agent: c\r\nHost: a\r\nReferer: b\r\nREFERER: d\r\n\r\n";
        let (head, _) = RequestHead::parse(wire, &mut fields).unwrap().unwrap();
        let texts = Texts::of(&head);
        assert_eq!(texts.head(), wire);
        assert_eq!(texts.request_line(), b"GET /a HTTP/1.1");
        assert_eq!((texts.host(), texts.referer()), (&b"a"[..], &b"b"[..]));
        assert_eq!(texts.user_agent(), b"c");
    }

    #[test]
    fn what_is_not_there_is_empty() {
        for texts in [
            Texts::of_line(b"GET"),
            Texts::of_host("a"),
            Texts::default(),
        ] {
            assert_eq!((texts.referer(), texts.user_agent()), (&b""[..], &b""[..]));
        }
        assert_eq!(Texts::of_line(b"GET").request_line(), b"GET");
        assert_eq!(Texts::of_line(b"GET").host(), b"");
        assert_eq!(Texts::of_line(b"GET").head(), b"");
        assert_eq!(Texts::of_host("a").host(), b"a");
        assert_eq!(Texts::of_host("a").request_line(), b"");
    }
}
