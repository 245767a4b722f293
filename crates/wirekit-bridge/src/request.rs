use core::net::SocketAddr;

use wirekit_http::field::{Classes, Name, classify};
use wirekit_http::forwarded::{Element, Node};
use wirekit_http::{ConnectionOptions, ShortText, Value, via};
use wirekit_http1::{self as http1, Field, RequestHead};
use wirekit_uwsgi::request::{Names, Peer, Prefix};
use wirekit_uwsgi::{Header, Var};

use crate::error::Refusal;

/// Where a request goes (RFC 9110 section 7.6). The example of [`Exchange`](crate::Exchange) asks a server of HTTP/1.1, that of
/// [`Refusal`](crate::Refusal) an application.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Upstream<'a> {
    /// An application behind a uwsgi server. Between two requests its connection has no state.
    Uwsgi(UwsgiServer<'a>),
    /// A server of HTTP/1.1, over this connection: a new one, or one that [serves again](crate::Exchange::take_upstream).
    Http1(http1::client::Connection),
}

/// What is sent to a uwsgi server with every request, and what it accepts.
///
/// ```
/// use wirekit_bridge::UwsgiServer;
/// use wirekit_uwsgi::Var;
/// use wirekit_uwsgi::request::{Peer, Prefix};
///
/// let mut storage = [0; 128];
/// let constants = [Var::new(b"SERVER_NAME", b"shop.example"), Var::new(b"SERVER_PORT", b"443"), Var::new(b"HTTPS", b"on")];
/// let user = [Var::new(b"REMOTE_USER", b"ann")]; // for this request
/// let server = UwsgiServer::new(Prefix::encode(&constants, &mut storage)?)
///     .peer(Peer::UWSGI.max_size(32_768)) // uwsgi --buffer-size 32768
///     .vars(&user);
/// assert_eq!(server.peer.max_vars, 128);
/// # Ok::<(), wirekit_uwsgi::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct UwsgiServer<'a> {
    /// The constants, among them SERVER_NAME and SERVER_PORT.
    pub prefix: Prefix<'a>,
    /// Variables for this request alone, such as REMOTE_USER.
    pub vars: &'a [Var<'a>],
    /// The modifiers.
    pub header: Header,
    /// The largest packet.
    pub peer: Peer,
    /// What happens to names that are not safe to pass on.
    pub names: Names,
    /// How its responses are read.
    pub config: http1::Config,
}

impl<'a> UwsgiServer<'a> {
    /// A WSGI server that gets these constants, and accepts what uWSGI accepts unless configured otherwise.
    pub const fn new(prefix: Prefix<'a>) -> Self {
        Self {
            prefix,
            vars: &[],
            header: Header::WSGI,
            peer: Peer::UWSGI,
            names: Names::Drop,
            config: http1::Config::DEFAULT,
        }
    }

    /// Sets [`vars`](Self::vars).
    #[must_use]
    pub const fn vars(self, vars: &'a [Var<'a>]) -> Self {
        Self { vars, ..self }
    }

    /// Sets [`peer`](Self::peer).
    #[must_use]
    pub const fn peer(self, peer: Peer) -> Self {
        Self { peer, ..self }
    }

    /// Sets [`header`](Self::header).
    #[must_use]
    pub const fn header(self, header: Header) -> Self {
        Self { header, ..self }
    }

    /// Sets [`names`](Self::names).
    #[must_use]
    pub const fn names(self, names: Names) -> Self {
        Self { names, ..self }
    }

    /// Sets [`config`](Self::config).
    #[must_use]
    pub const fn config(self, config: http1::Config) -> Self {
        Self { config, ..self }
    }
}

/// By which fields a gateway says whom it forwards for: RFC 7239 section 4, or those that were there before it. The example
/// of [`Request`] sets it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ForwardedForm {
    /// `X-Forwarded-For`, `-Proto` and `-Host`, which applications read, uWSGI among them.
    #[default]
    X,
    /// `Forwarded`, which RFC 7239 has instead.
    Standard,
    /// Either.
    Both,
}

/// What becomes of `Forwarded` (RFC 7239 section 4), `X-Forwarded-*` and their like. The example of [`Request`] sets it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Forwarded {
    /// What the client says is dropped, and the fields of [`ForwardedForm`] say what the gateway knows.
    #[default]
    Overwrite,
    /// The client is a trusted proxy: its fields pass, in either form, and its address is appended in the form that the
    /// gateway writes.
    Append,
    /// Dropped, and nothing is said.
    Drop,
}

