//! The head of a request as a server gets it.

use bytes::BufMut;
use wirekit_http::ConnectionOptions;
use wirekit_http1::{Field, Method, RequestHead, Version};
use wirekit_uwsgi as uwsgi;
use wirekit_uwsgi::request::{Builder, MAX_FIELDS, Meta, Protocol};

use crate::application::Unsent;
use crate::error::Refusal;
use crate::path::{PathError, is_normal, normalize};
use crate::request::{Request, Texts, UwsgiServer, options};

/// How many fields a head has at most, for which there is room at little cost.
pub(super) const FEW_FIELDS: usize = 32;
/// How much the values may take that have folds in them.
const MAX_FOLDED_LEN: usize = 4 * 1024;
/// The longest path that is decoded or resolved, and the longest target that gets one.
pub(super) const MAX_PATH_LEN: usize = 8 * 1024;

/// A head in the parts that a server gets.
pub(super) struct Parts<'a> {
    head: &'a RequestHead<'a>,
    request: &'a Request<'a>,
    pub(super) method: Method<'a>,
    /// In origin form, whatever the client sent: what a server compares its rules with. The slash of an empty path is still
    /// to be put before a query.
    pub(super) target: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) host: &'a str,
    options: ConnectionOptions<'a>,
    /// The one protocol that is offered.
    pub(super) upgrade: Option<&'a str>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(head: &'a RequestHead<'a>, request: &'a Request<'a>) -> Result<Self, Refusal> {
        let uri = head
            .target_uri(request.scheme)
            .map_err(|error| Refusal::Http1 { error })?;
        let target = head.target();
        // RFC 9112 section 3.2.2: the absolute form's path and query, by which servers route, are its end.
        let target = match target.as_bytes().first() {
            Some(b'/' | b'*') => target,
            _ => {
                let query_len = uri.query.map_or(0, |query| query.len() + 1);
                target
                    .len()
                    .checked_sub(uri.path.len() + query_len)
                    .and_then(|start| target.get(start..))
                    .unwrap_or_default()
            }
        };
        let (target, path) = match (uri.path, head.method()) {
            // RFC 9112 section 3.2.4: "an empty path and no query component".
            ("", Method::OPTIONS) if uri.query.is_none() => ("*", ""),
            // RFC 9112 section 3.2.1: "If the target URI's path component is empty, the client MUST send "/" as the path".
            ("", _) if uri.query.is_none() => ("/", "/"),
            ("", _) => (target, "/"),
            (path, _) => (target, path),
        };
        let options = options(head)?;
        // An upgrade that counts has its connection option, and the version that has both.
        let upgrades = head.version() >= Version::HTTP_11 && options.upgrade();
        Ok(Self {
            head,
            request,
            method: head.method(),
            target,
            path,
            query: uri.query.unwrap_or_default(),
            host: uri.authority,
            options,
            upgrade: request.offered(head).filter(|_| upgrades),
        })
    }

    /// Writes the texts of the fields that the gateway makes.
    pub(super) fn write_texts(&self, texts: &mut Texts) -> Result<(), Refusal> {
        texts.write(self.request, self.head.version(), self.host)
    }

    /// The client's fields that go further, and the gateway's.
    pub(super) fn fields<'f>(
        &'f self,
        texts: &'f Texts,
    ) -> impl Iterator<Item = Field<'f>> + Clone + use<'f, 'a> {
        let request: &Request<'f> = self.request;
        request.fields(self.head, &self.options, texts, self.host)
    }

    /// Appends the packet for a uwsgi server.
    pub(super) fn encode_packet(
        &self,
        server: &UwsgiServer<'_>,
        unsent: Unsent,
        out: &mut impl BufMut,
    ) -> Result<usize, Refusal> {
        let path = self.path.as_bytes();
        if path.len() <= MAX_PATH_LEN && (path.is_empty() || is_normal(path)) {
            self.encode_packet_for(path, server, unsent, out)
        } else {
            let mut room = [0; MAX_PATH_LEN];
            let path = normalize(path, &mut room).map_err(|error| Refusal::Path { error })?;
            self.encode_packet_for(path, server, unsent, out)
        }
    }

    fn encode_packet_for(
        &self,
        path: &[u8],
        server: &UwsgiServer<'_>,
        unsent: Unsent,
        out: &mut impl BufMut,
    ) -> Result<usize, Refusal> {
        let protocol = match self.head.version().minor() {
            0 => Protocol::Http10,
            _ => Protocol::Http11,
        };
        let meta = Meta::new(self.method.as_bytes(), self.target.as_bytes())
            .path_info(path)
            .query_string(self.query.as_bytes())
            .protocol(protocol)
            .host((!self.host.is_empty()).then_some(self.host.as_bytes()))
            .remote(self.request.client.or(self.request.remote))
            .upgrade(self.upgrade.map(str::as_bytes))
            .forwarded(uwsgi::request::Forwarded::Pass);
        let meta = match unsent {
            Unsent::Length(len) => meta.content_length(len),
            Unsent::Chunks => meta.chunked(),
        };
        let mut texts = Texts::EMPTY;
        self.write_texts(&mut texts)?;
        // Few requests have so many fields that room for all that a packet may have is worth its cost.
        let mut few = [uwsgi::Field::new(b"", b""); FEW_FIELDS];
        let packed = || {
            let fields = self.fields(&texts);
            fields.map(|field| uwsgi::Field::new(field.name, field.value))
        };
        if let Some(fields) = gather(packed(), &mut few) {
            return encode(server, meta, fields, out);
        }
        let mut all = [uwsgi::Field::new(b"", b""); MAX_FIELDS];
        match gather(packed(), &mut all) {
            Some(fields) => encode(server, meta, fields, out),
            None => Err(Refusal::Packet {
                error: uwsgi::EncodeError::TooManyFields {
                    count: self.fields(&texts).count(),
                    max: MAX_FIELDS,
                },
            }),
        }
    }
}

