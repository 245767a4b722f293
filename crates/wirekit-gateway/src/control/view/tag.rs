//! Entity tags (RFC 9110 section 8.8.3).

use core::fmt::Write;

use sha2::{Digest, Sha256};

/// A strong tag of a representation: what has the same tag is the same, whichever gateway says it.
pub(crate) fn of(representation: &[u8]) -> String {
    let digest = Sha256::digest(representation);
    let mut tag = String::from("\"");
    for byte in digest.iter().take(16) {
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    tag
}
