use core::fmt;
use std::sync::Arc;

/// A chain of certificates and its private key, each as PEM (RFC 7468), that were sent to the control plane.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pem {
    /// The chain, the server's own certificate first.
    pub chain: Arc<str>,
    /// The private key.
    pub key: Arc<str>,
}

impl Pem {
    /// This chain with this key.
    pub fn new(chain: impl Into<Arc<str>>, key: impl Into<Arc<str>>) -> Self {
        Self {
            chain: chain.into(),
            key: key.into(),
        }
    }
}

impl fmt::Debug for Pem {
    /// The chain: a key is shown to nobody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pem({:?}, ..)", self.chain)
    }
}
