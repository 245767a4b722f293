//! `wirekit uwsgi`: one request to a uwsgi server.

mod exchange;
mod packet;
mod stream;
#[cfg_attr(not(feature = "suwsgi"), path = "no_tls.rs")]
mod tls;
mod url;

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use wirekit::uwsgi::response::Expectation;

use crate::arguments::UwsgiOptions;
use crate::io::{Failure, Io, Status};
use exchange::Exchange;
use packet::Request;
use stream::{Deadline, Stream, Trust};
use url::Url;

/// Runs `wirekit uwsgi`.
pub(crate) fn run(options: &UwsgiOptions, io: &mut Io<'_>) -> Result<Status, Failure> {
    let url = Url::parse(&options.url)
        .map_err(|reason| Failure::Usage(format!("{}: {reason}", options.url)))?;
    let body = match &options.data {
        Some(data) => body(data, io.stdin)?,
        None => Vec::new(),
    };
    let request = Request {
        options,
        url: &url,
        body_len: body.len() as u64,
    };
    // What is wrong with the request is wrong without a server, too.
    request.packet(None)?;
    let deadline = options.max_time.and_then(Deadline::within);
    let connecting = options.connect_timeout.and_then(Deadline::within);
    let trust = match &options.cacert {
        _ if options.insecure => Trust::Anybody,
        Some(path) => Trust::File(path.clone()),
        None => Trust::System,
    };
    let stream = Stream::connect(&url, trust, Deadline::earlier(connecting, deadline))
        .map_err(|error| Failure::Read(options.url.clone().into(), error))?;
    let packet = request.packet(stream.local_address())?;
    if options.verbose {
        packet::show(&packet, io).map_err(Failure::Write)?;
    }
    let expectation = if request.method() == "HEAD" {
        Expectation::HeadOnly
    } else {
        Expectation::Body
    };
    Exchange {
        packet: &packet,
        body: &body,
        expectation,
        include_head: options.include_head,
        deadline,
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
