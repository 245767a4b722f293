use core::fmt;
use core::hash::{BuildHasherDefault, Hash, Hasher};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// A session of an application: the SHA-256 of its cookie, with the names of upstream and cookie before it.
///
/// Who sees it, in the store or in a list, cannot make the cookie of it, which has more entropy than anybody can try.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// That of a cookie's value.
    pub fn new(upstream: &str, cookie: &str, value: &[u8]) -> Self {
        let mut hash = Sha256::new();
        let parts = ["wirekit-gateway session 1", upstream, cookie].map(str::as_bytes);
        for part in parts.into_iter().chain([value]) {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// That which [`Display`](fmt::Display) has written.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    /// In base64url.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Hash for Digest {
    /// It is a hash already.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [first, ..] = self.0.as_chunks::<8>().0 else {
            return;
        };
        state.write_u64(u64::from_le_bytes(*first));
    }
}

/// Takes the hash that a [`Digest`] is.
#[derive(Debug, Default)]
pub(super) struct Taken(u64);

pub(super) type BuildTaken = BuildHasherDefault<Taken>;

impl Hasher for Taken {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gateways of other versions are to find what stands in the store.
    #[test]
    fn the_digest_is_what_the_page_says() {
        // python3: sha256(b"".join(struct.pack("<Q", len(x)) + x for x in
        //   [b"wirekit-gateway session 1", b"app", b"sessionid", b"x"])), in base64url
        let digest = Digest::new("app", "sessionid", b"x");
        assert_eq!(
            digest.to_string(),
            "D28QH7iudXAZvZO5IB7u9hckmK1uPyZKCJ9WwTYaC0c"
        );
        assert_eq!(Digest::parse(&digest.to_string()), Some(digest));
        for wrong in [
            "",
            "D28Q",
            "D28QH7iudXAZvZO5IB7u9hckmK1uPyZKCJ9WwTYaC0d",
            "\u{e9}",
        ] {
            assert_eq!(Digest::parse(wrong), None, "{wrong}");
        }
        for other in [
            Digest::new("app", "sessionid", b"y"),
            Digest::new("app2", "sessionid", b"x"),
            Digest::new("app", "sessioni", b"dx"),
        ] {
            assert_ne!(other, digest);
        }
    }
}
