//! The two streams of a TCP connection: their bytes in order, and what they speak.

use std::rc::Rc;

use wirekit::tcp::Segment;
use wirekit::tcp::flow::{self, Event};
use wirekit::tcp::reassembly::{self, Limits, Origin, Pool};
use wirekit::tcp::track::Side;

use super::application::{Application, Recognised, by_content};
use super::depth::Depth;
use super::dialogue::Dialogue;
use super::memory::{Memory, NoRoom, Share};
use super::recogniser::{Heard, Recogniser};
use super::sides::Sides;
use super::subject::{Search, Subject};
use super::tale::{GapCause, Said, What};
use crate::events::Rules;

/// Both directions of a connection.
#[derive(Debug)]
pub(crate) struct Streams {
    streams: flow::Streams,
    speech: Speech,
}

/// What is done with the bytes.
// In this order what every packet needs lies together, as in a connection.
#[derive(Debug)]
#[repr(C)]
struct Speech {
    depth: Depth,
    beginning: Beginning,
    /// Present where every message is asked for.
    dialogue: Option<Box<Dialogue>>,
    /// What recogniser and dialogue hold.
    held: Share,
    recogniser: Recogniser,
    /// Where no message is asked for: whom it is for.
    search: Search,
    /// Where bytes are asked for: those that came.
    bytes: Vec<Said>,
    offsets: Sides<u64>,
    missing_len: Sides<u64>,
    /// The part of it that was given up for want of room.
    given_up_len: u64,
    room: Room,
}

/// Where the streams' first bytes stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beginning {
    /// At the streams' start.
    Start,
    /// Somewhere: the capture began after the connection.
    Middle,
}

/// What all streams share.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    /// The bound of bytes that wait for others to come.
    pool: Pool,
    /// That of messages that are not whole yet.
    pub(crate) memory: Memory,
    max_held_len: usize,
    rules: Rc<Rules>,
}

impl Room {
    /// So many bytes of either kind, read by these rules.
    pub(crate) fn new(max_held_len: usize, rules: Rules) -> Self {
        Self {
            pool: Pool::new(max_held_len),
            memory: Memory::new(max_held_len),
            max_held_len,
            rules: Rc::new(rules),
        }
    }

    fn streams(&self) -> flow::Streams {
        let limits = Limits::DEFAULT.max_held_len(self.max_held_len);
        flow::Streams::new(limits, &self.pool)
    }
}

impl Streams {
    pub(crate) fn new(
        room: &Room,
        depth: Depth,
        server_port: u16,
        decode_as: Option<Application>,
    ) -> Self {
        let mut dialogue = None;
        if let Some(application) = decode_as
            && let Some(dialogue) = opened(&mut dialogue, depth, room)
        {
            dialogue.begin(application);
        }
        Self {
            streams: room.streams(),
            speech: Speech {
                room: room.clone(),
                recogniser: Recogniser::new(server_port, decode_as),
                dialogue,
                depth,
                missing_len: Sides::default(),
                given_up_len: 0,
                beginning: Beginning::Start,
                bytes: Vec::new(),
                search: Search::default(),
                offsets: Sides::default(),
                held: room.memory.share(),
            },
        }
    }

    /// The protocols so far, the first one first.
    pub(crate) fn applications(&self) -> &[Application] {
        self.speech.recogniser.applications()
    }

    /// Whom it is for, where no message is asked for.
    pub(crate) const fn subject(&self) -> &Subject {
        &self.speech.search.subject
    }

    /// The capture began after the connection.
    pub(crate) const fn join(&mut self) {
        self.speech.beginning = Beginning::Middle;
        self.speech.recogniser.join();
    }

    /// Bytes of a stream that the capture does not hold, so far.
    pub(crate) fn missing_len(&self, from: Side) -> u64 {
        *self.speech.missing_len.of(from)
    }

    /// Those of them, of both streams, that were given up for want of room.
    pub(crate) const fn given_up_len(&self) -> u64 {
        self.speech.given_up_len
    }

