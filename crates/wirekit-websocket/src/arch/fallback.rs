//! Safe and portable: what every other backend has the functions of, and must agree with.

use crate::MaskingKey;

/// XORs `bytes` with the key, repeated.
///
/// Blocks from the widest to the narrowest, each byte in one of them: a reader's loads find whole stores.
#[inline]
pub(super) fn unmask(bytes: &mut [u8], key: MaskingKey) {
    let quarter = u32::from_ne_bytes(key.0);
    let half = u64::from(quarter) << 32 | u64::from(quarter);
    let (blocks, rest) = bytes.as_chunks_mut::<32>();
    for block in blocks {
        unmask_block(block, quarter);
    }
    if rest.is_empty() {
        return;
    }
    let (blocks, rest) = rest.as_chunks_mut::<16>();
    if let [block] = blocks {
        unmask_block(block, quarter);
    }
    if rest.is_empty() {
        return;
    }
    let (halves, rest) = rest.as_chunks_mut::<8>();
    if let [bytes] = halves {
        *bytes = (u64::from_ne_bytes(*bytes) ^ half).to_ne_bytes();
    }
    let (quarters, rest) = rest.as_chunks_mut::<4>();
    if let [bytes] = quarters {
        *bytes = (u32::from_ne_bytes(*bytes) ^ quarter).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.0) {
        *byte ^= key;
    }
}

/// Written by words of the key's length, this becomes vectors; by wider words it would not.
#[inline]
fn unmask_block<const LEN: usize>(block: &mut [u8; LEN], key: u32) {
    for word in block.as_chunks_mut::<4>().0 {
        *word = (u32::from_ne_bytes(*word) ^ key).to_ne_bytes();
    }
}

/// Unmasks `bytes`, all of them whatever they are, and says whether they are UTF-8.
pub(crate) fn unmask_utf8(bytes: &mut [u8], key: MaskingKey) -> bool {
    unmask(bytes, key);
    is_utf8(bytes)
}

/// Whether `bytes`, which stay as they are, are UTF-8 once they are unmasked. False says nothing.
#[inline]
pub(crate) const fn is_masked_utf8(_: &[u8], _: MaskingKey) -> bool {
    false
}

/// Whether `bytes` are UTF-8.
pub(crate) fn is_utf8(bytes: &[u8]) -> bool {
    core::str::from_utf8(bytes).is_ok()
}

/// Appends a frame (its first byte, the length of its payload, the key if there is one, and the payload, masked with
/// it) and returns its length; `None`, with nothing appended, where `out` has no room for it.
#[cfg(feature = "alloc")]
#[cold]
pub(crate) fn append_frame(
    first: u8,
    key: Option<MaskingKey>,
    payload: &[u8],
    out: &mut impl bytes::BufMut,
) -> Option<usize> {
    let (header, header_len) = crate::frame::header_bytes(first, key, payload.len() as u64);
    let len = header_len + payload.len();
    if out.remaining_mut() < len {
        return None;
    }
    out.put_slice(header.get(..header_len).unwrap_or_default());
    let Some(key) = key else {
        out.put_slice(payload);
        return Some(len);
    };
    // A multiple of the key's length, so that every chunk begins in phase.
    for chunk in payload.chunks(256) {
        let mut copy = [0; 256];
        let copy = copy.get_mut(..chunk.len()).unwrap_or_default();
        copy.copy_from_slice(chunk);
        unmask(copy, key);
        out.put_slice(copy);
    }
    Some(len)
}
