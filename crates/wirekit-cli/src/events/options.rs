//! From the command line's options to decoders and encoders.

use wirekit::udp::PseudoHeader;
use wirekit::{http1, uwsgi, websocket};

use super::{Decoder, Encoder, http1 as http, tcp, udp, uwsgi as packets, websocket as frames};
use crate::arguments::{EncodeOptions, ParseOptions, Protocol, Role};
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

fn http_config(options: &ParseOptions) -> Result<http1::Config, Failure> {
    let mut config = http1::Config::DEFAULT;
    for limit in &options.limit {
        let (limits, value) = (config.limits, limit.value);
        config.limits = match limit.name.as_str() {
            "max_head_len" => limits.max_head_len(value),
            "max_fields" if value <= http::MAX_FIELDS => limits.max_fields(value),
            "max_fields" => {
                let most = http::MAX_FIELDS;
                return Err(Failure::Usage(format!("max_fields is at most {most}")));
            }
            "max_target_len" => limits.max_target_len(value),
            "max_chunk_extensions_len" => limits.max_chunk_extensions_len(value),
            "max_trailers_len" => limits.max_trailers_len(value),
            name => {
                let known = [
                    "max_head_len",
                    "max_fields",
                    "max_target_len",
                    "max_chunk_extensions_len",
                    "max_trailers_len",
                ];
                return Err(unknown("limit", name, known));
            }
        };
    }
    for name in &options.quirk {
        let known = || http1::Quirks::NAMED.iter().map(|&(name, _)| name);
        let quirk =
            http1::Quirks::from_name(name).ok_or_else(|| unknown("quirk", name, known()))?;
        config.quirks = config.quirks.union(quirk);
    }
    Ok(config)
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
        let value = limit.value;
        limits = match limit.name.as_str() {
            "max_frame_len" => limits.max_frame_len(value as u64),
            "max_message_len" => limits.max_message_len(value as u64),
            "max_fragments" => limits.max_fragments(u32::try_from(value).unwrap_or(u32::MAX)),
            name => {
                let known = ["max_frame_len", "max_message_len", "max_fragments"];
                return Err(unknown("limit", name, known));
            }
        };
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
