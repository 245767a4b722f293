//! Requests as a proxy sends them: what it says itself, then what the client's fields say, by rules that keep the
//! two apart.

mod body;
mod class;
mod meta;
mod plan;
mod prefix;

#[cfg(feature = "alloc")]
use bytes::BufMut;

pub use body::Body;
pub use meta::{Forwarded, Meta, Protocol};
pub use prefix::Prefix;
#[cfg(feature = "alloc")]
pub use prefix::PrefixBuf;

use crate::field::Field;
use crate::packet::HEADER_LEN;
#[cfg(feature = "alloc")]
use crate::sink::BufSink;
use crate::sink::SliceSink;
use crate::{EncodeError, Header, MAX_BLOCK_LEN, Transport, Var};
use plan::Plan;

/// The most fields that a request is built from; a bound on the work of joining repeated ones.
pub const MAX_FIELDS: usize = 255;

/// What most packets take at most.
#[cfg(feature = "alloc")]
const USUAL_LEN: usize = 1024;

/// What the server that a request goes to takes: specification section 4.3.
///
/// ```
/// use wirekit_uwsgi::request::{Peer, Uploads};
///
/// // uwsgi --buffer-size 32768 --max-vars 256, with an application that calls `uwsgi.chunked_read`.
/// let peer = Peer::UWSGI.max_size(32_768).max_vars(512).uploads(Uploads::Chunked);
/// assert_eq!((peer.max_size, peer.max_vars), (32_768, 512)); // bytes, variables
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Peer {
    /// The most bytes in a packet's block: uWSGI's `--buffer-size`.
    pub max_size: usize,
    /// The most variables: twice uWSGI's `--max-vars`.
    pub max_vars: usize,
    /// Whether requests may have bodies.
    pub transport: Transport,
    /// In which ways a body may go to it.
    pub uploads: Uploads,
}

/// In which ways a request's body may go to a server: specification section 4.5. The example of [`Peer`] sets it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Uploads {
    /// Behind a `CONTENT_LENGTH`: every server reads that.
    #[default]
    Length,
    /// Also in the chunked coding, without a length: uWSGI's applications that call `uwsgi.chunked_read`, and readers
    /// such as [`server::Decoder`](crate::server::Decoder). Others, gunicorn among them, take such a request for one
    /// without a body, so the body is lost.
    Chunked,
}

impl Peer {
    /// A uWSGI with its default configuration: 4096 bytes, 128 variables.
    pub const UWSGI: Self = Self {
        max_size: 4096,
        max_vars: 128,
        transport: Transport::Socket,
        uploads: Uploads::Length,
    };

    /// Only the format's own limit: 65 535 bytes.
    pub const UNLIMITED: Self = Self {
        max_size: MAX_BLOCK_LEN,
        max_vars: usize::MAX,
        transport: Transport::Socket,
        uploads: Uploads::Length,
    };

    /// Sets the most bytes in a packet's block.
    #[must_use]
    pub const fn max_size(self, max_size: usize) -> Self {
        Self { max_size, ..self }
    }

    /// Sets the most variables.
    #[must_use]
    pub const fn max_vars(self, max_vars: usize) -> Self {
        Self { max_vars, ..self }
    }

    /// Sets whether requests may have bodies.
    #[must_use]
    pub const fn transport(self, transport: Transport) -> Self {
        Self { transport, ..self }
    }

    /// Sets in which ways a body may go to it.
    #[must_use]
    pub const fn uploads(self, uploads: Uploads) -> Self {
        Self { uploads, ..self }
    }
}

/// What happens to a client's field whose name has a byte other than letters, digits and `-`.
///
/// `X_Real_User` and `X-Real-User` become the same key, so the first could pass for the second. So could `X.Real.User`
/// for a reader that takes other bytes for `_`, as PHP does with `.`.
///
/// ```
/// use wirekit_uwsgi::request::{Builder, Meta, Names, Prefix};
/// use wirekit_uwsgi::{EncodeError, Field, Var};
///
/// let mut storage = [0; 64];
/// let constants = [Var::new(b"SERVER_NAME", b"a.example"), Var::new(b"SERVER_PORT", b"80")];
/// let prefix = Prefix::encode(&constants, &mut storage)?;
/// let fields = [Field::new(b"X_Real_User", b"root")];
/// let request = Builder::new(prefix, Meta::get(b"/"), &fields).names(Names::Refuse);
/// assert_eq!(request.encode_to_slice(&mut [0; 512]), Err(EncodeError::InvalidName { field: 0 }));
/// # Ok::<(), EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Names {
    /// The field is left out, as nginx and Apache do.
    #[default]
    Drop,
    /// The request is refused.
    Refuse,
}