/// What a gateway says of the client, and changes of its request: RFC 9110 section 7.6.
///
/// ```
/// use wirekit_bridge::{Config, Exchange, Forwarded, ForwardedForm, Request, Upstream};
/// use wirekit_http1::{self as http1, Field, FieldTable, client, server::Event};
///
/// let added = [Field::new("X-Request-ID", "7f3a")];
/// let request = Request::new("https")
///     .remote(([203, 0, 113, 9], 40_000).into()) // the other end of the client's connection
///     .forwarded(Forwarded::Overwrite)
///     .forwarded_form(ForwardedForm::Standard)
///     .remove(&["X-Debug"])
///     .add(&added);
///
/// let (mut exchange, mut fields, mut to_server) = (Exchange::new(Config::DEFAULT), FieldTable::new(), Vec::new());
/// let input = b"GET / HTTP/1.1\r\nHost: a.example\r\nX-Debug: 1\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n";
/// let Some((Event::Head { head, .. }, _)) = exchange.receive_request(input, &mut fields)? else { panic!() };
/// let server = Upstream::Http1(client::Connection::new(http1::Config::DEFAULT));
/// exchange.send_request(&head, server, &request, &mut to_server)?;
/// let sent = String::from_utf8(to_server)?;
/// assert!(sent.contains("\r\nForwarded: ") && sent.contains("for=203.0.113.9") && sent.contains("proto=https"));
/// assert!(sent.contains("\r\nX-Request-ID: 7f3a\r\n"));
/// assert!(!sent.contains("X-Debug") && !sent.contains("10.0.0.1"));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Request<'a> {
    /// `http` or `https`: how the client is connected.
    pub scheme: &'a str,
    /// The address of the other end of the connection.
    pub remote: Option<SocketAddr>,
    /// The client's address, where it is not at the other end but behind a proxy there that is trusted: what an application
    /// gets as `REMOTE_ADDR`. Without its port, which such a proxy seldom says, that is 0.
    pub client: Option<SocketAddr>,
    /// What becomes of the fields that say whom the request is from.
    pub forwarded: Forwarded,
    /// By which fields the gateway says the same.
    pub forwarded_form: ForwardedForm,
    /// The name that the gateway has in `Via`, which "an HTTP-to-HTTP gateway MUST send" (RFC 9110 section 7.6.3): a host
    /// with or without a port, or a pseudonym, of at most 276 bytes.
    pub via: Option<&'a str>,
    /// Names of fields that go no further.
    pub remove: &'a [&'a str],
    /// Fields that are added behind those of the client.
    pub add: &'a [Field<'a>],
    /// The one protocol that a client may switch to; every other upgrade is not passed on, as `h2c` would open a way past
    /// every rule.
    pub upgrade: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// What is said over a connection of this scheme; WebSockets may be opened.
    pub const fn new(scheme: &'a str) -> Self {
        Self {
            scheme,
            remote: None,
            client: None,
            forwarded: Forwarded::Overwrite,
            forwarded_form: ForwardedForm::X,
            via: None,
            remove: &[],
            add: &[],
            upgrade: Some("websocket"),
        }
    }

    /// Sets [`remote`](Self::remote).
    #[must_use]
    pub const fn remote(self, remote: SocketAddr) -> Self {
        Self {
            remote: Some(remote),
            ..self
        }
    }

    /// Sets [`client`](Self::client).
    #[must_use]
    pub const fn client(self, client: SocketAddr) -> Self {
        Self {
            client: Some(client),
            ..self
        }
    }

    /// Sets [`forwarded`](Self::forwarded).
    #[must_use]
    pub const fn forwarded(self, forwarded: Forwarded) -> Self {
        Self { forwarded, ..self }
    }

    /// Sets [`forwarded_form`](Self::forwarded_form).
    #[must_use]
    pub const fn forwarded_form(self, forwarded_form: ForwardedForm) -> Self {
        Self {
            forwarded_form,
            ..self
        }
    }

    /// Sets [`via`](Self::via).
    #[must_use]
    pub const fn via(self, name: &'a str) -> Self {
        Self {
            via: Some(name),
            ..self
        }
    }

    /// Sets [`remove`](Self::remove).
    #[must_use]
    pub const fn remove(self, remove: &'a [&'a str]) -> Self {
        Self { remove, ..self }
    }

    /// Sets [`add`](Self::add).
    #[must_use]
    pub const fn add(self, add: &'a [Field<'a>]) -> Self {
        Self { add, ..self }
    }

    /// Sets [`upgrade`](Self::upgrade).
    #[must_use]
    pub const fn upgrade(self, protocol: Option<&'a str>) -> Self {
        Self {
            upgrade: protocol,
            ..self
        }
    }

    /// The protocol to switch to, where the client offers it.
    pub(crate) fn offered(&self, head: &RequestHead<'_>) -> Option<&'a str> {
        let protocol = self.upgrade?;
        let mut offers = head
            .fields()
            .into_iter()
            .filter(|field| Name::Upgrade.is(field.name));
        offers
            .any(|field| {
                field
                    .members()
                    .any(|offer| offer.eq_ignore_ascii_case(protocol.as_bytes()))
            })
            .then_some(protocol)
    }

    /// The client's fields that go to the server, then those that the gateway adds.
    pub(crate) fn fields<'f>(
        &'f self,
        head: &RequestHead<'f>,
        options: &'f ConnectionOptions<'f>,
        texts: &'f Texts,
        host: &'f str,
    ) -> impl Iterator<Item = Field<'f>> + Clone + use<'f> {
        let passes = head
            .fields()
            .into_iter()
            .filter(move |field| options.is_end_to_end(field.name) && self.passes(field));
        let has = {
            let fields = head.fields();
            move |name: Name| fields.iter().any(|field| name.is(field.name))
        };
        let keeps = self.forwarded == Forwarded::Append;
        let says = self.forwarded != Forwarded::Drop;
        let says_x = says && self.forwarded_form != ForwardedForm::Standard;
        let known = [
            ("X-Forwarded-For", texts.remote.as_bytes(), says_x),
            (
                "X-Forwarded-Proto",
                self.scheme.as_bytes(),
                says_x && !(keeps && has(Name::XForwardedProto)),
            ),
            (
                "X-Forwarded-Host",
                host.as_bytes(),
                says_x && !(keeps && has(Name::XForwardedHost)),
            ),
            ("Forwarded", texts.forwarded.as_bytes(), says),
            ("Via", texts.via.as_bytes(), true),
        ];
        let said = known
            .into_iter()
            .filter(|(_, value, is_said)| *is_said && !value.is_empty())
            .map(|(name, value, _)| Field::new(name, value));
        passes.chain(said).chain(self.add.iter().copied())
    }

    fn passes(&self, field: &Field<'_>) -> bool {
        let (name, classes) = classify(field.name);
        let is_own = matches!(
            name,
            Some(Name::Host | Name::ContentLength | Name::TransferEncoding | Name::Expect)
        ) || classes.intersects(Classes::PROXY)
            // Would become HTTP_PROXY, which HTTP clients inside applications read as their own setting.
            || field.is_named("proxy");
        let is_hidden = classes.contains(Classes::FORWARDED) && self.forwarded != Forwarded::Append;
        !is_own && !is_hidden && !self.remove.iter().any(|name| field.is_named(name))
    }
}

