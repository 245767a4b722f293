//! A connection to a server: what it gets is read, and checked to be one client's request.

use super::answer::{Answer, Ends, Truth};
use super::body::{self, Body};
use super::reader::{Fields, length, take_head};
use super::request::{HIDDEN, Kind, Request};

#[derive(Debug)]
pub(super) struct Server {
    pub(super) upstream: usize,
    pub(super) server: usize,
    is_uwsgi: bool,
    /// What it got of the current request's head.
    pub(super) got: Vec<u8>,
    head: Vec<u8>,
    body: Option<Body>,
    /// How much of the content came, and the last piece of it.
    content_len: usize,
    piece: Vec<u8>,
    pub(super) answer: Option<Answer>,
    /// How much of the answer was sent.
    pub(super) sent: usize,
    pub(super) has_ended: bool,
    /// It takes nothing more, and may still answer.
    pub(super) is_deaf: bool,
    pub(super) is_tunnel: bool,
    /// What came behind a switch of protocols.
    pub(super) tunnel: Vec<u8>,
    pub(super) frames: Vec<u8>,
    pub(super) tunnel_sent: usize,
}

impl Server {
    pub(super) fn new(upstream: usize, server: usize, is_uwsgi: bool) -> Self {
        Self {
            upstream,
            server,
            is_uwsgi,
            got: Vec::with_capacity(1024),
            head: Vec::new(),
            body: None,
            content_len: 0,
            piece: Vec::new(),
            answer: None,
            sent: 0,
            has_ended: false,
            is_deaf: false,
            is_tunnel: false,
            tunnel: Vec::new(),
            frames: Vec::new(),
            tunnel_sent: 0,
        }
    }

    /// Ready for another request: the last one was answered, and nothing is left over. The answer that it gave.
    pub(super) fn renew(&mut self) -> Answer {
        assert!(
            self.has_request(),
            "a connection is kept in the middle of a request"
        );
        let answer = self
            .answer
            .take()
            .expect("a connection is kept before its answer");
        assert_eq!(
            self.sent, answer.len,
            "a connection is kept in the middle of an answer"
        );
        assert!(
            answer.keeps && !self.is_tunnel,
            "a connection is kept that ends"
        );
        assert!(
            !self.has_ended && !self.is_deaf,
            "a connection is kept that has ended"
        );
        self.got.clear();
        self.head.clear();
        (self.content_len, self.body, self.sent) = (0, None, 0);
        answer
    }

    /// Whether it has sent an answer, and all of it.
    pub(super) fn has_answered(&self) -> bool {
        let answer = self.answer.as_ref();
        answer.is_some_and(|it| {
            let is_sent = self.sent >= it.len && (self.has_ended || !it.is_until_end());
            it.truth == Truth::Whole && is_sent
        })
    }

    /// Whether it has something to send, or the connection to end.
    pub(super) fn may_send(&self) -> bool {
        let Some(answer) = &self.answer else {
            return false;
        };
        if self.has_ended || answer.is_patient && !self.has_request() {
            return false;
        }
        let ends = matches!(answer.ends, Ends::Closes | Ends::Resets);
        let has_frames = self.is_tunnel && self.tunnel_sent < self.frames.len();
        self.sent < answer.wire.len() || has_frames || ends
    }

    /// Whether the head of a request is there.
    pub(super) fn has_head(&self) -> bool {
        self.body.is_some()
    }

    /// Whether a request is there, and whole.
    pub(super) fn has_request(&self) -> bool {
        self.body.is_some_and(Body::is_whole)
    }

    /// What is still to be sent.
    pub(super) fn pending(&self) -> &[u8] {
        let wire = self.answer.as_ref().map_or(&[][..], |answer| &answer.wire);
        &wire[self.sent..]
    }

    /// The last bytes of the answer that were sent.
    pub(super) fn sent_last(&self, len: usize) -> &[u8] {
        let wire = self.answer.as_ref().map_or(&[][..], |answer| &answer.wire);
        &wire[self.sent - len..self.sent]
    }

    pub(super) fn receives(&mut self, bytes: &[u8], request: &Request) {
        if self.is_tunnel {
            self.tunnel.extend_from_slice(bytes);
            return;
        }
        if self.body.is_some() {
            return self.takes_content(bytes, request);
        }
        self.got.extend_from_slice(bytes);
        if let Some(head_len) = self.take_head(request) {
            let content = self.got.split_off(head_len);
            self.takes_content(&content, request);
        }
    }

