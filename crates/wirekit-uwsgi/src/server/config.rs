use crate::{Quirks, Transport};

/// What a repeated key means: specification section 4.2. It governs the known keys that are not fields; see
/// [`Config::duplicates`]. The example of [`Config`] sets it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Duplicates {
    /// The same value again is harmless; another value is an error.
    #[default]
    Refuse,
    /// The first one counts.
    First,
    /// The last one counts, as in uWSGI and gunicorn.
    Last,
}

/// How a [`Decoder`](super::Decoder) and an [`Index`](super::Index) read: specification sections 2 and 4.
///
/// ```
/// use wirekit_uwsgi::server::{Config, Duplicates, Index};
/// use wirekit_uwsgi::{Key, Packet};
///
/// let input = b"\x00\x1c\x00\x00\x09\x00PATH_INFO\x01\x00/\x09\x00PATH_INFO\x01\x00x";
/// let (packet, _) = Packet::parse(input).expect("a whole packet");
/// assert!(Index::parse(packet).is_err()); // two paths
/// let index = Index::parse_with(packet, &Config::DEFAULT.duplicates(Duplicates::Last))?;
/// assert_eq!(index.get(Key::PathInfo), Some(&b"x"[..])); // as uWSGI and gunicorn read it
/// # Ok::<(), wirekit_uwsgi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Config {
    /// Rules that do not hold; none by default.
    pub quirks: Quirks,
    /// What a repeated key means, for the known keys that are not fields (`HTTP_*`). Repeated fields are legal,
    /// because nginx before 1.23 passes a client's repeated field on; of its lines the last one counts.
    pub duplicates: Duplicates,
    /// Whether a request may have a body.
    pub transport: Transport,
}

impl Config {
    /// The strict rules of an ordinary socket.
    pub const DEFAULT: Self = Self {
        quirks: Quirks::NONE,
        duplicates: Duplicates::Refuse,
        transport: Transport::Socket,
    };

    /// What uWSGI itself does: resync on an overlong key, the last of repeated keys, the leading digits of a length.
    pub const LENIENT: Self = Self::DEFAULT
        .quirks(Quirks::RESYNC.union(Quirks::LEADING_DIGITS))
        .duplicates(Duplicates::Last);

    /// Sets the quirks.
    #[must_use]
    pub const fn quirks(self, quirks: Quirks) -> Self {
        Self { quirks, ..self }
    }

    /// Sets what a repeated key means.
    #[must_use]
    pub const fn duplicates(self, duplicates: Duplicates) -> Self {
        Self { duplicates, ..self }
    }

    /// Sets whether a request may have a body.
    #[must_use]
    pub const fn transport(self, transport: Transport) -> Self {
        Self { transport, ..self }
    }
}
