//! The frames of a whole stream, read off the figure of RFC 6455 section 5.2 without the code that is judged.

use wirekit::websocket::relay::{Piece, Position};
use wirekit::websocket::{MaskingKey, Role};

/// A frame whose header is whole.
struct Frame {
    start: usize,
    payload_start: usize,
    /// Beyond the end of what was sent, perhaps of what can be addressed.
    end: u128,
    /// Whether a message is open behind it.
    in_message: bool,
}

/// What stands behind the frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// More is to come, of a header that begins here or of the last frame.
    Open(usize),
    /// A header that begins at the first place is wrong, so many bytes further on.
    Broken(usize, usize),
    /// A Close frame that ends here.
    Closed(usize),
}

pub(super) struct Model {
    frames: Vec<Frame>,
    pub(super) stop: Stop,
    /// Where the bytes end from which it can be seen that a header is wrong.
    seen_broken: usize,
}

/// A header, or what is wrong with it; `None` if it is not whole.
type Read = Result<Option<(usize, u64)>, usize>;

fn header(sender: Role, in_message: bool, bytes: &[u8]) -> Read {
    let Some(&first) = bytes.first() else {
        return Ok(None);
    };
    let (fin, opcode) = (first >= 0x80, first % 16);
    match opcode {
        0 if in_message => {}
        1 | 2 if !in_message => {}
        8..=10 if fin => {}
        _ => return Err(0),
    }
    let Some(&second) = bytes.get(1) else {
        return Ok(None);
    };
    let (masked, short) = (second >= 0x80, second % 0x80);
    if masked != (sender == Role::Client) || (opcode >= 8 && short >= 126) {
        return Err(1);
    }
    let (size, least) = match short {
        126 => (2, 126),
        127 => (8, 0x1_0000),
        _ => (0, 0),
    };
    let len = &bytes[2..bytes.len().min(2 + size)];
    let value = len
        .iter()
        .fold(0, |value, &byte| value << 8 | u64::from(byte));
    // In eight bytes, the first six say whether fewer would do.
    let is_short = match size {
        8 => len.len() >= 6 && len.iter().take(6).all(|&byte| byte == 0),
        _ => len.len() == size && value < least,
    };
    if is_short || (size == 8 && len.first().is_some_and(|&byte| byte >= 0x80)) {
        return Err(2);
    }
    let payload_len = if size == 0 { short.into() } else { value };
    if opcode == 8 && payload_len == 1 {
        return Err(1);
    }
    let header_len = 2 + size + if masked { 4 } else { 0 };
    Ok((bytes.len() >= header_len).then_some((header_len, payload_len)))
}

impl Model {
    pub(super) fn of(sender: Role, wire: &[u8]) -> Self {
        let (mut frames, mut at, mut in_message, mut seen_broken) = (Vec::new(), 0, false, 0);
        let stop = loop {
            let (header_len, payload_len) = match header(sender, in_message, &wire[at..]) {
                Err(offset) => {
                    let is_wrong =
                        |&end: &usize| header(sender, in_message, &wire[at..end]).is_err();
                    seen_broken = (at..=wire.len()).find(is_wrong).unwrap_or(wire.len());
                    break Stop::Broken(at, offset);
                }
                Ok(None) => break Stop::Open(at),
                Ok(Some(header)) => header,
            };
            let opcode = wire[at] % 16;
            if opcode < 8 {
                in_message = wire[at] < 0x80;
            }
            let end = (at + header_len) as u128 + u128::from(payload_len);
            frames.push(Frame {
                start: at,
                payload_start: at + header_len,
                end,
                in_message,
            });
            match usize::try_from(end) {
                Ok(end) if end <= wire.len() && opcode == 8 => break Stop::Closed(end),
                Ok(end) if end <= wire.len() => at = end,
                _ => break Stop::Open(at),
            }
        };
        Self {
            frames,
            stop,
            seen_broken,
        }
    }

    /// The frame of which `at` is a byte, or behind which it stands.
    fn before(&self, at: usize) -> Option<&Frame> {
        let count = self.frames.partition_point(|frame| frame.start < at);
        self.frames[..count].last()
    }

    pub(super) fn position(&self, at: usize) -> Position {
        match self.before(at) {
            Some(frame) if frame.end > at as u128 => Position::InFrame {
                remaining: u64::try_from(frame.end - at as u128).expect("at most its payload"),
            },
            _ if self.stop == Stop::Closed(at) => Position::AfterClose,
            Some(frame) if frame.in_message => Position::BetweenFragments,
            _ => Position::BetweenMessages,
        }
    }

    /// Whether nothing can be taken from `at` while only the bytes before `fed` are there.
    pub(super) fn may_wait(&self, at: usize, fed: usize) -> bool {
        if self.stop == Stop::Closed(at) || at == fed {
            return true;
        }
        match self.frames.binary_search_by_key(&at, |frame| frame.start) {
            Ok(index) => fed < self.frames[index].payload_start,
            Err(_) => match self.stop {
                Stop::Open(start) => at == start,
                Stop::Broken(start, _) => at == start && fed < self.seen_broken,
                Stop::Closed(_) => false,
            },
        }
    }

    /// How much of `len` bytes is passed on.
    pub(super) fn passed(&self, len: usize) -> usize {
        match self.stop {
            Stop::Closed(at) | Stop::Broken(at, _) => at,
            Stop::Open(at) if self.frames.last().is_some_and(|frame| frame.start == at) => len,
            Stop::Open(at) => at,
        }
    }

    /// The piece is of one frame, and says of it what stands there.
    pub(super) fn check(&self, wire: &[u8], start: usize, end: usize, piece: &Piece<'_>) {
        let frame = self.before(end).expect("a frame");
        assert!(start >= frame.start && end as u128 <= frame.end);
        assert_eq!(piece.ends_frame, end as u128 == frame.end);
        assert_eq!(piece.header.is_some(), start == frame.start);
        let Some(header) = piece.header else {
            assert!(start >= frame.payload_start);
            return;
        };
        assert!(end >= frame.payload_start);
        let first = wire[frame.start];
        assert_eq!(
            (header.fin, header.rsv.0, header.opcode.0),
            (first >= 0x80, first / 16 % 8, first % 16)
        );
        assert_eq!(
            u128::from(header.payload_len),
            frame.end - frame.payload_start as u128
        );
        let key = wire[frame.start..frame.payload_start].last_chunk();
        assert_eq!(
            header.masking_key,
            (wire[frame.start + 1] >= 0x80).then(|| MaskingKey(*key.expect("four bytes")))
        );
    }
}
