//! The law of `wirekit_websocket::relay`: it knows where frames end as a model does that reads RFC 6455 section 5.2 off the
//! whole of what was sent, and what it passes on is that and no more.

mod model;

use arbitrary::{Arbitrary, Unstructured};
use wirekit::websocket::relay::{FrameWalker, Piece, Position, Relay};
use wirekit::websocket::{Close, CloseCode, Error, MaskingKey, Role, SendError, State};

use model::{Model, Stop};

/// What an end may send: something like a frame, or anything.
#[derive(Arbitrary, Debug)]
enum Sent {
    Frame {
        first: u8,
        payload: Vec<u8>,
        more: u64,
    },
    Raw(Vec<u8>),
}

const FIRST: [u8; 16] = [
    0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8a, 0x88, 0xc1, 0x41, 0xf2, 0x00, 0x80, 0x81, 0x82,
];

impl Sent {
    fn write(&self, sender: Role, wire: &mut Vec<u8>) {
        let (first, payload, more) = match self {
            Self::Raw(bytes) => return wire.extend_from_slice(bytes),
            Self::Frame {
                first,
                payload,
                more,
            } => (*first, payload, *more),
        };
        // Seldom a frame of which more is announced than there is, or a byte that may be illegal.
        let more = if more % 16 == 1 { more >> 4 } else { 0 };
        wire.push(match first {
            0..0xf0 => FIRST[usize::from(first % 16)],
            first => first << 4 | first,
        });
        let (mask, key) = match sender {
            Role::Client => (0x80, &[1, 2, 3, 4][..]),
            Role::Server => (0, &[][..]),
        };
        let len = payload.len() as u64 + more;
        let bytes = len.to_be_bytes();
        match len {
            0..=125 => wire.push(mask | bytes[7]),
            126..=0xffff => {
                wire.push(mask | 126);
                wire.extend(&bytes[6..]);
            }
            _ => {
                wire.push(mask | 127);
                wire.extend(bytes);
            }
        }
        wire.extend(key);
        wire.extend(payload);
    }
}

fn wire(sender: Role, input: &mut Unstructured<'_>) -> Vec<u8> {
    let mut wire = Vec::new();
    for sent in input.arbitrary::<Vec<Sent>>().unwrap_or_default() {
        sent.write(sender, &mut wire);
    }
    wire
}

/// A buffer as a caller keeps it for one end, and what is known of that end from the model.
struct End {
    wire: Vec<u8>,
    model: Model,
    fed: usize,
    taken: usize,
    error: Option<Error>,
    /// Where the relay's own Close frame stands in what the end sent.
    cut: Option<usize>,
}

impl End {
    fn new(sender: Role, wire: Vec<u8>) -> Self {
        Self {
            model: Model::of(sender, &wire),
            wire,
            fed: 0,
            taken: 0,
            error: None,
            cut: None,
        }
    }

    fn feed(&mut self, len: usize) {
        self.fed = self.wire.len().min(self.fed + len);
    }

