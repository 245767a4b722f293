use core::fmt;
use core::net::SocketAddr;

use super::Ends;
use crate::reassembly::Origin;
use crate::track::{Side, Tracker};

/// What is known of a connection, with a `T` of the caller's.
///
/// The example of [`Table`](super::Table) asks one who its client is.
#[derive(Debug)]
pub struct Flow<T = ()> {
    pub(super) number: u64,
    pub(super) client: SocketAddr,
    pub(super) server: SocketAddr,
    pub(super) network: u32,
    pub(super) first: Origin,
    pub(super) last: Origin,
    pub(super) tracker: Tracker,
    pub(super) ignores_client: bool,
    pub(super) ignores_server: bool,
    /// The caller's own.
    pub value: T,
}

impl<T: Default> Flow<T> {
    pub(super) fn new(
        number: u64,
        ends: &Ends,
        from: Side,
        tracker: Tracker,
        origin: Origin,
    ) -> Self {
        let (client, server) = match from {
            Side::Client => (ends.source, ends.destination),
            Side::Server => (ends.destination, ends.source),
        };
        Self {
            number,
            client,
            server,
            network: ends.network,
            first: origin,
            last: origin,
            tracker,
            ignores_client: false,
            ignores_server: false,
            value: T::default(),
        }
    }
}

impl<T> Flow<T> {
    /// Its number in the table's life, counted from 1.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The end that asked for it: the sender of the SYN. Where none was seen, the end with the greater port.
    pub const fn client(&self) -> SocketAddr {
        self.client
    }

    /// The other end.
    pub const fn server(&self) -> SocketAddr {
        self.server
    }

    /// The number of the network that it is in, as [`Ends::network`] named it.
    pub const fn network(&self) -> u32 {
        self.network
    }

    /// Its first packet.
    pub const fn first(&self) -> Origin {
        self.first
    }

    /// Its last packet so far.
    pub const fn last(&self) -> Origin {
        self.last
    }

    /// The states of both ends, and the times of the handshake.
    pub const fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    /// What one end sends is not wanted, from the next segment on: it is neither held nor delivered.
    pub const fn ignore(&mut self, from: Side) {
        match from {
            Side::Client => self.ignores_client = true,
            Side::Server => self.ignores_server = true,
        }
    }

    /// Whether what one end sends is not wanted.
    pub const fn ignores(&self, from: Side) -> bool {
        match from {
            Side::Client => self.ignores_client,
            Side::Server => self.ignores_server,
        }
    }
}

/// Its number and its ends, the client first: `#1 192.0.2.1:40000 > 198.51.100.2:80`.
impl<T> fmt::Display for Flow<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} {} > {}", self.number, self.client, self.server)
    }
}
