//! Safe and portable; what every other backend must agree with.

use crate::MaskingKey;

/// Words in blocks of 64 bytes, which compilers turn into vectors.
pub(super) fn unmask(bytes: &mut [u8], key: MaskingKey) {
    let [a, b, c, d] = key.0;
    let word = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (blocks, rest) = bytes.as_chunks_mut::<64>();
    for block in blocks {
        for chunk in block.as_chunks_mut::<8>().0 {
            *chunk = (u64::from_ne_bytes(*chunk) ^ word).to_ne_bytes();
        }
    }
    let (chunks, tail) = rest.as_chunks_mut::<8>();
    for chunk in chunks {
        *chunk = (u64::from_ne_bytes(*chunk) ^ word).to_ne_bytes();
    }
    for (byte, key) in tail.iter_mut().zip(key.0.into_iter().cycle()) {
        *byte ^= key;
    }
}

pub(super) fn unmask_utf8(bytes: &mut [u8], key: MaskingKey) -> bool {
    unmask(bytes, key);
    is_utf8(bytes)
}

pub(super) fn is_utf8(bytes: &[u8]) -> bool {
    core::str::from_utf8(bytes).is_ok()
}

#[cfg(feature = "alloc")]
#[cold]
pub(super) fn append_frame(
    first: u8,
    key: Option<MaskingKey>,
    payload: &[u8],
    out: &mut impl bytes::BufMut,
) {
    let (bytes, len) = crate::frame::header_bytes(first, key, payload.len() as u64);
    out.put_slice(bytes.get(..len).unwrap_or_default());
    let Some(key) = key else {
        return out.put_slice(payload);
    };
    // A multiple of the key's length, so that every chunk begins in phase.
    for chunk in payload.chunks(256) {
        let mut copy = [0; 256];
        let copy = copy.get_mut(..chunk.len()).unwrap_or_default();
        copy.copy_from_slice(chunk);
        unmask(copy, key);
        out.put_slice(copy);
    }
}
