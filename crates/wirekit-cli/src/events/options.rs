//! From the command line's options to decoders and encoders.

use wirekit::udp::PseudoHeader;
use wirekit::{http1, uwsgi, websocket};

use super::{Decoder, Encoder, http1 as http, tcp, udp, uwsgi as packets, websocket as frames};
use crate::arguments::{EncodeOptions, ParseOptions, Protocol, Role, Setting};
use crate::io::Failure;

/// The decoder that the options of `parse` ask for.
///
/// # Errors
///
/// [`Failure::Usage`] for an option that the protocol does not have, and for a name or value that it does not know.
pub fn decoder(options: &ParseOptions) -> Result<Box<dyn Decoder>, Failure> {
    check(options)?;
    Ok(match options.protocol {
        Protocol::Tcp => Box::new(tcp::SegmentDecoder::new(pseudo(options))),
        Protocol::Udp => Box::new(udp::DatagramDecoder::new(pseudo(options))),
        Protocol::Http1Request => Box::new(http::RequestDecoder::new(
            http_config(options)?,
            switching(options),
        )),
        Protocol::Http1Response => {
            let method = options.method.as_deref().unwrap_or("GET");
            let method = http1::Method::new(method.as_bytes())
                .ok_or_else(|| Failure::Usage(format!("`{method}` is no method")))?;
            Box::new(http::ResponseDecoder::new(
                http_config(options)?,
                switching(options),
                method,
            ))
        }
        Protocol::Uwsgi => Box::new(packets::PacketDecoder::new(uwsgi_config(options)?)),
        Protocol::Websocket => Box::new(frame_decoder(options)?),
    })
}

/// The encoder that the options of `encode` ask for.
pub fn encoder(options: &EncodeOptions) -> Box<dyn Encoder> {
    match options.protocol {
        Protocol::Tcp => Box::new(tcp::SegmentEncoder),
        Protocol::Udp => Box::new(udp::DatagramEncoder),
        Protocol::Http1Request => Box::new(http::MessageEncoder::requests()),
        Protocol::Http1Response => Box::new(http::MessageEncoder::responses()),
        Protocol::Uwsgi => Box::new(packets::PacketEncoder::default()),
        Protocol::Websocket => Box::new(frames::FrameEncoder::default()),
    }
}

/// An option that the protocol does not have is a mistake, and not passed over.
fn check(options: &ParseOptions) -> Result<(), Failure> {
    use Protocol::{Http1Request, Http1Response, Tcp, Udp, Uwsgi, Websocket};
    let rows: [(bool, &str, &[Protocol]); 8] = [
        (
            !options.limit.is_empty(),
            "--limit",
            &[Http1Request, Http1Response, Websocket],
        ),
        (
            !options.quirk.is_empty(),
            "--quirk",
            &[Http1Request, Http1Response, Uwsgi],
        ),
        (options.method.is_some(), "--method", &[Http1Response]),
        (
            options.accept_switch,
            "--accept-switch",
            &[Http1Request, Http1Response],
        ),
        (options.lenient, "--lenient", &[Uwsgi]),
        (options.role.is_some(), "--role", &[Websocket]),
        (options.deflate.is_some(), "--deflate", &[Websocket]),
        (options.pseudo.is_some(), "--pseudo", &[Tcp, Udp]),
    ];
    for (given, name, protocols) in rows {
        if given && !protocols.contains(&options.protocol) {
            return Err(Failure::Usage(format!("this protocol has no {name}")));
        }
    }
    Ok(())
}

fn pseudo(options: &ParseOptions) -> Option<PseudoHeader> {
    options
        .pseudo
        .and_then(|it| PseudoHeader::new(it.source, it.destination))
}

fn switching(options: &ParseOptions) -> http::Switching {
    match options.accept_switch {
        true => http::Switching::Accepted,
        false => http::Switching::Ignored,
    }
}

fn unknown(what: &str, name: &str, known: impl IntoIterator<Item = &'static str>) -> Failure {
    let known: Vec<_> = known.into_iter().collect();
    Failure::Usage(format!(
        "there is no {what} `{name}`; there are {}",
        known.join(", ")
    ))
}