/// The options of a request's `Connection`.
pub(crate) fn options<'a>(head: &RequestHead<'a>) -> Result<ConnectionOptions<'a>, Refusal> {
    let mut options = ConnectionOptions::new();
    for field in head.fields().iter() {
        if Name::Connection.is(field.name) {
            options
                .add(field.value)
                .map_err(|error| Refusal::Connection { error })?;
        }
    }
    Ok(options)
}

/// The texts of the fields that the gateway adds.
pub(crate) struct Texts {
    remote: ShortText,
    forwarded: Text<400>,
    via: Text<280>,
}

impl Texts {
    pub(crate) const EMPTY: Self = Self {
        remote: ShortText::EMPTY,
        forwarded: Text::new(),
        via: Text::new(),
    };

    /// Writes them where they are: there is too much room in them to be moved.
    pub(crate) fn write(
        &mut self,
        request: &Request<'_>,
        version: http1::Version,
        host: &str,
    ) -> Result<(), Refusal> {
        let address = request.remote.map(|remote| remote.ip().to_canonical());
        if let Some(address) = address {
            self.remote = ShortText::of_address(address);
        }
        if request.forwarded != Forwarded::Drop && request.forwarded_form != ForwardedForm::X {
            let element = Element {
                for_node: address.map(Node::from),
                host: (!host.is_empty()).then_some(Value::new(host.as_bytes())),
                proto: Some(Value::new(request.scheme.as_bytes())),
                ..Element::EMPTY
            };
            self.forwarded.len = element
                .encode_to_slice(&mut self.forwarded.bytes)
                .map_err(|error| Refusal::Field { error })?;
        }
        if let Some(name) = request.via {
            let version = match version.minor() {
                0 => "1.0",
                _ => "1.1",
            };
            self.via.len = via::Member::new(version, name)
                .encode_to_slice(&mut self.via.bytes)
                .map_err(|error| Refusal::Field { error })?;
        }
        Ok(())
    }
}

struct Text<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Text<N> {
    const fn new() -> Self {
        Self {
            bytes: [0; N],
            len: 0,
        }
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}
