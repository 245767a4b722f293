/// Whether a request may have a body: specification section 4.4.
///
/// ```
/// use wirekit_uwsgi::server::{Config, Decoder};
/// use wirekit_uwsgi::{ErrorKind, Transport};
///
/// let mut decoder = Decoder::new(Config::DEFAULT.transport(Transport::Persistent));
/// let error = decoder.receive(b"\x00\x13\x00\x00\x0e\x00CONTENT_LENGTH\x01\x002hi").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::BodyOnPersistent);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transport {
    /// One request a connection, or a server that frames bodies by their length: `CONTENT_LENGTH` bytes follow.
    #[default]
    Socket,
    /// uWSGI's `--puwsgi-socket`: packets follow one another and never carry a body, because its bytes would be
    /// read as the next packet.
    Persistent,
}
