use crate::Role;

/// Whether the sender of a direction keeps its LZ77 window from one message to the next (RFC 7692 section 7.1.1). The example
/// of [`Parameters`] asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 7692 section 7.1.1: the window is kept or it is not"
)]
pub enum Takeover {
    /// Messages refer back to earlier ones: they get smaller, and both ends remember up to a window.
    Kept,
    /// `no_context_takeover`: every message stands alone.
    Dropped,
}

/// The base-2 logarithm of an LZ77 window's size: 8 to 15 (RFC 7692 section 7.1.2).
///
/// ```
/// use wirekit_websocket::deflate::WindowBits;
///
/// assert_eq!(WindowBits::new(10).map(WindowBits::window_len), Some(1024)); // bytes
/// assert_eq!(WindowBits::MAX.get(), 15);
/// assert_eq!(WindowBits::new(16), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WindowBits(u8);

impl WindowBits {
    /// 256 bytes.
    pub const MIN: Self = Self(8);
    /// 32 KiB.
    pub const MAX: Self = Self(15);

    /// A window of `1 << bits` bytes, if the RFC has one.
    #[must_use]
    pub const fn new(bits: u8) -> Option<Self> {
        if bits >= 8 && bits <= 15 {
            Some(Self(bits))
        } else {
            None
        }
    }

    /// The logarithm.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The window's size in bytes.
    #[must_use]
    pub const fn window_len(self) -> usize {
        1 << self.0
    }
}

/// What is agreed for the messages of one direction: RFC 7692 section 7.1. The example of [`Parameters`] has two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_structs,
    reason = "RFC 7692 section 7.1 defines these two for each direction"
)]
pub struct Direction {
    /// Whether its sender keeps the window.
    pub takeover: Takeover,
    /// The largest window that its sender uses.
    pub window_bits: WindowBits,
}

impl Direction {
    /// The RFC's default: the window is kept, and has 32 KiB.
    pub const DEFAULT: Self = Self {
        takeover: Takeover::Kept,
        window_bits: WindowBits::MAX,
    };

    pub(super) const fn within(self, wish: Self) -> Self {
        let takeover = match (self.takeover, wish.takeover) {
            (Takeover::Kept, Takeover::Kept) => Takeover::Kept,
            _ => Takeover::Dropped,
        };
        let smaller = self.window_bits.0 < wish.window_bits.0;
        Self {
            takeover,
            window_bits: if smaller {
                self.window_bits
            } else {
                wish.window_bits
            },
        }
    }
}

impl Default for Direction {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What both directions are agreed on, or what an end wishes for: RFC 7692 section 7.1.
///
/// ```
/// use wirekit_websocket::deflate::{Direction, Parameters, PermessageDeflate, Takeover, WindowBits};
/// use wirekit_websocket::extension::write_offer;
///
/// // A server with many connections remembers little for each.
/// let bits = WindowBits::new(10).expect("1 KiB");
/// let small = Direction { takeover: Takeover::Dropped, window_bits: bits };
/// let wish = Parameters { server: small, client: Direction::DEFAULT };
///
/// let mut offer = String::new();
/// write_offer(&[&mut PermessageDeflate::with_wish(wish).without_fallback()], &mut offer).unwrap();
/// assert!(offer.contains("server_no_context_takeover") && offer.contains("server_max_window_bits=10"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a connection has two directions")]
pub struct Parameters {
    /// For what the server sends.
    pub server: Direction,
    /// For what the client sends.
    pub client: Direction,
}

impl Parameters {
    /// The RFC's defaults.
    pub const DEFAULT: Self = Self {
        server: Direction::DEFAULT,
        client: Direction::DEFAULT,
    };

    /// What the end with this role sends by.
    #[must_use]
    pub const fn sent_by(&self, role: Role) -> Direction {
        match role {
            Role::Server => self.server,
            Role::Client => self.client,
        }
    }
}
