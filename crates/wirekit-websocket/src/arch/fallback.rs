//! Safe and portable; what every other backend must agree with.

use crate::MaskingKey;

/// Words in blocks of 64 bytes, which compilers turn into vectors.
pub(super) fn unmask(bytes: &mut [u8], key: MaskingKey) {
    let word = u64::from_ne_bytes({
        let [a, b, c, d] = key.0;
        [a, b, c, d, a, b, c, d]
    });
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

#[cfg(feature = "alloc")]
pub(super) fn append_masked(payload: &[u8], key: MaskingKey, out: &mut impl bytes::BufMut) {
    for chunk in payload.chunks(256) {
        let mut copy = [0; 256];
        let copy = copy.get_mut(..chunk.len()).unwrap_or_default();
        copy.copy_from_slice(chunk);
        // 256 is a multiple of the key's length, so every chunk begins in phase.
        unmask(copy, key);
        out.put_slice(copy);
    }
}