/// A request for a uwsgi server, from a proxy's own words and a client's fields.
///
/// - A client's field becomes a `HTTP_` key, never another; `Content-Type` alone becomes `CONTENT_TYPE`.
/// - `Proxy`, hop-by-hop fields and those that `Connection` names are left out; names by [`Names`].
/// - `CONTENT_LENGTH` is [`Meta::content_length`], once, or `HTTP_TRANSFER_ENCODING` after [`Meta::chunked`]; the
///   client's fields are never passed on.
/// - Repeated fields are joined, `Cookie` with `; `, others with `, `; a repeated `Host`, `Content-Length`,
///   `Content-Type` or `Authorization` refuses the request.
/// - CR, LF or NUL anywhere refuses it.
/// - `X-Forwarded-*` and `Forwarded` are the proxy's: see [`Forwarded`].
///
/// ```
/// use wirekit_uwsgi::request::{Builder, Meta, Peer, Prefix};
/// use wirekit_uwsgi::{Field, Packet, Var};
///
/// let mut storage = [0; 64];
/// let prefix = Prefix::encode(&[Var::new(b"SERVER_NAME", b"a.example"), Var::new(b"SERVER_PORT", b"80")], &mut storage)?;
/// let fields = [Field::new(b"Accept-Encoding", b"gzip"), Field::new(b"Proxy", b"http://evil.example/")];
///
/// let request = Builder::new(prefix, Meta::get(b"/env?a=1"), &fields).peer(Peer::UWSGI);
/// let mut packet = [0; 512];
/// request.encode_to_slice(&mut packet)?;
///
/// let (packet, _) = Packet::parse(&packet).unwrap();
/// let vars = packet.vars()?;
/// assert_eq!(vars.get(b"HTTP_ACCEPT_ENCODING"), Some(&b"gzip"[..]));
/// assert_eq!(vars.get(b"HTTP_PROXY"), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Specification section 4.3.
#[derive(Clone, Copy, Debug)]
pub struct Builder<'a> {
    header: Header,
    prefix: Prefix<'a>,
    meta: Meta<'a>,
    fields: &'a [Field<'a>],
    names: Names,
    peer: Peer,
    vars: &'a [Var<'a>],
}

impl<'a> Builder<'a> {
    /// A WSGI request of these parts, for a peer without limits of its own.
    pub const fn new(prefix: Prefix<'a>, meta: Meta<'a>, fields: &'a [Field<'a>]) -> Self {
        Self {
            header: Header::WSGI,
            prefix,
            meta,
            fields,
            names: Names::Drop,
            peer: Peer::UNLIMITED,
            vars: &[],
        }
    }

    /// Sets variables of the proxy's own for this request, which stand behind the prefix: a remote user, a route. What a
    /// request brings itself, every `HTTP_` key and what the [`Prefix`] has may not be among them.
    #[must_use]
    pub const fn vars(self, vars: &'a [Var<'a>]) -> Self {
        Self { vars, ..self }
    }

    /// Sets the modifiers.
    #[must_use]
    pub const fn header(self, header: Header) -> Self {
        Self { header, ..self }
    }

    /// Sets what happens to names that are not safe to pass on.
    #[must_use]
    pub const fn names(self, names: Names) -> Self {
        Self { names, ..self }
    }

    /// Sets what the server takes.
    #[must_use]
    pub const fn peer(self, peer: Peer) -> Self {
        Self { peer, ..self }
    }

    /// Bytes that the packet will take, without the body.
    ///
    /// # Errors
    ///
    /// As [`Builder::encode`], but for `OutputTooSmall`.
    pub fn encoded_len(&self) -> Result<usize, EncodeError> {
        Ok(HEADER_LEN + Plan::of(self)?.size)
    }

    /// Appends the packet; the body, as [`Meta::body`] says, is to follow it.
    ///
    /// # Errors
    ///
    /// `TooManyFields`, `TooManyVars`, `SizeTooLarge`: answer 431 before connecting to anything.
    /// `InvalidName`, `InvalidValue`, `RepeatedField`, `InvalidVar`: answer 400.
    /// `EmptyKey`, `ReservedKey`, `InvalidConstant` for one of [`vars`](Self::vars): answer 500.
    /// `LengthRequired`: answer 411. `BodyOnPersistent`; `OutputTooSmall`. Nothing is written then.
    #[cfg(feature = "alloc")]
    pub fn encode(&self, out: &mut impl BufMut) -> Result<usize, EncodeError> {
        let plan = Plan::of(self)?;
        // A slice is written without asking for room at every piece, and then copied as a whole.
        let mut room = [0; USUAL_LEN];
        if let Some(packet) = room.get_mut(..HEADER_LEN + plan.size)
            && packet.len() <= out.remaining_mut()
        {
            self.header
                .write(plan.size, SliceSink::new(packet), |mut out| {
                    plan.write(self, &mut out);
                })?;
            out.put_slice(packet);
            return Ok(packet.len());
        }
        let out = BufSink { out };
        self.header
            .write(plan.size, out, |mut out| plan.write(self, &mut out))
    }

    /// Writes the packet to the front of a slice, and says how many bytes it took.
    ///
    /// # Errors
    ///
    /// As [`Builder::encode`].
    pub fn encode_to_slice(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let plan = Plan::of(self)?;
        let out = SliceSink::new(out);
        self.header
            .write(plan.size, out, |mut out| plan.write(self, &mut out))
    }
}
