//! IEEE 802.11, as far as frames hold data in clear text.

use super::ether::llc;
use super::frame::{Frame, LinkError, behind, head};

const DATA: u8 = 2;
const NAME: Frame<'static> = Frame::Other("802.11");

/// A frame that facts about its reception stand before: <https://www.radiotap.org>.
pub(super) fn radiotap(frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    let (&[_, _, low, high], words) = head(frame)?;
    let len = usize::from(u16::from_le_bytes([low, high]));
    let inner = behind(frame, len.max(8))?;
    let is_padded = flags(words).is_some_and(|flags| flags & 0x20 != 0);
    data(inner, if is_padded { 4 } else { 1 })
}

/// The field of that name, behind the words that tell which fields there are, and behind the time.
fn flags(words: &[u8]) -> Option<u8> {
    const TIME: u8 = 1;
    const FLAGS: u8 = 2;
    let (&[present, _, _, mut more], mut rest) = words.split_first_chunk()?;
    let mut offset = 8;
    while more & 0x80 != 0 {
        let (word, after) = rest.split_first_chunk::<4>()?;
        (more, rest) = (*word.last()?, after);
        offset += 4;
    }
    if present & FLAGS == 0 {
        return None;
    }
    if present & TIME == 0 {
        return rest.first().copied();
    }
    // Aligned to eight bytes, counted from the start.
    let padding = usize::from(offset % 8 != 0) * 4;
    rest.get(padding + 8).copied()
}

/// A frame that begins with its control field.
pub(super) fn frame(frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    data(frame, 1)
}

/// `alignment`: of what the header's length is a multiple.
fn data(frame: &[u8], alignment: usize) -> Result<Frame<'_>, LinkError> {
    let (&[control, more], _) = head(frame)?;
    let subtype = control >> 4;
    let (holds_nothing, has_quality) = (subtype & 4 != 0, subtype & 8 != 0);
    let (is_relayed, is_protected, has_throughput) =
        (more & 3 == 3, more & 0x40 != 0, more & 0x80 != 0);
    if control >> 2 & 3 != DATA || holds_nothing || is_protected || is_piece(more, frame) {
        return Ok(NAME);
    }
    let mut header_len = 24 + usize::from(is_relayed) * 6;
    if has_quality {
        let is_aggregated = behind(frame, header_len)?
            .first()
            .is_some_and(|control| control & 0x80 != 0);
        header_len += 2 + usize::from(has_throughput) * 4;
        if is_aggregated {
            // IEEE 802.11-2020 section 9.3.2.2: the first of the frames in it, behind two addresses and its length.
            header_len = header_len.next_multiple_of(alignment) + 14;
            return llc(behind(frame, header_len)?);
        }
    }
    llc(behind(frame, header_len.next_multiple_of(alignment))?)
}

/// Whether the frame is a piece of a larger one: more follow, or some came before.
fn is_piece(more: u8, frame: &[u8]) -> bool {
    more & 4 != 0 || frame.get(22).is_some_and(|sequence| sequence & 0x0f != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SNAP_AND_IP: &[u8] = &[0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00, 0x45, 0, 0, 20];
    const IP: Frame<'_> = Frame::Ip(&[0x45, 0, 0, 20]);

    fn header(control: [u8; 2], len: usize) -> Vec<u8> {
        let mut header = control.to_vec();
        header.resize(len, 0);
        header.extend(SNAP_AND_IP);
        header
    }

    #[test]
    fn data_is_found_behind_every_header() {
        // Plain, relayed, with quality of service, that with throughput control, and both.
        for (control, len) in [
            ([0x08, 1], 24),
            ([0x08, 3], 30),
            ([0x88, 2], 26),
            ([0x88, 0x81], 30),
            ([0x88, 0x83], 36),
        ] {
            assert_eq!(frame(&header(control, len)), Ok(IP), "{control:?}");
            for cut in 0..len {
                let part = header(control, len);
                assert_eq!(frame(&part[..cut]), Err(LinkError::Truncated));
            }
        }
    }

    #[test]
    fn of_aggregated_frames_the_first_is_read() {
        let header = [&[0x88, 1][..], &[0; 22], &[0x80, 0]].concat();
        let whole = [&header, &[0; 12][..], &[0, 12], SNAP_AND_IP].concat();
        assert_eq!(frame(&whole), Ok(IP));
    }

    #[test]
    fn a_piece_of_a_frame_is_only_named() {
        assert_eq!(frame(&header([0x08, 5], 24)), Ok(NAME));
        let mut last = header([0x08, 1], 24);
        last[22] = 1;
        assert_eq!(frame(&last), Ok(NAME));
    }

    #[test]
    fn management_and_what_is_encrypted_are_only_named() {
        for control in [[0x80, 0], [0xd4, 0], [0x48, 1], [0x08, 0x41]] {
            assert_eq!(frame(&header(control, 24)), Ok(NAME), "{control:?}");
        }
    }

    #[test]
    fn facts_about_the_reception_are_skipped() {
        // No field; the flags, that say that the header is padded; the time before them; a second word of fields.
        let padded = [&[0x88, 2][..], &[0; 26], SNAP_AND_IP].concat();
        let rows: [(&[u8], &[u8]); 4] = [
            (&[0, 0, 8, 0, 0, 0, 0, 0], &header([0x08, 1], 24)),
            (&[0, 0, 9, 0, 2, 0, 0, 0, 0x20], &padded),
            (
                &[0, 0, 17, 0, 3, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0x20],
                &padded,
            ),
            (
                &[
                    0, 0, 25, 0, 3, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1,
                    0x20,
                ],
                &padded,
            ),
        ];
        for (facts, inner) in rows {
            assert_eq!(radiotap(&[facts, inner].concat()), Ok(IP), "{facts:?}");
        }
    }
}
