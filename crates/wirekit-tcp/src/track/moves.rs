//! How a segment moves both ends' states.

use super::end::End;
use super::{Event, Notes, State};
use crate::{Flags, Segment, SeqNumber};

/// Moves the states by a segment, after [`End::learn`].
pub(super) fn step(sender: &mut End, receiver: &mut End, segment: &Segment<'_>) -> Notes {
    let flags = segment.flags();
    if flags.contains(Flags::RST) {
        return reset(sender, receiver, segment);
    }
    if flags.contains(Flags::SYN) {
        return open(sender, receiver, segment);
    }
    let mut notes = Notes::NONE;
    // After a reset what was on the way still arrives, and is no new beginning.
    let is_reset = sender.state == State::Closed && receiver.state == State::Closed;
    if !is_reset
        && sender.initial.is_none()
        && matches!(
            sender.state,
            State::Closed | State::Listen | State::SynReceived
        )
    {
        notes |= join(sender, receiver, segment);
    } else if sender.state == State::SynSent && flags.contains(Flags::ACK) {
        // It acknowledges a SYN that did not come by.
        sender.state = State::Established;
    }
    if flags.contains(Flags::ACK) {
        acknowledge(sender, receiver, segment.acknowledgment_number());
    }
    if flags.contains(Flags::FIN) {
        notes |= close(sender, receiver);
    }
    deliver_fin(sender, receiver);
    notes
}

fn reset(sender: &mut End, receiver: &mut End, segment: &Segment<'_>) -> Notes {
    if !is_acceptable_reset(sender, receiver, segment) {
        return Notes::RESET_IGNORED;
    }
    receiver.apply(Event::ReceiveReset);
    // An end in SYN-SENT that refuses an old acknowledgment still waits for its own: RFC 9293 figure 9.
    if sender.state != State::SynSent || segment.flags().contains(Flags::ACK) {
        sender.apply(Event::SendReset);
    }
    Notes::NONE
}

/// A SYN: RFC 9293 section 3.5.
fn open(sender: &mut End, receiver: &mut End, segment: &Segment<'_>) -> Notes {
    if !segment.flags().contains(Flags::ACK) {
        if !receiver.seen && receiver.state == State::Closed {
            receiver.state = State::Listen;
        }
        if receiver.state == State::SynSent {
            // Both asked: what was assumed of this end, that it had received the other's, was wrong until now.
            sender.state = State::SynReceived;
            receiver.apply(Event::ReceiveSyn);
            return Notes::SIMULTANEOUS_OPEN;
        }
        sender.apply(Event::SendSyn);
        receiver.apply(Event::ReceiveSyn);
        return Notes::NONE;
    }
    if !sender.state.is_synchronized() {
        sender.state = State::SynReceived;
    }
    let number = segment.acknowledgment_number();
    if !receiver.seen {
        // The SYN that it answers did not come by.
        receiver.state = State::Established;
    } else if receiver.is_syn_acknowledged_by(number) {
        receiver.apply(Event::ReceiveSynAck);
        receiver.apply(Event::ReceiveAckOfSyn);
    }
    Notes::NONE
}

/// A segment of an end whose SYN did not come by.
fn join(sender: &mut End, receiver: &mut End, segment: &Segment<'_>) -> Notes {
    if receiver.state == State::SynSent {
        let number = segment.acknowledgment_number();
        sender.state = State::Established;
        if segment.flags().contains(Flags::ACK) && !receiver.is_syn_acknowledged_by(number) {
            return Notes::HALF_OPEN;
        }
        receiver.state = State::Established;
        return Notes::MID_STREAM;
    }
    if receiver.seen && receiver.initial.is_none() {
        // The peer was joined before, and took this end along.
        return Notes::NONE;
    }
    sender.state = State::Established;
    if !receiver.seen {
        receiver.state = State::Established;
    }
    Notes::MID_STREAM
}

/// An acknowledgment number: what it says about both ends.
#[inline]
fn acknowledge(sender: &mut End, receiver: &mut End, number: SeqNumber) {
    if receiver.state == State::SynReceived && receiver.is_syn_acknowledged_by(number) {
        receiver.apply(Event::ReceiveAckOfSyn);
    }
    if receiver.next.precedes(number) {
        if receiver.seen && number.precedes_or_is(receiver.contiguous) {
            // The sender took the byte of a zero window probe.
            receiver.next = number;
        }
    } else if receiver.seen && receiver.contiguous.precedes(number) {
        // The sender has it, though part of it did not come by.
        receiver.contiguous = number;
    }
    deliver_fin(receiver, sender);
    if receiver.is_fin_acknowledged_by(number) {
        receiver.apply(Event::ReceiveAckOfFin);
    }
}

/// A FIN: RFC 9293 section 3.6.
fn close(sender: &mut End, receiver: &End) -> Notes {
    let crossed = sender.state == State::CloseWait
        && sender
            .acknowledged
            .is_none_or(|number| !receiver.is_fin_acknowledged_by(number));
    if crossed {
        // What was assumed of this end, that it had received the other's FIN, was wrong until now.
        sender.state = State::Closing;
        return Notes::SIMULTANEOUS_CLOSE;
    }
    sender.apply(Event::SendFin);
    Notes::NONE
}

/// Lets a FIN arrive once nothing is missing before it.
#[inline]
fn deliver_fin(sender: &mut End, receiver: &mut End) {
    if !sender.fin_delivered
        && sender
            .fin
            .is_some_and(|fin| fin.precedes_or_is(sender.contiguous))
    {
        sender.fin_delivered = true;
        receiver.apply(Event::ReceiveFin);
    }
}

/// RFC 9293 section 3.10.7.3 for SYN-SENT, 3.10.7.4 for the others: a RST counts if its number is the next expected.
fn is_acceptable_reset(sender: &End, receiver: &End, segment: &Segment<'_>) -> bool {
    if receiver.state == State::SynSent {
        let number = segment.acknowledgment_number();
        return segment.flags().contains(Flags::ACK)
            && receiver.initial.is_none_or(|initial| number == initial + 1);
    }
    let sequence = segment.sequence_number();
    let is_expected = receiver
        .acknowledged
        .is_none_or(|expected| expected == sequence);
    is_expected || sequence == sender.next || sequence == sender.contiguous
}
