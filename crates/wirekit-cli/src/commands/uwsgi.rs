//! `wirekit uwsgi`: one request to a uwsgi server.

mod exchange;
mod url;

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use wirekit::bridge::uwsgi::path_info;
use wirekit::uwsgi::request::{Forwarded, Meta, Names, Prefix, RequestBuilder};
use wirekit::uwsgi::response::Expectation;
use wirekit::uwsgi::{Field, Header, Packet, Var};

use crate::arguments::UwsgiOptions;
use crate::io::{Failure, Io, Status};
use exchange::Exchange;
use url::Url;

/// Runs `wirekit uwsgi`.
pub(crate) fn run(options: &UwsgiOptions, io: &mut Io<'_>) -> Result<Status, Failure> {
    let url = Url::parse(&options.url)
        .map_err(|reason| Failure::Usage(format!("{}: {reason}", options.url)))?;
    let body = match &options.data {
        Some(data) => body(data, io.stdin)?,
        None => Vec::new(),
    };
    let default = if options.data.is_some() {
        "POST"
    } else {
        "GET"
    };
    let method = options.method.as_deref().unwrap_or(default);
    let packet = packet(options, &url, method, body.len() as u64)?;
    if options.verbose {
        show(&packet, io).map_err(Failure::Write)?;
    }
    let expectation = if method == "HEAD" {
        Expectation::HeadOnly
    } else {
        Expectation::Body
    };
    let stream = url
        .connect()
        .map_err(|error| Failure::Read(options.url.clone().into(), error))?;
    Exchange {
        packet: &packet,
        body: &body,
        expectation,
        include_head: options.include_head,
    }
    .run(stream, io)
}

/// The bytes behind `-d`: the text itself, or a file's behind `@`.
fn body(data: &OsStr, stdin: &mut dyn Read) -> Result<Vec<u8>, Failure> {
    let bytes = data.as_encoded_bytes();
    let Some(path) = data.to_str().and_then(|text| text.strip_prefix('@')) else {
        return Ok(bytes.to_vec());
    };
    let mut content = Vec::new();
    let read = match path {
        "-" => stdin.read_to_end(&mut content),
        path => File::open(path).and_then(|mut file| file.read_to_end(&mut content)),
    };
    read.map_err(|error| Failure::Read(Path::new(path).into(), error))?;
    Ok(content)
}

/// The request's packet: by the rules of a proxy, then with the caller's own variables in place of its.
fn packet(
    options: &UwsgiOptions,
    url: &Url<'_>,
    method: &str,
    body_len: u64,
) -> Result<Vec<u8>, Failure> {
    let usage = |error: &dyn core::fmt::Display| Failure::Usage(error.to_string());
    let mut fields = Vec::new();
    for line in &options.fields {
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| Failure::Usage(format!("-H {line}: no colon")))?;
        fields.push(Field::new(
            name.as_bytes(),
            value.trim_matches([' ', '\t']).as_bytes(),
        ));
    }
    // What curl says of a body of which its caller says nothing.
    if options.data.is_some() && !fields.iter().any(|field| field.is("content-type")) {
        fields.push(Field::new(
            b"Content-Type",
            b"application/x-www-form-urlencoded",
        ));
    }
    let host = fields
        .iter()
        .find(|field| field.is("host"))
        .map_or(url.authority.as_bytes(), |field| field.value);
    let path = url.target.split('?').next().unwrap_or_default();
    let path = path_info(path.as_bytes())
        .ok_or_else(|| Failure::Usage("broken percent-encoding in the path".into()))?;

    let (name, port) = url.server();
    let constants = [
        Var::new(b"SERVER_NAME", name.as_bytes()),
        Var::new(b"SERVER_PORT", port.as_bytes()),
    ];
    let mut storage = vec![0; wirekit::uwsgi::vars_len(&constants).map_err(|error| usage(&error))?];
    let prefix = Prefix::encode(&constants, &mut storage).map_err(|error| usage(&error))?;
    let meta = Meta::new(method.as_bytes(), url.target.as_bytes())
        .path_info(&path)
        .host(Some(host))
        .content_length(body_len)
        .forwarded(Forwarded::Pass);
    let mut packet = Vec::new();
    let request = RequestBuilder::new(prefix, meta, &fields).names(Names::Refuse);
    request.encode(&mut packet).map_err(|error| usage(&error))?;
    if options.vars.is_empty() {
        return Ok(packet);
    }

    let mut vars: Vec<Var<'_>> = Vec::new();
    if let Some((built, _)) = Packet::parse(&packet) {
        let replaced = |key: &[u8]| {
            options
                .vars
                .iter()
                .any(|setting| setting.name.as_bytes() == key)
        };
        vars.extend(
            built
                .vars()
                .map_err(|error| usage(&error))?
                .into_iter()
                .filter(|var| !replaced(var.key)),
        );
    }
    vars.extend(
        options
            .vars
            .iter()
            .map(|setting| Var::new(setting.name.as_bytes(), setting.value.as_bytes())),
    );
    let mut with_vars = Vec::new();
    Header::WSGI
        .encode_vars(&vars, &mut with_vars)
        .map_err(|error| usage(&error))?;
    Ok(with_vars)
}

/// The packet, one variable a line, on stderr.
fn show(packet: &[u8], io: &mut Io<'_>) -> std::io::Result<()> {
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
