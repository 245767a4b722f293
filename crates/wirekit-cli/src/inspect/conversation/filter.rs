//! Which connections are shown.

use super::application::Application;

/// Which connections to keep.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) connection: Option<u64>,
    pub(crate) port: Option<u16>,
    pub(crate) protocol: Option<Protocol>,
}

impl Filter {
    /// Whether it keeps everything.
    pub(crate) const fn is_empty(&self) -> bool {
        self.connection.is_none() && self.port.is_none() && self.protocol.is_none()
    }
}

/// A protocol that connections are kept by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Tcp,
    Udp,
    Application(Application),
}