    /// Laws 2, 3 and 6 for one answer; whether there may be another.
    fn check(
        &mut self,
        answer: Result<Option<(Piece<'_>, usize)>, Error>,
        passed: Option<&mut Vec<u8>>,
    ) -> bool {
        match answer {
            Ok(None) => {
                let from = &self.wire[self.taken..self.fed];
                assert!(
                    self.model.may_wait(self.taken, self.fed),
                    "at {}: {from:x?}",
                    self.taken
                );
                false
            }
            Err(error) => {
                assert_eq!(self.model.stop, Stop::Broken(self.taken, error.offset()));
                assert!(self.taken + error.offset() < self.fed);
                assert_eq!(*self.error.get_or_insert(error), error);
                false
            }
            Ok(Some((piece, used))) => {
                let end = self.taken + used;
                assert!(used > 0 && end <= self.fed);
                self.model.check(&self.wire, self.taken, end, &piece);
                let expected = match self.cut {
                    Some(_) => &[],
                    None => &self.wire[self.taken..end],
                };
                assert_eq!(piece.bytes, expected);
                self.taken = end;
                if let Some(passed) = passed {
                    passed.extend_from_slice(piece.bytes);
                }
                true
            }
        }
    }

    /// Whether the end's Close frame has been taken.
    fn is_closed(&self) -> bool {
        self.model.stop == Stop::Closed(self.taken)
    }
}

/// Law 4: however what one end sends is cut, its frames are those of the model.
fn walk(sender: Role, wire: &[u8], steps: &[usize]) {
    let mut walker = FrameWalker::new(sender);
    let mut end = End::new(sender, wire.to_vec());
    let mut steps = steps.iter().map(|&step| step.max(1)).cycle();
    while end.fed < wire.len() {
        end.feed(steps.next().unwrap_or(usize::MAX));
        loop {
            let answer = walker.receive(&wire[end.taken..end.fed]);
            assert_eq!(walker.position(), end_position(&end, &answer));
            if !end.check(answer, None) {
                let again = walker.receive(&wire[end.taken..end.fed]);
                assert!(!end.check(again, None));
                break;
            }
        }
    }
    assert_eq!(end.taken, end.model.passed(wire.len()));
    assert_eq!(
        walker.wants_input(),
        end.error.is_none() && !end.is_closed()
    );
}

fn end_position(end: &End, answer: &Result<Option<(Piece<'_>, usize)>, Error>) -> Position {
    let used = answer.as_ref().ok().and_then(Option::as_ref);
    end.model
        .position(end.taken + used.map_or(0, |(_, used)| *used))
}

#[derive(Arbitrary, Debug)]
enum Action {
    Receive {
        client: bool,
        len: u8,
        pieces: u8,
    },
    Close {
        client: bool,
        code: u16,
        wrong_key: bool,
    },
}

struct Both {
    relay: Relay,
    client: End,
    server: End,
    to_client: Vec<u8>,
    to_server: Vec<u8>,
}

impl Both {
    /// The end with this role, and what is sent to its peer.
    fn of(&mut self, sender: Role) -> (&mut Relay, &mut End, &mut Vec<u8>) {
        match sender {
            Role::Client => (&mut self.relay, &mut self.client, &mut self.to_server),
            Role::Server => (&mut self.relay, &mut self.server, &mut self.to_client),
        }
    }

    fn receive(&mut self, sender: Role, len: usize, pieces: u8) {
        let (relay, end, out) = self.of(sender);
        end.feed(len);
        let wire = end.wire.clone();
        for _ in 0..=pieces {
            let answer = relay.receive(sender, &wire[end.taken..end.fed]);
            if !end.check(answer, Some(out)) {
                break;
            }
        }
    }

    /// Law 8: a Close frame is sent where the model allows it, or nothing is changed.
    fn close(&mut self, receiver: Role, code: CloseCode, key: Option<MaskingKey>) {
        let (relay, end, out) = self.of(receiver.peer());
        let place = match (end.cut, end.model.position(end.taken)) {
            (Some(_), _) | (None, Position::AfterClose) => Err(SendError::CloseSent),
            (None, Position::InFrame { .. }) => Err(SendError::InsideFrame),
            (None, _) => Ok(()),
        };
        let [high, low] = code.0.to_be_bytes();
        let body = match code {
            CloseCode::NO_STATUS => &[][..],
            _ => &[high, low],
        };
        let expected = place.and(match (receiver, key) {
            _ if !body.is_empty() && !code.is_sendable() => Err(SendError::CloseCode { code }),
            (Role::Client, Some(_)) => Err(SendError::KeyUnexpected),
            (Role::Server, None) => Err(SendError::KeyMissing),
            (Role::Client, None) => Ok(2 + body.len()),
            (Role::Server, Some(_)) => Ok(6 + body.len()),
        });
        let before = out.len();
        let close = Close { code, reason: "" };
        assert_eq!(relay.send_close(receiver, close, key, out), expected);
        assert_eq!(out.len() - before, expected.unwrap_or(0));
        if expected.is_ok() {
            let key = key.map(|MaskingKey(key)| key);
            let mask = key.map_or(0, |_| 0x80);
            let masked = body.iter().zip(key.unwrap_or_default());
            let mut frame = vec![0x88, mask | u8::try_from(body.len()).expect("at most two")];
            frame.extend(key.into_iter().flatten());
            frame.extend(masked.map(|(byte, key)| byte ^ key));
            assert_eq!(out[before..], frame);
            end.cut = Some(end.taken);
        }
    }

    fn check(&self) {
        for (role, end, other) in [
            (Role::Client, &self.client, &self.server),
            (Role::Server, &self.server, &self.client),
        ] {
            let position = end.model.position(end.taken);
            assert_eq!(self.relay.position(role), position);
            let sent = other.cut.is_some() || other.is_closed();
            let state = match (end.error, sent, end.is_closed()) {
                (Some(_), false, _) => State::Failing,
                (Some(_), true, _) => State::Failed,
                (None, false, false) => State::Open,
                (None, true, false) => State::CloseSent,
                (None, false, true) => State::CloseReceived,
                (None, true, true) => State::Closed,
            };
            assert_eq!(self.relay.state(role), state);
            let in_frame = matches!(position, Position::InFrame { .. });
            let closed = end.cut.is_some() || end.is_closed();
            assert_eq!(self.relay.may_close(role.peer()), !closed && !in_frame);
            assert_eq!(
                self.relay.wants_input(role),
                end.error.is_none() && !end.is_closed()
            );
        }
        let states = [Role::Client, Role::Server].map(|role| self.relay.state(role));
        assert_eq!(self.relay.is_closed(), states == [State::Closed; 2]);
    }

    /// Law 11: what went to each end is what the other one sent, up to a Close frame of the relay's, which the model reads
    /// as one.
    fn check_out(&self) {
        for (sender, end, out) in [
            (Role::Client, &self.client, &self.to_server),
            (Role::Server, &self.server, &self.to_client),
        ] {
            let sent = &end.wire[..end.cut.unwrap_or(end.taken)];
            assert!(out.starts_with(sent));
            let read = Model::of(sender, out);
            match end.cut {
                Some(_) => assert_eq!(read.stop, Stop::Closed(out.len())),
                None => {
                    assert_eq!(out.len(), sent.len());
                    assert!(!matches!(read.stop, Stop::Broken(..)));
                }
            }
        }
    }
}

/// Laws 2 to 4, 6, 8 and 11 for a relay: both directions in any order and pieces, with Close frames put in between.
pub fn relay(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let steps: [u8; 4] = input.arbitrary().unwrap_or_default();
    let actions: Vec<Action> = input.arbitrary().unwrap_or_default();
    let client = wire(Role::Client, &mut input);
    let mut server = wire(Role::Server, &mut input);
    server.extend(input.take_rest());
    for (sender, wire) in [(Role::Client, &client), (Role::Server, &server)] {
        for steps in [&steps.map(usize::from)[..], &[usize::MAX], &[1]] {
            walk(sender, wire, steps);
        }
    }
    let mut both = Both {
        relay: Relay::new(),
        client: End::new(Role::Client, client),
        server: End::new(Role::Server, server),
        to_client: Vec::new(),
        to_server: Vec::new(),
    };
    let role = |client| if client { Role::Client } else { Role::Server };
    for action in actions {
        match action {
            Action::Receive {
                client,
                len,
                pieces,
            } => both.receive(role(client), len.into(), pieces % 4),
            Action::Close {
                client,
                code,
                wrong_key,
            } => {
                let masked = client == wrong_key;
                let key = masked.then_some(MaskingKey(*b"key!"));
                both.close(role(client), CloseCode(1000 + code % 16), key);
            }
        }
        both.check();
    }
    for sender in [Role::Client, Role::Server] {
        both.receive(sender, usize::MAX >> 1, u8::MAX);
        both.check();
    }
    both.check_out();
}
