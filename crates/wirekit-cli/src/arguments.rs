//! The command line as `clap` reads it; the contract of every option is in the README.

use core::net::IpAddr;
use core::str::FromStr;
use core::time::Duration;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// TCP, UDP, HTTP/1.1, uwsgi and WebSocket: captures read, bytes parsed and encoded.
#[derive(Clone, Debug, Parser)]
#[command(name = "wirekit", version, arg_required_else_help = true)]
#[non_exhaustive]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Clone, Debug, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Tell the layered story of a capture.
    Inspect(InspectOptions),
    /// Print the events of a protocol's bytes, one JSON object a line.
    Parse(ParseOptions),
    /// Write the bytes of the JSON events on stdin.
    Encode(EncodeOptions),
    /// Send one request to a uwsgi server.
    Uwsgi(UwsgiOptions),
}

/// Options of `wirekit inspect`.
#[derive(Args, Clone, Debug)]
#[non_exhaustive]
pub struct InspectOptions {
    /// The capture (pcap or pcapng, gzipped or not; `-` is stdin); without it, the built-in sample.
    pub capture: Option<PathBuf>,
    /// What to show.
    #[arg(long, value_enum, default_value_t = View::Story)]
    pub view: View,
    /// How to show it; the html view is always a page.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Of the stream view: what this end sent alone.
    #[arg(long, value_enum)]
    pub from: Option<End>,
    /// Keep only these connections, by the numbers that the other views print.
    #[arg(long, value_name = "N,..", value_delimiter = ',')]
    pub connection: Vec<u64>,
    /// Keep only connections with this address at either end.
    #[arg(long, value_name = "ADDRESS")]
    pub address: Option<IpAddr>,
    /// Keep only connections for this host: by Host, by TLS's server name, or by the name that the capture's DNS gave an address.
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// Keep only connections with this text in a message.
    #[arg(long, value_name = "TEXT")]
    pub grep: Option<String>,
    /// Show addresses alone, without the names that the capture's DNS gave them.
    #[arg(long)]
    pub no_names: bool,
    /// Of exchanges and journeys: keep only those with this status, or with one of a class.
    #[arg(long, value_name = "CODE|Nxx")]
    pub status: Option<String>,
    /// Keep only what happened from then on: seconds from the first packet, or a time as RFC 3339 writes it.
    #[arg(long, value_name = "TIME")]
    pub since: Option<Moment>,
    /// Keep only what happened up to then.
    #[arg(long, value_name = "TIME")]
    pub until: Option<Moment>,
    /// Keep only connections that speak this protocol.
    #[arg(long, value_name = "NAME")]
    pub protocol: Option<String>,
    /// Keep only connections with this port at either end.
    #[arg(long, value_name = "N")]
    pub port: Option<u16>,
    /// Read the streams of a port as this protocol, whatever they look like.
    #[arg(long, value_name = "PORT=PROTOCOL")]
    pub decode_as: Vec<Setting<u16, String>>,
    /// Tolerate a deviation in the protocols that have it.
    #[arg(long, value_name = "NAME")]
    pub quirk: Vec<String>,
    /// Set a limit of the protocols that have it.
    #[arg(long, value_name = "NAME=N")]
    pub limit: Vec<Setting<String, usize>>,
    /// Believe every segment, whatever its checksum says.
    #[arg(long)]
    pub ignore_checksums: bool,
    /// At most this many connections are followed at a time.
    #[arg(long, value_name = "N")]
    pub max_connections: Option<usize>,
    /// At most this many bytes are held back for streams that wait for a lost segment.
    #[arg(long, value_name = "BYTES")]
    pub max_buffered: Option<usize>,
    /// Also write what messages and streams carried into this folder, which must be empty or new; its index.jsonl has a
    /// line a file.
    #[arg(long, value_name = "DIR")]
    pub extract: Option<PathBuf>,
    /// Leave content that is extracted in its codings.
    #[arg(long, requires = "extract")]
    pub keep_codings: bool,
    /// Write to this file, not to stdout.
    #[arg(short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What `inspect` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum View {
    /// One section a connection.
    Story,
    /// One row a connection.
    Connections,
    /// One row a packet.
    Packets,
    /// One row a request with its answer.
    Exchanges,
    /// The bytes of the connection that `--connection` names.
    Stream,
    /// The requests that came from outside, each with those that it caused.
    Journeys,
    /// One self-contained page with a ladder diagram a connection.
    Html,
    /// The HTTP exchanges as HAR 1.2.
    Har,
}

/// How `inspect` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum Format {
    /// For people.
    Text,
    /// JSON Lines.
    Json,
    /// The stream view's bytes as hexadecimal digits.
    Hex,
    /// The stream view's bytes as they are.
    Raw,
}

/// An end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(clippy::exhaustive_enums, reason = "a connection has two ends")]
pub enum End {
    /// Who opened it.
    Client,
    /// The other one.
    Server,
}

