/// How the body behind a request's packet ends: specification section 4.5.
///
/// ```
/// use wirekit_uwsgi::request::{Body, Meta};
///
/// let upload = Meta::new(b"PUT", b"/files/1");
/// assert_eq!(upload.content_length(5).body, Body::Length(5)); // bytes
/// assert_eq!(upload.chunked().body, Body::Chunked);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Body {
    /// After `CONTENT_LENGTH` bytes; zero where there is no body.
    Length(u64),
    /// With the last chunk: `HTTP_TRANSFER_ENCODING` is `chunked`, and no `CONTENT_LENGTH` is there.
    ///
    /// So uWSGI's HTTP router sends an upload that its client has coded, with `--http-chunked-input`. Its applications
    /// read it by `uwsgi.chunked_read`; `wsgi.input` has no byte of it.
    Chunked,
}
