//! What the options ask for, in the shape that the run needs.

use crate::arguments::{Format, InspectOptions, View};
use crate::events::Rules;
use crate::io::Failure;

use super::conversation::application::Application;
use super::conversation::filter::{Filter, Moments, Protocol, Statuses};

/// Connections followed at a time, when nothing else is said.
const MAX_CONNECTIONS: usize = 32_768;
/// Bytes held at a time, when nothing else is said.
const MAX_BUFFERED_LEN: usize = 16 * 1024 * 1024;

/// The settings of a run.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Whether addresses have names.
    pub(crate) names: bool,
    pub(crate) filter: Filter,
    pub(crate) span: Moments,
    /// Overrides recognition.
    pub(crate) decode_as: Vec<(u16, Application)>,
    pub(crate) checksums: Checksums,
    pub(crate) rules: Rules,
    pub(crate) max_connections: usize,
    /// For out-of-order segments, messages that are not whole yet, fragments and text that waits, each.
    pub(crate) max_buffered_len: usize,
}

/// What a bad checksum says of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checksums {
    /// That it was not received, until the peer acknowledges it.
    Verified,
    Ignored,
}

impl Settings {
    pub(crate) fn new(options: &InspectOptions) -> Result<Self, Failure> {
        check(options)?;
        let mut decode_as = Vec::with_capacity(options.decode_as.len());
        for setting in &options.decode_as {
            let application =
                Application::named(&setting.value).ok_or_else(|| unknown(&setting.value, ""))?;
            decode_as.push((setting.name, application));
        }
        let protocol = match options.protocol.as_deref() {
            None => None,
            Some("tcp") => Some(Protocol::Tcp),
            Some("udp") => Some(Protocol::Udp),
            Some(name) => {
                let application =
                    Application::named(name).ok_or_else(|| unknown(name, "tcp, udp, "))?;
                Some(Protocol::Application(application))
            }
        };
        let host = options.host.as_ref().map(|host| host.to_ascii_lowercase());
        let text = options.grep.as_deref().filter(|text| !text.is_empty());
        Ok(Self {
            names: !options.no_names,
            filter: Filter {
                connections: options.connection.iter().copied().collect(),
                port: options.port,
                address: options.address,
                protocol,
                host: host.map(Into::into),
                text: text.map(|text| text.as_bytes().into()),
                status: options.status.as_deref().map(status).transpose()?,
            },
            span: Moments {
                since: options.since,
                until: options.until,
            },
            decode_as,
            rules: Rules::new(&options.limit, &options.quirk)?,
            checksums: match options.ignore_checksums {
                true => Checksums::Ignored,
                false => Checksums::Verified,
            },
            max_connections: options.max_connections.unwrap_or(MAX_CONNECTIONS).max(1),
            max_buffered_len: options.max_buffered.unwrap_or(MAX_BUFFERED_LEN),
        })
    }
}

fn status(text: &str) -> Result<Statuses, Failure> {
    let words = || {
        Failure::Usage(format!(
            "`{text}` is no status: 404, or 4xx for all of them"
        ))
    };
    Statuses::named(text).ok_or_else(words)
}

/// Options that only go together.
fn check(options: &InspectOptions) -> Result<(), Failure> {
    let is_stream = options.view == View::Stream;
    if options.extract.is_some() && options.view == View::Stream {
        let words = "the stream view has no --extract: it writes the bytes itself";
        return Err(Failure::Usage(words.into()));
    }
    if is_stream && (options.host.is_some() || options.grep.is_some()) {
        let words = "the stream view has no --host and no --grep: it shows one connection";
        return Err(Failure::Usage(words.into()));
    }
    let has_exchanges = matches!(options.view, View::Exchanges | View::Journeys | View::Har);
    if options.status.is_some() && !has_exchanges {
        let words = "only the views of exchanges and journeys, and har, have --status";
        return Err(Failure::Usage(words.into()));
    }
    let words = match (options.format, options.from, options.connection.len()) {
        (Format::Hex | Format::Raw, ..) if !is_stream => "only the stream view has this format",
        (_, Some(_), _) if !is_stream => "only the stream view has --from",
        (Format::Raw, None, _) => "the raw format wants --from: which end's bytes?",
        (.., 0 | 2..) if is_stream => "the stream view wants --connection, and one alone",
        _ => return Ok(()),
    };
    Err(Failure::Usage(words.into()))
}

fn unknown(name: &str, more: &str) -> Failure {
    Failure::Usage(format!(
        "`{name}` is none of {more}{}",
        Application::names()
    ))
}
