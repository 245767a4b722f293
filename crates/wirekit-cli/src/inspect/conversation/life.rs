//! The life of a TCP connection, from what the tracker observes.

use core::time::Duration;

use wirekit::tcp::track::{Notes, Observation, Side, State};
use wirekit::tcp::{Flags, Segment};

use super::connection::Connection;
use super::tale::{Said, Syn, What};
use crate::inspect::layers::packet::PacketError;

/// Notes that another event tells.
const TOLD_OTHERWISE: [&str; 1] = ["bad_checksum"];

/// What a segment tells before its payload is looked at.
pub(crate) fn before_payload(
    connection: &mut Connection,
    from: Side,
    segment: &Segment<'_>,
    observation: &Observation,
    said: &mut Vec<Said>,
) {
    let payload_len = segment.payload_len();
    let sequence_number = segment.sequence_number().0;
    for name in observation
        .notes
        .names()
        .filter(|name| !TOLD_OTHERWISE.contains(name))
    {
        said.push(Said {
            from,
            what: What::Note {
                name,
                sequence_number,
                payload_len,
            },
        });
    }
    if observation.notes.contains(Notes::BAD_CHECKSUM) {
        said.push(Said {
            from,
            what: What::Note {
                name: "bad_checksum",
                sequence_number,
                payload_len,
            },
        });
        return;
    }
    if segment.flags().contains(Flags::SYN) && !observation.notes.contains(Notes::RETRANSMISSION) {
        said.push(Said {
            from,
            what: What::Open(Syn::new(segment)),
        });
    }
    if let Some(Err(error)) = segment.options().iter().find(Result::is_err) {
        said.push(Said {
            from,
            what: What::Error(PacketError::Tcp(error)),
        });
    }
    let is_open = observation
        .states
        .iter()
        .all(|state| state.is_synchronized());
    let was_open = observation
        .before
        .iter()
        .all(|state| state.is_synchronized());
    if is_open && !was_open && connection.reported.established.first() && !is_joined(observation) {
        let round_trip = connection
            .tracker
            .as_ref()
            .and_then(|tracker| tracker.handshake().rtt());
        said.push(Said {
            from,
            what: What::Established {
                round_trip: round_trip.map(nanoseconds),
            },
        });
    }
}

/// What a segment tells after its payload.
pub(crate) fn after_payload(
    connection: &mut Connection,
    from: Side,
    segment: &Segment<'_>,
    observation: &Observation,
    said: &mut Vec<Said>,
) {
    if observation.states == observation.before {
        return;
    }
    let before = |side| of(observation.before, side);
    let now = |side| of(observation.states, side);
    if segment.flags().contains(Flags::RST) {
        if observation.states.contains(&State::Closed) && connection.reported.closed.first() {
            said.push(Said {
                from,
                what: What::Reset {
                    text: segment.payload().into(),
                },
            });
        }
        return;
    }
    if before(from) != State::FinWait1 && now(from) == State::FinWait1 {
        said.push(Said {
            from,
            what: What::HalfClosed,
        });
    }
    for side in [Side::Client, Side::Server] {
        if before(side) != State::TimeWait && now(side) == State::TimeWait {
            said.push(Said {
                from: side,
                what: What::TimeWait,
            });
        }
    }
    let is_over = observation
        .states
        .iter()
        .all(|state| matches!(state, State::Closed | State::TimeWait));
    if is_over && connection.reported.closed.first() {
        said.push(Said {
            from,
            what: What::Closed,
        });
    }
}

/// Lets the time until the connection's last moment pass: TIME-WAIT may be over, and when.
pub(crate) fn timeout(connection: &mut Connection, now: Duration) -> Option<(Duration, Said)> {
    let tracker = connection.tracker.as_mut()?;
    let deadline = tracker.deadline()?;
    let before = tracker.states();
    tracker.poll(now)?;
    let from = if of(before, Side::Client) == State::TimeWait {
        Side::Client
    } else {
        Side::Server
    };
    Some((
        deadline,
        Said {
            from,
            what: What::Timeout,
        },
    ))
}

/// The capture began after the connection.
fn is_joined(observation: &Observation) -> bool {
    observation.notes.contains(Notes::MID_STREAM)
}

const fn of(states: [State; 2], side: Side) -> State {
    let [client, server] = states;
    match side {
        Side::Client => client,
        Side::Server => server,
    }
}

fn nanoseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