    fn takes_content(&mut self, bytes: &[u8], request: &Request) {
        let Some(body) = &mut self.body else { return };
        self.piece.clear();
        let used = body.feed(bytes, &mut self.piece);
        assert_eq!(used, bytes.len(), "a server gets more than a request");
        let missing = request.content.get(self.content_len..);
        assert!(
            missing.is_some_and(|missing| missing.starts_with(&self.piece)),
            "a server gets other content"
        );
        self.content_len += self.piece.len();
        if body.is_whole() {
            assert_ne!(
                request.kind,
                Kind::TooLong,
                "more content than a server may have"
            );
            assert_eq!(
                self.content_len,
                request.content.len(),
                "a server gets a part of a request as a whole"
            );
        }
    }

    /// Reads the head once it is whole; its length.
    fn take_head(&mut self, request: &Request) -> Option<usize> {
        let head_len = match self.is_uwsgi {
            true => match self.got.first_chunk() {
                Some(&[modifier1, low, high, modifier2]) => {
                    assert_eq!(
                        (modifier1, modifier2),
                        (0, 0),
                        "the modifiers of a WSGI request"
                    );
                    let len = 4 + usize::from(u16::from_le_bytes([low, high]));
                    (self.got.len() >= len).then_some(len)
                }
                None => None,
            },
            false => {
                let rest = &self.got[self.head.len()..];
                let used = take_head(&mut self.head, rest);
                (used < rest.len() || self.head.ends_with(b"\r\n\r\n")).then_some(self.head.len())
            }
        };
        let head_len = head_len?;
        let head = &self.got[..head_len];
        let mut tokens = body::numbers(head);
        assert!(
            tokens.all(|number| number == request.number),
            "a server gets what is another request's, or hidden: {}",
            head.escape_ascii()
        );
        assert!(request.is_proxied() && request.number < HIDDEN);
        assert_eq!(
            self.is_uwsgi,
            request.kind == Kind::Uwsgi,
            "another upstream's request"
        );
        self.body = Some(if self.is_uwsgi {
            uwsgi_body(&head[4..], request)
        } else {
            http1_body(head, request)
        });
        Some(head_len)
    }
}

fn uwsgi_body(mut vars: &[u8], request: &Request) -> Body {
    let mut text = || -> Option<&[u8]> {
        let (len, rest) = vars.split_first_chunk()?;
        let (text, rest) = rest.split_at_checked(u16::from_le_bytes(*len).into())?;
        vars = rest;
        Some(text)
    };
    let (mut method, mut token, mut len, mut remote) = (None, None, 0, None);
    while let Some(name) = text() {
        let value = text().expect("a value for each name");
        match name {
            b"REQUEST_METHOD" => method = Some(value),
            b"HTTP_X_TOKEN" => token = Some(value),
            b"REMOTE_ADDR" => remote = Some(value),
            b"CONTENT_LENGTH" if !value.is_empty() => len = length(value),
            b"HTTP_EXPECT" | b"HTTP_CONNECTION" | b"HTTP_TRANSFER_ENCODING" | b"HTTP_X_HOP" => {
                panic!("{} reaches a server", name.escape_ascii())
            }
            _ => {}
        }
    }
    assert!(vars.is_empty(), "a packet's variables end within it");
    assert_eq!(method, Some(request.method.as_bytes()));
    assert_eq!(token, Some(body::token(request.number).as_bytes()));
    assert!(remote.is_some(), "a server learns who asks");
    Body::length(len)
}

fn http1_body(head: &[u8], request: &Request) -> Body {
    assert!(head.starts_with(request.method.as_bytes()));
    let fields = Fields::of(head);
    assert_eq!(
        fields.get("x-token"),
        Some(body::token(request.number).as_bytes())
    );
    for hidden in ["expect", "x-hop"] {
        assert!(fields.get(hidden).is_none(), "{hidden} reaches a server");
    }
    for due in ["host", "via", "x-forwarded-for"] {
        assert!(fields.get(due).is_some(), "{due} does not reach a server");
    }
    match (
        fields.get("content-length"),
        fields.get("transfer-encoding"),
    ) {
        (Some(_), Some(_)) => panic!("two lengths reach a server"),
        (Some(len), None) => Body::length(length(len)),
        (None, Some(coding)) => {
            assert_eq!(coding, b"chunked", "the only coding");
            Body::CHUNKED
        }
        (None, None) => Body::Whole,
    }
}
