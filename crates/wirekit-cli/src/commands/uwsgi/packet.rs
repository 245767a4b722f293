//! The packet of a request: by the rules of a proxy, then with the caller's own variables in place of its.

use core::net::SocketAddr;

use wirekit::bridge::path::decoded;
use wirekit::uwsgi::request::{Builder, Forwarded, Meta, Names, Prefix};
use wirekit::uwsgi::{Field, Header, Packet, Var};

use super::url::Url;
use crate::arguments::UwsgiOptions;
use crate::io::{Failure, Io};

/// What the command line says about a request.
#[derive(Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) options: &'a UwsgiOptions,
    pub(super) url: &'a Url<'a>,
    pub(super) body_len: u64,
}

impl Request<'_> {
    pub(super) fn method(&self) -> &str {
        let default = if self.options.data.is_some() {
            "POST"
        } else {
            "GET"
        };
        self.options.method.as_deref().unwrap_or(default)
    }

    /// The packet, `client` being our end of the connection, where it has an address.
    pub(super) fn packet(&self, client: Option<SocketAddr>) -> Result<Vec<u8>, Failure> {
        let packet = self.of_proxy(client)?;
        let own = self.own_vars();
        if own.is_empty() {
            return Ok(packet);
        }
        let mut vars: Vec<Var<'_>> = Vec::new();
        if let Some((built, _)) = Packet::parse(&packet) {
            let replaced = |key: &[u8]| own.iter().any(|var| var.key == key);
            let built = built.vars().map_err(|error| usage(&error))?;
            vars.extend(built.into_iter().filter(|var| !replaced(var.key)));
        }
        vars.extend(own);
        let mut with_vars = Vec::new();
        Header::WSGI
            .encode_vars(&vars, &mut with_vars)
            .map_err(|error| usage(&error))?;
        Ok(with_vars)
    }

    /// The variables that stand in place of the proxy's.
    fn own_vars(&self) -> Vec<Var<'_>> {
        let settings = self.options.vars.iter();
        let mut vars: Vec<_> = settings
            .map(|setting| Var::new(setting.name.as_bytes(), setting.value.as_bytes()))
            .collect();
        // RFC 3875 section 4.1.8: the client has an address, also where the socket has none. It is on this machine.
        if self.url.socket().is_some() && !vars.iter().any(|var| var.key == b"REMOTE_ADDR") {
            vars.insert(0, Var::new(b"REMOTE_ADDR", b"127.0.0.1"));
        }
        vars
    }

    /// The packet as a proxy would send it.
    fn of_proxy(&self, client: Option<SocketAddr>) -> Result<Vec<u8>, Failure> {
        let fields = self.fields()?;
        let host = fields
            .iter()
            .find(|field| field.is("host"))
            .map_or(self.url.authority.as_bytes(), |field| field.value);
        let path = self.url.target.split('?').next().unwrap_or_default();
        let path: Vec<u8> = decoded(path.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|error| usage(&error))?;

        let (name, port) = self.url.server();
        let constants = [
            Var::new(b"SERVER_NAME", name.as_bytes()),
            Var::new(b"SERVER_PORT", port.as_bytes()),
            Var::new(b"HTTPS", b"on"),
        ];
        let constants = match constants.split_last() {
            Some((_, others)) if !self.url.is_secure() => others,
            _ => &constants,
        };
        let len = wirekit::uwsgi::vars_len(constants).map_err(|error| usage(&error))?;
        let mut storage = vec![0; len];
        let prefix = Prefix::encode(constants, &mut storage).map_err(|error| usage(&error))?;
        let meta = Meta::new(self.method().as_bytes(), self.url.target.as_bytes())
            .path_info(&path)
            .host(Some(host))
            .remote(client)
            .content_length(self.body_len)
            .forwarded(Forwarded::Pass);
        let mut packet = Vec::new();
        let request = Builder::new(prefix, meta, &fields).names(Names::Refuse);
        request.encode(&mut packet).map_err(|error| usage(&error))?;
        Ok(packet)
    }

    fn fields(&self) -> Result<Vec<Field<'_>>, Failure> {
        let mut fields = Vec::new();
        for line in &self.options.fields {
            let (name, value) = line
                .split_once(':')
                .ok_or_else(|| Failure::Usage(format!("-H {line}: no colon")))?;
            fields.push(Field::new(
                name.as_bytes(),
                value.trim_matches([' ', '\t']).as_bytes(),
            ));
        }
        // What curl says of a body of which its caller says nothing.
        if self.options.data.is_some() && !fields.iter().any(|field| field.is("content-type")) {
            fields.push(Field::new(
                b"Content-Type",
                b"application/x-www-form-urlencoded",
            ));
        }
        Ok(fields)
    }
}

fn usage(error: &dyn core::fmt::Display) -> Failure {
    Failure::Usage(error.to_string())
}

/// The packet, one variable a line, on stderr.
pub(super) fn show(packet: &[u8], io: &mut Io<'_>) -> std::io::Result<()> {
    let Some((packet, len)) = Packet::parse(packet) else {
        return Ok(());
    };
    writeln!(
        io.stderr,
        "> {:?} {}, {len} bytes",
        packet.modifier1(),
        packet.modifier2()
    )?;
    for var in packet.vars().into_iter().flatten() {
        writeln!(
            io.stderr,
            "> {}={}",
            var.key.escape_ascii(),
            var.value.escape_ascii()
        )?;
    }
    Ok(())
}

/// Why uWSGI, with its default configuration, takes no such packet; its own log says so and its answer does not.
pub(super) fn refusals(packet: &[u8]) -> Vec<String> {
    const BUFFER_SIZE: usize = 4096;
    const MAX_VARS: usize = 128;
    let mut refusals = Vec::new();
    let Some((packet, _)) = Packet::parse(packet) else {
        return refusals;
    };
    let size = packet.block().len();
    if size > BUFFER_SIZE {
        refusals.push(format!(
            "the packet has {size} bytes of variables: uWSGI takes {BUFFER_SIZE}, more by its option --buffer-size"
        ));
    }
    let count = packet.vars().into_iter().flatten().count();
    if count > MAX_VARS {
        refusals.push(format!(
            "the packet has {count} variables: uWSGI takes {MAX_VARS}, more by its option --max-vars"
        ));
    }
    refusals
}