    /// Takes a segment, and which packet it is: its bytes, and what it acknowledges.
    #[inline]
    pub(crate) fn receive(&mut self, origin: Origin, from: Side, segment: &Segment<'_>) {
        let Self { streams, speech } = self;
        streams.receive(from, origin, segment, |event| speech.take(event));
    }

    /// The connection or the capture is over: what waited is reported with the gaps before it.
    pub(crate) fn finish(&mut self) {
        let Self { streams, speech } = self;
        for from in [Side::Client, Side::Server] {
            streams.flush(from, Origin::default(), |event| speech.take(event));
            speech.finish(from);
        }
    }

    /// What was said since the last call.
    pub(crate) fn said(&mut self) -> impl Iterator<Item = Said> {
        let dialogue = self.speech.dialogue.iter_mut();
        let messages = dialogue.flat_map(|dialogue| dialogue.said());
        self.speech.bytes.drain(..).chain(messages)
    }
}

impl Speech {
    #[inline]
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Stream {
                from,
                event: reassembly::Event::Data(bytes),
                origin,
            } if self.depth == Depth::Bytes => {
                let offset = self.advance(from, bytes.len() as u64);
                let bytes = bytes.into();
                let what = What::Bytes {
                    offset,
                    bytes,
                    origin,
                };
                self.bytes.push(Said { from, what });
            }
            Event::Stream {
                from,
                event: reassembly::Event::Data(bytes),
                ..
            } => {
                self.data(from, bytes);
                self.keep_bound(from);
            }
            Event::Stream { from, event, .. } => self.notice(from, event),
            // What follows is read like any other stream that was joined.
            Event::Resumed { from } => {
                if let Some(dialogue) = opened(&mut self.dialogue, self.depth, &self.room) {
                    dialogue.go_on(from, &self.recogniser);
                }
            }
            _ => {}
        }
    }

    /// What is no data: a gap, the end.
    fn notice(&mut self, from: Side, event: reassembly::Event<'_>) {
        match event {
            reassembly::Event::Gap { len, cause } => {
                let cause = match cause {
                    reassembly::GapCause::Limit => GapCause::Limit,
                    _ => GapCause::Lost,
                };
                *self.missing_len.of_mut(from) += len;
                self.given_up_len += match cause {
                    GapCause::Lost => 0,
                    GapCause::Limit => len,
                };
                if self.depth == Depth::Bytes {
                    let offset = self.advance(from, len);
                    let what = What::Gap { offset, len, cause };
                    self.bytes.push(Said { from, what });
                }
                if let Some(dialogue) = opened(&mut self.dialogue, self.depth, &self.room) {
                    dialogue.gap(from, (len, cause), &self.recogniser);
                }
            }
            reassembly::Event::Conflict(conflict) => {
                if let Some(dialogue) = opened(&mut self.dialogue, self.depth, &self.room) {
                    dialogue.say(
                        from,
                        What::Conflict {
                            offset: conflict.offset,
                            len: conflict.len,
                        },
                    );
                }
            }
            reassembly::Event::End => self.finish(from),
            _ => {}
        }
    }

    /// The place of so many bytes that come next.
    fn advance(&mut self, from: Side, len: u64) -> u64 {
        let offset = self.offsets.of_mut(from);
        let start = *offset;
        *offset += len;
        start
    }

    fn data(&mut self, from: Side, bytes: &[u8]) {
        let was_known = self.recogniser.is_known();
        match self.recogniser.listen(from, bytes) {
            Heard::Known => {}
            Heard::Waiting => match self.held.set(self.held_len()) {
                Ok(()) => return,
                Err(NoRoom) => self.recogniser.switch(Application::Unknown),
            },
            Heard::Unlike => return self.tell_unread(from, bytes),
            Heard::Header(len) => {
                let (header, rest) = bytes.split_at_checked(len).unwrap_or((bytes, &[]));
                self.tell_unread(from, header);
                return match rest.is_empty() {
                    true => {}
                    false => self.data(from, rest),
                };
            }
        }
        let Some(dialogue) = opened(&mut self.dialogue, self.depth, &self.room) else {
            return self.look(from, bytes);
        };
        if was_known {
            return dialogue.data(from, bytes, &mut self.recogniser);
        }
        let application = self.recogniser.current().unwrap_or(Application::Unknown);
        match self.beginning {
            Beginning::Start => dialogue.begin(application),
            Beginning::Middle => dialogue.join(application),
        }
        let peer = from.peer();
        for (side, bytes) in [(peer, &[][..]), (from, bytes)] {
            let head = self.recogniser.take_head(side);
            // In a stream that was joined the last segment alone may be a message's beginning.
            let (head, bytes) = match by_content(side, bytes) {
                _ if head.is_empty() => (head, bytes),
                Recognised::Known(_) => (head, bytes),
                _ => ([&head, bytes].concat(), &[][..]),
            };
            for piece in [&head[..], bytes] {
                if !piece.is_empty() {
                    dialogue.data(side, piece, &mut self.recogniser);
                }
            }
        }
    }

    /// Looks at bytes that no view wants to read: whom they are for, and whether they change the protocol.
    fn look(&mut self, from: Side, bytes: &[u8]) {
        if from == Side::Client && !self.search.is_over() && self.depth == Depth::Streams {
            let application = self.recogniser.current().unwrap_or(Application::Unknown);
            let head = self.recogniser.take_head(from);
            for piece in [&head[..], bytes] {
                self.search.feed(application, piece, &self.room.rules);
            }
            if self.held.set(self.held_len()).is_err() {
                self.search.give_up();
                self.held.settle(self.held_len());
            }
        }
        self.recogniser.look_for_upgrade(from, bytes);
    }

    /// Bytes that tell nothing are reported where they are: what comes later is another matter.
    fn tell_unread(&mut self, from: Side, bytes: &[u8]) {
        let head = self.recogniser.take_head(from);
        let Some(dialogue) = opened(&mut self.dialogue, self.depth, &self.room) else {
            return;
        };
        for piece in [&head[..], bytes] {
            if !piece.is_empty() {
                dialogue.unread(from, piece);
            }
        }
        self.held.settle(self.held_len());
    }

    fn held_len(&self) -> usize {
        let dialogue = self.dialogue.as_ref();
        let dialogue_len = dialogue.map_or(0, |dialogue| dialogue.held_len());
        self.recogniser.held_len() + self.search.held_len() + dialogue_len
    }

    /// Where there is no room for what is not reported yet, it is given up.
    fn keep_bound(&mut self, from: Side) {
        if self.held.set(self.held_len()).is_ok() {
            return;
        }
        if let Some(dialogue) = &mut self.dialogue {
            dialogue.give_up(from, &self.recogniser);
        }
        self.recogniser.forget();
        self.held.settle(self.held_len());
    }

    fn finish(&mut self, from: Side) {
        let head = self.recogniser.take_head(from);
        if self.dialogue.is_none() && head.is_empty() {
            return;
        }
        let Some(dialogue) = opened(&mut self.dialogue, self.depth, &self.room) else {
            return;
        };
        if !self.recogniser.is_known() && !head.is_empty() {
            dialogue.say(
                from,
                What::Data {
                    offset: 0,
                    bytes: head.into(),
                },
            );
        }
        dialogue.finish(from, &self.recogniser);
    }
}

/// The dialogue, from its first word on, where every message is asked for: most half-open connections say none.
fn opened<'d>(
    dialogue: &'d mut Option<Box<Dialogue>>,
    depth: Depth,
    room: &Room,
) -> Option<&'d mut Dialogue> {
    (depth == Depth::Messages)
        .then(|| &mut **dialogue.get_or_insert_with(|| Box::new(Dialogue::new(&room.rules))))
}
