//! The two streams of a TCP connection: their bytes in order, and what they speak.

use wirekit::tcp::{Flags, Limits, Pool, Reassembler, Segment, Side, StreamEvent, StreamEvents};

use super::recognise::Application;
use super::recogniser::Recogniser;
use super::sides::Sides;

/// Both directions of a connection.
#[derive(Debug)]
pub(crate) struct Streams {
    reassemblers: Sides<Reassembler>,
    speech: Speech,
}

/// What is done with the bytes.
#[derive(Debug)]
struct Speech {
    recogniser: Recogniser,
    missing_len: Sides<u64>,
}

impl Streams {
    /// The bytes that wait for others to come share the pool's bound.
    pub(crate) fn new(pool: &Pool, server_port: u16, decode_as: Option<Application>) -> Self {
        let reassembler = || Reassembler::with_pool(Limits::DEFAULT, pool.clone());
        Self {
            reassemblers: Sides {
                client: reassembler(),
                server: reassembler(),
            },
            speech: Speech {
                recogniser: Recogniser::new(server_port, decode_as),
                missing_len: Sides::default(),
            },
        }
    }

    /// The protocols so far, the first one first.
    pub(crate) fn applications(&self) -> &[Application] {
        self.speech.recogniser.applications()
    }

    /// Bytes of a stream that the capture does not hold, so far.
    pub(crate) fn missing_len(&self, from: Side) -> u64 {
        *self.speech.missing_len.of(from)
    }

    /// Takes a segment: its bytes, and what it acknowledges.
    pub(crate) fn receive(&mut self, from: Side, segment: &Segment<'_>) {
        self.speech
            .take(from, self.reassemblers.of_mut(from).receive(segment));
        if segment.flags().contains(Flags::ACK) {
            let other = self.reassemblers.of_mut(from.other());
            self.speech.take(
                from.other(),
                other.acknowledge(segment.acknowledgment_number()),
            );
        }
    }

    /// The connection or the capture is over: what waited is told with the gaps before it.
    pub(crate) fn finish(&mut self) {
        for from in [Side::Client, Side::Server] {
            self.speech
                .take(from, self.reassemblers.of_mut(from).flush());
        }
    }
}

impl Speech {
    fn take(&mut self, from: Side, mut events: StreamEvents<'_, '_>) {
        while let Some(event) = events.next_event() {
            match event {
                StreamEvent::Data(bytes) => {
                    if self.recogniser.listen(from, bytes) && from == Side::Server {
                        self.recogniser.look_for_upgrade(bytes);
                    }
                }
                StreamEvent::Gap { len } => *self.missing_len.of_mut(from) += len,
                _ => {}
            }
        }
    }
}
