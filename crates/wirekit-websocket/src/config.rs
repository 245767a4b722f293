use crate::{Limits, Opcode, Role, Rsv};

/// What a [`Connection`](crate::Connection) is made of: which end it is, its limits, and what the opening handshake agreed on (RFC
/// 6455 sections 4 and 9.2).
///
/// ```
/// use wirekit_websocket::{Config, Connection, Limits};
///
/// const LIMITS: Limits = Limits::DEFAULT.max_message_len(1 << 20);
/// const CONFIG: Config = Config::SERVER.limits(LIMITS).permessage_deflate();
/// assert_eq!(Connection::new(CONFIG).config().limits.max_message_len, 1 << 20);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// Which end this is.
    pub role: Role,
    /// What the peer may send.
    pub limits: Limits,
    /// Payload bytes up to which a frame is awaited whole; 0 by default.
    pub whole_len: usize,
    pub(crate) reserved_bits: ReservedBits,
}

impl Config {
    /// The end that opened the connection.
    pub const CLIENT: Self = Self::new(Role::Client);
    /// The end that accepted the connection.
    pub const SERVER: Self = Self::new(Role::Server);

    /// The end with this role, with [`Limits::DEFAULT`], without extensions.
    pub const fn new(role: Role) -> Self {
        Self {
            role,
            limits: Limits::DEFAULT,
            whole_len: 0,
            reserved_bits: ReservedBits::NONE,
        }
    }

    /// Sets [`limits`](Self::limits).
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets [`whole_len`](Self::whole_len): frames with payloads up to `bytes` are awaited until they are whole in the buffer.
    ///
    /// By default (0) the bytes of a frame that is not whole are lent as they come. With 4096, say, every
    /// unfragmented message of up to 4096 bytes is one [`Event::Text`](crate::Event::Text) or
    /// [`Event::Binary`](crate::Event::Binary), and the caller promises a buffer that holds
    /// `bytes + MAX_HEADER_LEN`. Text is checked as it arrives all the same, and once more when all of it is there, for
    /// the caller could change the buffer in between. The alternative is to leave this at 0 and the pieces of a frame where
    /// they were lent: they lie side by side in the buffer, so the payload is whole there too, and is checked once.
    #[must_use]
    pub const fn whole_len(mut self, bytes: usize) -> Self {
        self.whole_len = bytes;
        self
    }

    /// permessage-deflate has been negotiated: RSV1 marks compressed messages, whose data is lent as it is, with RSV1 in each
    /// [`Data::rsv`](crate::Data::rsv), and unchecked.
    #[must_use]
    pub const fn permessage_deflate(mut self) -> Self {
        self.reserved_bits = self.reserved_bits.with_message_bit();
        self
    }

    /// Extensions own these reserved bits: those that the handshake's `InUse::rsv` names. RSV1 is left to
    /// [`permessage_deflate`](Self::permessage_deflate) where that is set too, before or after.
    ///
    /// Each data frame may have any of them. [`Data::rsv`](crate::Data::rsv) says which the frame of a piece has, and
    /// sets them on a frame that is sent. What the payload is, extension data at its start included, is for the extensions
    /// to say, so text is not checked from the first frame of its message with a bit on. An extension that works by
    /// frames finds their ends with [`is_between_frames`](crate::Connection::is_between_frames). Control frames have no
    /// bits: no extension that IANA knows gives them one.
    ///
    /// ```
    /// # #[cfg(feature = "alloc")] {
    /// use wirekit_websocket::{Config, Connection, Data, Event, MessageKind, Rsv};
    ///
    /// // An extension was negotiated that marks with RSV2 what may wait.
    /// let mut client = Connection::new(Config::CLIENT.reserved_bits(Rsv::RSV2));
    /// let mut server = Connection::new(Config::SERVER.reserved_bits(Rsv::RSV2));
    ///
    /// let mut wire = Vec::new();
    /// let data = Data { rsv: Rsv::RSV2, ..Data::whole(MessageKind::Binary, b"later") };
    /// server.send_data(data, None, &mut wire)?;
    /// assert_eq!(wire, b"\xa2\x05later");
    /// assert_eq!(client.receive(&mut wire)?, Some((Event::Data(data), 7)));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn reserved_bits(mut self, rsv: Rsv) -> Self {
        self.reserved_bits = self.reserved_bits.with_frame_bits(rsv);
        self
    }
}

/// Which frames may have which reserved bits, which extensions own (RFC 6455 sections 5.2 and 9.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReservedBits {
    /// The bits that any data frame may have.
    frame: Rsv,
    /// The bits of whole messages, which their first frames have.
    message: Rsv,
}

impl ReservedBits {
    pub(crate) const NONE: Self = Self {
        frame: Rsv::NONE,
        message: Rsv::NONE,
    };

    /// RFC 7692 section 6.1: RSV1 is set on the first fragment of a compressed message and on no other frame.
    pub(crate) const fn with_message_bit(self) -> Self {
        Self {
            frame: self.frame.without(Rsv::RSV1),
            message: Rsv::RSV1,
        }
    }

    pub(crate) const fn with_frame_bits(self, rsv: Rsv) -> Self {
        Self {
            frame: rsv.without(self.message),
            message: self.message,
        }
    }

    /// The bits of whole messages.
    pub(crate) const fn of_messages(self) -> Rsv {
        self.message
    }

    /// The bits that a frame of this opcode may have.
    pub(crate) fn of_frame(self, opcode: Opcode) -> Rsv {
        match opcode {
            Opcode::TEXT | Opcode::BINARY => self.frame | self.message,
            Opcode::CONTINUATION => self.frame,
            _ => Rsv::NONE,
        }
    }
}
