use super::Event;
use crate::reassembly::{Events, Limits, Origin, Pool, Reassembler};
use crate::track::Side;
use crate::{Flags, Segment};

/// Both streams of a connection, put in order: what a [`Table`](super::Table) does with each of its connections, for a table
/// of one's own on a [`Map`](super::Map).
///
/// ```
/// use wirekit_tcp::Segment;
/// use wirekit_tcp::flow::{Event, Streams};
/// use wirekit_tcp::reassembly::{Limits, Origin, Pool};
/// use wirekit_tcp::track::Side;
///
/// let bytes = [0x9c, 0x40, 0, 80, 0, 0, 0, 9, 0, 0, 0, 0, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0, b'h', b'i'];
/// let mut streams = Streams::new(Limits::DEFAULT, &Pool::new(1 << 20));
/// let mut said = Vec::new();
/// let mut take = |event: Event<'_>| said.extend(event.data().map(|(from, data, _)| (from, data.to_vec())));
/// streams.receive(Side::Client, Origin::default(), &Segment::parse(&bytes)?, &mut take);
/// streams.flush(Side::Client, Origin::default(), &mut take);
/// assert_eq!(said, [(Side::Client, b"hi".to_vec())]);
/// # Ok::<(), wirekit_tcp::Error>(())
/// ```
#[derive(Debug)]
pub struct Streams {
    /// Each absent where nobody wants it.
    client: Option<Reassembler>,
    server: Option<Reassembler>,
}

impl Streams {
    /// Nothing yet. All that share a pool share its bound.
    pub fn new(limits: Limits, pool: &Pool) -> Self {
        let stream = || Some(Reassembler::with_pool(limits, pool.clone()));
        Self {
            client: stream(),
            server: stream(),
        }
    }

    /// What one end sends is not wanted any more: what is held of it is thrown away, and what comes is neither held nor
    /// delivered.
    pub fn ignore(&mut self, from: Side) {
        *self.of_mut(from) = None;
    }

    /// Takes a segment, and hands on what it brings in order: [`Event::Stream`] of either end, as it may show what its peer
    /// did, and [`Event::Resumed`].
    #[inline]
    pub fn receive(
        &mut self,
        from: Side,
        origin: Origin,
        segment: &Segment<'_>,
        mut take: impl FnMut(Event<'_>),
    ) {
        if let Some(stream) = self.of_mut(from) {
            if stream.is_resumed_by(segment) {
                stream.resume();
                take(Event::Resumed { from });
            }
            let events = stream.receive_from(origin, segment);
            read((from, origin), events, &mut take);
        }
        // Most segments acknowledge what was seen in order, which settles nothing.
        if segment.flags().contains(Flags::ACK)
            && let Some(stream) = self.of_mut(from.peer())
            && stream.held_len() > 0
        {
            let settled = stream.acknowledge(segment.acknowledgment_number());
            read((from.peer(), origin), settled, &mut take);
        }
    }

    /// Nothing more of one end comes: hands on what is held of it, with the gaps before it. `last` is the packet that showed that.
    pub fn flush(&mut self, from: Side, last: Origin, mut take: impl FnMut(Event<'_>)) {
        if let Some(stream) = self.of_mut(from) {
            read((from, last), stream.flush(), &mut take);
        }
    }

    #[inline]
    const fn of_mut(&mut self, from: Side) -> &mut Option<Reassembler> {
        match from {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }
}

/// Hands on what a stream brings.
#[inline]
fn read(
    (from, last): (Side, Origin),
    mut events: Events<'_, '_>,
    take: &mut impl FnMut(Event<'_>),
) {
    while let Some((event, brought_by)) = events.next_with_origin() {
        let origin = match event {
            crate::reassembly::Event::Data(_) => brought_by,
            _ => last,
        };
        take(Event::Stream {
            from,
            event,
            origin,
        });
    }
}