/// Options of `wirekit parse`.
#[derive(Args, Clone, Debug)]
#[non_exhaustive]
pub struct ParseOptions {
    /// The protocol of the bytes.
    #[arg(value_enum)]
    pub protocol: Protocol,
    /// The bytes (`-` or nothing: stdin).
    pub file: Option<PathBuf>,
    /// The input is hexadecimal text; white space is ignored.
    #[arg(long)]
    pub hex: bool,
    /// Feed this many bytes at a time; the events are the same.
    #[arg(long, value_name = "N")]
    pub split: Option<core::num::NonZeroUsize>,
    /// Set a limit of the protocol.
    #[arg(long, value_name = "NAME=N")]
    pub limit: Vec<Setting<String, usize>>,
    /// Tolerate a deviation from the protocol.
    #[arg(long, value_name = "NAME")]
    pub quirk: Vec<String>,
    /// http1-response: the method of the requests that are answered; GET if not said.
    #[arg(long, value_name = "M")]
    pub method: Option<String>,
    /// http1: CONNECT or an upgrade ends HTTP.
    #[arg(long)]
    pub accept_switch: bool,
    /// uwsgi: read var blocks as uWSGI's own parser does.
    #[arg(long)]
    pub lenient: bool,
    /// websocket: the role of the reader; server if not said.
    #[arg(long, value_enum)]
    pub role: Option<Role>,
    /// websocket: the negotiated permessage-deflate parameters, as in Sec-WebSocket-Extensions.
    #[arg(long, value_name = "PARAMETERS")]
    pub deflate: Option<String>,
    /// tcp, udp: the addresses by which the checksum is verified.
    #[arg(long, value_name = "SOURCE,DESTINATION")]
    pub pseudo: Option<Addresses>,
}

/// Options of `wirekit encode`.
#[derive(Args, Clone, Debug)]
#[non_exhaustive]
pub struct EncodeOptions {
    /// The protocol of the events.
    #[arg(value_enum)]
    pub protocol: Protocol,
}

/// Options of `wirekit uwsgi`.
#[derive(Args, Clone, Debug)]
#[non_exhaustive]
pub struct UwsgiOptions {
    /// `uwsgi://HOST:PORT/PATH`, `suwsgi://HOST:PORT/PATH` or `uwsgi+unix:///SOCKET:/PATH`.
    pub url: String,
    /// The request's method; GET, or POST with `-d`.
    #[arg(short = 'X', value_name = "METHOD")]
    pub method: Option<String>,
    /// A field of the request, `Name: value`.
    #[arg(short = 'H', value_name = "FIELD")]
    pub fields: Vec<String>,
    /// The request's body, or `@FILE`.
    #[arg(short = 'd', value_name = "DATA")]
    pub data: Option<std::ffi::OsString>,
    /// A further uwsgi variable, or another value of one.
    #[arg(long = "var", value_name = "KEY=VALUE")]
    pub vars: Vec<Setting<String, String>>,
    /// The connection must be there within so many seconds; 0 is no bound.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub connect_timeout: Option<Duration>,
    /// The whole answer must be there within so many seconds; 0 is no bound.
    #[arg(short = 'm', long, value_name = "SECONDS", value_parser = seconds)]
    pub max_time: Option<Duration>,
    /// suwsgi: believe the certificates that those in this file vouch for, and no others.
    #[arg(long, value_name = "FILE")]
    pub cacert: Option<PathBuf>,
    /// suwsgi: believe every certificate.
    #[arg(short = 'k', long)]
    pub insecure: bool,
    /// Print the response's head too.
    #[arg(short = 'i')]
    pub include_head: bool,
    /// Print the packet on stderr.
    #[arg(short = 'v')]
    pub verbose: bool,
}

/// A moment of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Moment {
    /// So long after its first packet.
    FromStart(Duration),
    /// So long after 1970 began, in UTC.
    At(Duration),
}

impl FromStr for Moment {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(seconds) = text.parse() {
            let span = Duration::try_from_secs_f64(seconds).map_err(|_| "no such time")?;
            return Ok(Self::FromStart(span));
        }
        let words = "neither a number of seconds nor a time as 2026-01-31T09:30:00Z";
        let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| words)?;
        let nanoseconds = u64::try_from(time.unix_timestamp_nanos()).map_err(|_| "no such time")?;
        Ok(Self::At(Duration::from_nanos(nanoseconds)))
    }
}

/// A time in seconds, with a fraction or without; 0 is the longest that there is.
fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.parse().map_err(|_| "no number of seconds")?;
    let span = Duration::try_from_secs_f64(seconds).map_err(|_| "no such time")?;
    Ok(if span.is_zero() { Duration::MAX } else { span })
}

/// A protocol that `parse` and `encode` know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum Protocol {
    /// One TCP segment.
    Tcp,
    /// One UDP datagram.
    Udp,
    /// What an HTTP/1.1 client sends.
    Http1Request,
    /// What an HTTP/1.1 server sends.
    Http1Response,
    /// uwsgi packets with the bodies that follow them.
    Uwsgi,
    /// One direction of a WebSocket connection after its handshake.
    Websocket,
}

/// The end of a WebSocket connection that reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(clippy::exhaustive_enums, reason = "RFC 6455 has two roles")]
pub enum Role {
    /// Reads what a client sends: masked frames.
    Server,
    /// Reads what a server sends: frames that are not masked.
    Client,
}

/// `NAME=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a pair is a pair")]
pub struct Setting<N, V> {
    /// What stands before the first equals sign.
    pub name: N,
    /// What stands after it.
    pub value: V,
}

impl<N: FromStr, V: FromStr> FromStr for Setting<N, V> {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text.split_once('=').ok_or("an equals sign is missing")?;
        Ok(Self {
            name: name
                .parse()
                .map_err(|_| "what stands before the equals sign is no such name")?,
            value: value
                .parse()
                .map_err(|_| "what stands after the equals sign is no such value")?,
        })
    }
}

/// Source and destination of a pseudo-header, of one address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a pseudo-header has two addresses"
)]
pub struct Addresses {
    /// The sender.
    pub source: IpAddr,
    /// The receiver.
    pub destination: IpAddr,
}

impl FromStr for Addresses {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (source, destination) = text.split_once(',').ok_or("a comma is missing")?;
        let source: IpAddr = source.parse().map_err(|_| "the source is no address")?;
        let destination: IpAddr = destination
            .parse()
            .map_err(|_| "the destination is no address")?;
        if source.is_ipv4() != destination.is_ipv4() {
            return Err("the addresses are of two families");
        }
        Ok(Self {
            source,
            destination,
        })
    }
}