/// The fields side by side, where there is room for all: what is walked more than once is then chosen once.
pub(super) fn gather<F>(fields: impl Iterator<Item = F>, room: &mut [F]) -> Option<&[F]> {
    let mut count = 0;
    for field in fields {
        *room.get_mut(count)? = field;
        count += 1;
    }
    room.get(..count)
}

fn encode(
    server: &UwsgiServer<'_>,
    meta: Meta<'_>,
    fields: &[uwsgi::Field<'_>],
    out: &mut impl BufMut,
) -> Result<usize, Refusal> {
    match build(server, meta, fields).encode(out) {
        Err(uwsgi::EncodeError::InvalidValue { .. }) if fields.iter().any(is_folded) => {
            encode_unfolded(server, meta, fields, out)
        }
        encoded => encoded,
    }
    .map_err(|error| Refusal::Packet { error })
}

/// A target of a query alone, with its path: `/?q`, which is nowhere in what was received.
#[cold]
pub(super) fn behind_slash<'o>(query: &str, out: &'o mut [u8]) -> Result<&'o str, PathError> {
    let (target, _) = out
        .split_at_mut_checked(query.len() + 1)
        .ok_or(PathError::OutputTooSmall)?;
    if let Some((slash, rest)) = target.split_first_mut() {
        *slash = b'/';
        rest.copy_from_slice(query.as_bytes());
    }
    Ok(core::str::from_utf8(target).unwrap_or_default())
}

fn build<'a>(
    server: &UwsgiServer<'a>,
    meta: Meta<'a>,
    fields: &'a [uwsgi::Field<'a>],
) -> Builder<'a> {
    Builder::new(server.prefix, meta, fields)
        .vars(server.vars)
        .header(server.header)
        .names(server.names)
        .peer(server.peer)
}

fn is_folded(field: &uwsgi::Field<'_>) -> bool {
    field.value.contains(&b'\n')
}

/// Encodes a packet whose fields have folds in them, which [`Quirks::OBS_FOLD`](wirekit_http1::Quirks::OBS_FOLD) let in: a
/// proxy replaces "each received obs-fold with one or more SP octets" (RFC 9112 section 5.2). Where there is no room for
/// all of them, the request is refused for their line ends.
#[cold]
fn encode_unfolded(
    server: &UwsgiServer<'_>,
    meta: Meta<'_>,
    fields: &[uwsgi::Field<'_>],
    out: &mut impl BufMut,
) -> Result<usize, uwsgi::EncodeError> {
    let mut storage = [0; MAX_FOLDED_LEN];
    let mut room = &mut storage[..];
    let mut unfolded = [uwsgi::Field::new(b"", b""); MAX_FIELDS];
    for (place, field) in unfolded.iter_mut().zip(fields) {
        *place = *field;
        let len = field.value.len();
        if !is_folded(field) || len > room.len() {
            continue;
        }
        let (value, rest) = room.split_at_mut(len);
        value.copy_from_slice(field.value);
        let mut at = 0;
        while let Some(fold) = value.get_mut(at..) {
            match fold {
                [first @ b'\r', second @ b'\n', ..] => (*first, *second) = (b' ', b' '),
                [first @ b'\n', ..] => *first = b' ',
                _ => {}
            }
            at += 1;
        }
        place.value = value;
        room = rest;
    }
    let unfolded = unfolded.get(..fields.len()).unwrap_or_default();
    build(server, meta, unfolded).encode(out)
}
