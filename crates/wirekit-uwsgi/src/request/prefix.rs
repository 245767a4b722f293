use crate::field::breaks_lines;
use crate::packet::{put_vars, vars_len};
use crate::sink::SliceSink;
use crate::{EncodeError, Key, MAX_BLOCK_LEN, Var, Vars};

/// The variables that are the same in every request of a server, encoded once and copied into each packet.
///
/// `SERVER_NAME` and `SERVER_PORT` must be among them; `SCRIPT_NAME`, `REQUEST_SCHEME`, `HTTPS`, `DOCUMENT_ROOT`
/// and the operator's own belong here. What differs from request to request, and every `HTTP_` key, may not.
///
/// ```
/// use wirekit_uwsgi::request::Prefix;
/// use wirekit_uwsgi::{EncodeError, Key, Var};
///
/// let mut storage = [0; 128]; // room for the block
/// let name = Var::new(b"SERVER_NAME", b"shop.example");
/// let missing = Prefix::encode(&[name], &mut storage).unwrap_err();
/// assert_eq!(missing, EncodeError::MissingVar { key: Key::ServerPort });
/// Prefix::encode(&[name, Var::new(b"SERVER_PORT", b"443"), Var::new(b"HTTPS", b"on")], &mut storage)?;
/// # Ok::<(), EncodeError>(())
/// ```
///
/// Specification section 4.3.
#[derive(Clone, Copy, Debug)]
pub struct Prefix<'a> {
    block: &'a [u8],
    count: usize,
    is_https: bool,
}

/// A [`Prefix`] with its own bytes, checked once for all requests.
///
/// ```
/// use wirekit_uwsgi::{Var, request::PrefixBuf};
///
/// let vars = [Var::new(b"SERVER_NAME", b"a.example"), Var::new(b"SERVER_PORT", b"80")];
/// let prefix = PrefixBuf::new(&vars)?;
/// assert_eq!(prefix.as_prefix().scheme(), "http");
/// # Ok::<(), wirekit_uwsgi::EncodeError>(())
/// ```
#[cfg(feature = "alloc")]
#[derive(Clone, Debug)]
pub struct PrefixBuf {
    block: bytes::Bytes,
    count: usize,
    is_https: bool,
}

#[cfg(feature = "alloc")]
impl PrefixBuf {
    /// Encodes the variables.
    ///
    /// # Errors
    ///
    /// As [`Prefix::encode`], but for `OutputTooSmall`.
    pub fn new(vars: &[Var<'_>]) -> Result<Self, EncodeError> {
        let mut block = bytes::BytesMut::zeroed(vars_len(vars)?);
        let Prefix {
            count, is_https, ..
        } = Prefix::encode(vars, &mut block)?;
        Ok(Self {
            block: block.freeze(),
            count,
            is_https,
        })
    }

    /// The prefix, for a request.
    pub fn as_prefix(&self) -> Prefix<'_> {
        Prefix {
            block: &self.block,
            count: self.count,
            is_https: self.is_https,
        }
    }
}

/// Whether a variable is the proxy's to say.
pub(super) fn check_own(var: &Var<'_>) -> Result<(), EncodeError> {
    if Key::find(var.key).is_some_and(differs_by_request) || var.key.starts_with(b"HTTP_") {
        return Err(EncodeError::ReservedKey);
    }
    if breaks_lines(var.key) || breaks_lines(var.value) {
        return Err(EncodeError::InvalidConstant);
    }
    Ok(())
}

/// Whether a key is written for each request, from its [`Meta`](super::Meta) or a client's field.
const fn differs_by_request(key: Key) -> bool {
    key.is_field()
        || matches!(
            key,
            Key::RequestMethod
                | Key::RequestUri
                | Key::PathInfo
                | Key::QueryString
                | Key::ServerProtocol
                | Key::RemoteAddr
                | Key::RemotePort
                | Key::ContentLength
                | Key::ContentType
        )
}

impl<'a> Prefix<'a> {
    /// Encodes the variables into `storage`, which the prefix then borrows.
    ///
    /// # Errors
    ///
    /// `MissingVar` without `SERVER_NAME` or `SERVER_PORT`, `ReservedKey` for what a request brings itself,
    /// `InvalidConstant` for CR, LF or NUL; `EmptyKey`, `SizeTooLarge`, `OutputTooSmall`.
    pub fn encode(vars: &[Var<'_>], storage: &'a mut [u8]) -> Result<Self, EncodeError> {
        let size = vars_len(vars)?;
        let Some(storage) = storage.get_mut(..size) else {
            return Err(EncodeError::OutputTooSmall { needed: size });
        };
        put_vars(vars, SliceSink::new(storage));
        Self::from_block(storage)
    }

    /// A var block that is encoded already.
    ///
    /// # Errors
    ///
    /// As [`Prefix::encode`]; `InvalidConstant` also where the bytes are no var block.
    pub fn from_block(block: &'a [u8]) -> Result<Self, EncodeError> {
        if block.len() > MAX_BLOCK_LEN {
            return Err(EncodeError::SizeTooLarge {
                size: block.len(),
                max: MAX_BLOCK_LEN,
            });
        }
        let vars = Vars::parse(block).map_err(|_| EncodeError::InvalidConstant)?;
        for var in vars {
            check_own(&var)?;
        }
        for key in [Key::ServerName, Key::ServerPort] {
            if vars.get(key.as_str().as_bytes()).is_none() {
                return Err(EncodeError::MissingVar { key });
            }
        }
        let is_https = matches!(vars.get(b"REQUEST_SCHEME"), Some(b"https"))
            || matches!(vars.get(b"HTTPS"), Some(b"on" | b"1"));
        Ok(Self {
            block,
            count: vars.iter().count(),
            is_https,
        })
    }

    /// The block, as it stands in every packet.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.block
    }

    pub(super) fn has(&self, key: &[u8]) -> bool {
        Vars::parse(self.block).is_ok_and(|vars| vars.get(key).is_some())
    }

    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// `https` where `REQUEST_SCHEME` or `HTTPS` says so.
    pub const fn scheme(&self) -> &'static str {
        if self.is_https { "https" } else { "http" }
    }
}