/// A limit by its name.
type Limit<L> = (&'static str, fn(L, usize) -> L);

const HTTP_LIMITS: [Limit<http1::Limits>; 5] = [
    ("max_head_len", http1::Limits::max_head_len),
    ("max_fields", http1::Limits::max_fields),
    ("max_target_len", http1::Limits::max_target_len),
    (
        "max_chunk_extensions_len",
        http1::Limits::max_chunk_extensions_len,
    ),
    ("max_trailers_len", http1::Limits::max_trailers_len),
];

const WEBSOCKET_LIMITS: [Limit<websocket::Limits>; 3] = [
    ("max_frame_len", |limits, value| {
        limits.max_frame_len(value as u64)
    }),
    ("max_message_len", |limits, value| {
        limits.max_message_len(value as u64)
    }),
    ("max_fragments", |limits, value| {
        limits.max_fragments(u32::try_from(value).unwrap_or(u32::MAX))
    }),
];

/// Sets a limit; whether there is one of that name.
fn set<L: Copy>(limits: &mut L, known: &[Limit<L>], (name, value): (&str, usize)) -> bool {
    let found = known.iter().find(|(known, _)| *known == name);
    if let Some((_, set)) = found {
        *limits = set(*limits, value);
    }
    found.is_some()
}

/// More fields than the tables of this program have room for cannot be asked for.
fn check_fields(limits: &http1::Limits) -> Result<(), Failure> {
    let most = http::MAX_FIELDS;
    match limits.max_fields > most {
        true => Err(Failure::Usage(format!("max_fields is at most {most}"))),
        false => Ok(()),
    }
}

fn http_config(options: &ParseOptions) -> Result<http1::Config, Failure> {
    let mut config = http1::Config::DEFAULT;
    for limit in &options.limit {
        let named = (limit.name.as_str(), limit.value);
        if !set(&mut config.limits, &HTTP_LIMITS, named) {
            let known = HTTP_LIMITS.iter().map(|(name, _)| *name);
            return Err(unknown("limit", &limit.name, known));
        }
    }
    check_fields(&config.limits)?;
    for name in &options.quirk {
        let known = || http1::Quirks::NAMED.iter().map(|&(name, _)| name);
        let quirk =
            http1::Quirks::from_name(name).ok_or_else(|| unknown("quirk", name, known()))?;
        config.quirks = config.quirks.union(quirk);
    }
    Ok(config)
}

/// How the streams of a capture are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) http1: http1::Config,
    pub(crate) uwsgi: uwsgi::server::Config,
    pub(crate) websocket: websocket::Limits,
}

impl Rules {
    /// Those of `--limit` and `--quirk`: each goes to the protocols that have it.
    pub(crate) fn new(
        limits: &[Setting<String, usize>],
        quirks: &[String],
    ) -> Result<Self, Failure> {
        let mut rules = Self {
            http1: http1::Config::DEFAULT,
            uwsgi: uwsgi::server::Config::DEFAULT,
            websocket: websocket::Limits::DEFAULT,
        };
        for limit in limits {
            let named = (limit.name.as_str(), limit.value);
            let is_known = set(&mut rules.http1.limits, &HTTP_LIMITS, named)
                | set(&mut rules.websocket, &WEBSOCKET_LIMITS, named);
            if !is_known {
                let http = HTTP_LIMITS.iter().map(|(name, _)| *name);
                let known = http.chain(WEBSOCKET_LIMITS.iter().map(|(name, _)| *name));
                return Err(unknown("limit", &limit.name, known));
            }
        }
        check_fields(&rules.http1.limits)?;
        for name in quirks {
            let http = http1::Quirks::from_name(name);
            let uwsgi = uwsgi::Quirks::from_name(name);
            if http.is_none() && uwsgi.is_none() {
                let http = http1::Quirks::NAMED.iter().map(|&(name, _)| name);
                let known = http.chain(uwsgi::Quirks::NAMED.iter().map(|&(name, _)| name));
                return Err(unknown("quirk", name, known));
            }
            let (http1, uwsgi) = (&mut rules.http1, (&mut rules.uwsgi, uwsgi));
            http1.quirks = http1.quirks.union(http.unwrap_or(http1::Quirks::NONE));
            let more = uwsgi.1.unwrap_or(uwsgi::Quirks::NONE);
            uwsgi.0.quirks = uwsgi.0.quirks.union(more);
        }
        Ok(rules)
    }
}

fn uwsgi_config(options: &ParseOptions) -> Result<uwsgi::server::Config, Failure> {
    let mut config = if options.lenient {
        uwsgi::server::Config::LENIENT
    } else {
        uwsgi::server::Config::DEFAULT
    };
    for name in &options.quirk {
        let known = || uwsgi::Quirks::NAMED.iter().map(|&(name, _)| name);
        let quirk =
            uwsgi::Quirks::from_name(name).ok_or_else(|| unknown("quirk", name, known()))?;
        config.quirks = config.quirks.union(quirk);
    }
    Ok(config)
}

fn frame_decoder(options: &ParseOptions) -> Result<frames::FrameDecoder, Failure> {
    let role = match options.role.unwrap_or(Role::Server) {
        Role::Server => websocket::Role::Server,
        Role::Client => websocket::Role::Client,
    };
    let mut limits = websocket::Limits::DEFAULT;
    for limit in &options.limit {
        let named = (limit.name.as_str(), limit.value);
        if !set(&mut limits, &WEBSOCKET_LIMITS, named) {
            let known = WEBSOCKET_LIMITS.iter().map(|(name, _)| *name);
            return Err(unknown("limit", &limit.name, known));
        }
    }
    let decoder = frames::FrameDecoder::new(websocket::Config::new(role).limits(limits));
    Ok(match &options.deflate {
        Some(text) => {
            let parameters = frames::deflate_parameters(text).map_err(Failure::Usage)?;
            decoder.with_deflate(parameters)
        }
        None => decoder,
    })
}
