/// Whether a request may have a body.
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
