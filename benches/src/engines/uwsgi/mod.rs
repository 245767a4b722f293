//! Workloads of `wirekit-uwsgi`, beside C loops of our own and a naive map of strings.

mod inputs;
mod twins;

use core::hint::black_box;
use std::collections::HashMap;

use wirekit::uwsgi::server::Index;
use wirekit::uwsgi::{Field, Header, Key, Packet, PacketWriter, Vars};

use crate::Workload;
use twins::CField;

/// The 20 keys of the index, in the order of the C loop's numbers.
static KEYS: [Key; 20] = [
    Key::RequestMethod,
    Key::RequestUri,
    Key::PathInfo,
    Key::QueryString,
    Key::ServerProtocol,
    Key::HttpHost,
    Key::ServerName,
    Key::RemoteAddr,
    Key::ContentType,
    Key::ContentLength,
    Key::ScriptName,
    Key::Https,
    Key::UwsgiScheme,
    Key::DocumentRoot,
    Key::HttpCookie,
    Key::HttpUserAgent,
    Key::HttpReferer,
    Key::HttpUpgrade,
    Key::HttpConnection,
    Key::ServerPort,
];

/// The workloads of this codec.
pub fn workloads() -> Vec<Workload> {
    vec![walk(), index(), encode(), request()]
}

/// Applies `operation` to the inputs in rotation and adds up its answers.
fn rotate<T>(inputs: &[T], count: u64, mut operation: impl FnMut(&T) -> u64) -> u64 {
    let mut inputs = inputs.iter().cycle();
    let mut sum = 0_u64;
    for _ in 0..count {
        if let Some(input) = inputs.next() {
            sum = sum.wrapping_add(operation(black_box(input)));
        }
    }
    sum
}

fn block(packet: &[u8]) -> &[u8] {
    Packet::parse(packet).map_or(&[], |(packet, _)| packet.block())
}

fn average(lengths: impl ExactSizeIterator<Item = usize>) -> usize {
    let count = lengths.len().max(1);
    lengths.sum::<usize>() / count
}

/// Every variable of a block, checked on the way.
fn walk() -> Workload {
    let packets = inputs::packets();
    let len = average(packets.iter().map(|packet| block(packet).len()));
    Workload::new("uwsgi/walk/firefox", len)
        .engine("wirekit", {
            let packets = packets.clone();
            move |count| {
                rotate(&packets, count, |packet| {
                    let mut sum = 0_u64;
                    for var in Vars::walk(block(packet)) {
                        let Ok(var) = var else { return u64::MAX };
                        sum += u64::from(var.key.first().copied().unwrap_or_default())
                            + var.value.len() as u64;
                    }
                    sum
                })
            }
        })
        .engine("c", {
            let packets = packets.clone();
            move |count| rotate(&packets, count, |packet| twins::walk(block(packet)))
        })
        .engine("hashmap of strings", move |count| {
            rotate(&packets, count, |packet| {
                let map = naive(block(packet));
                map.iter()
                    .map(|(key, value)| {
                        u64::from(key.as_bytes().first().copied().unwrap_or_default())
                            + value.len() as u64
                    })
                    .sum()
            })
        })
}

/// The values of 20 known keys. `c walk` is the plain loop without an index, for the ratio.
fn index() -> Workload {
    let packets = inputs::packets();
    let len = average(packets.iter().map(|packet| block(packet).len()));
    Workload::new("uwsgi/index/firefox", len)
        .engine("wirekit", {
            let packets = packets.clone();
            move |count| {
                rotate(&packets, count, |packet| {
                    let Some((packet, _)) = Packet::parse(packet) else {
                        return u64::MAX;
                    };
                    let Ok(index) = Index::parse(packet) else {
                        return u64::MAX;
                    };
                    (1..)
                        .zip(&KEYS)
                        .map(|(number, key)| {
                            number * index.get(*key).unwrap_or_default().len() as u64
                        })
                        .sum()
                })
            }
        })
        .engine("c", {
            let packets = packets.clone();
            move |count| rotate(&packets, count, |packet| twins::index(block(packet)))
        })
        .engine("hashmap of strings", {
            let packets = packets.clone();
            move |count| {
                rotate(&packets, count, |packet| {
                    let map = naive(block(packet));
                    (1..)
                        .zip(&KEYS)
                        .map(|(number, key)| {
                            number * map.get(key.as_str()).map_or(0, String::len) as u64
                        })
                        .sum()
                })
            }
        })
        .floor("c walk", move |count| {
            rotate(&packets, count, |packet| twins::walk(block(packet)))
        })
}

/// 13 fields as variables.
fn encode() -> Workload {
    let requests = inputs::requests();
    let len = average(requests.iter().map(|fields| {
        fields
            .iter()
            .map(|field| field.name.len() + field.value.len())
            .sum()
    }));
    let digest = |out: &[u8]| out.len() as u64 + u64::from(out.last().copied().unwrap_or_default());
    Workload::new("uwsgi/encode/firefox", len)
        .engine("wirekit", {
            let requests = requests.clone();
            let mut out = vec![0; 4096];
            move |count| {
                rotate(&requests, count, |fields| {
                    let mut writer = PacketWriter::new(&mut out);
                    for field in fields {
                        if writer.put_field(*field).is_err() {
                            return u64::MAX;
                        }
                    }
                    let len = writer.finish(Header::WSGI).unwrap_or_default();
                    digest(black_box(out.get(4..len).unwrap_or_default()))
                })
            }
        })
        .engine("c", {
            let requests: Vec<Vec<CField>> = requests
                .iter()
                .map(|fields| fields.iter().copied().map(CField::of).collect())
                .collect();
            let mut out = vec![0; 4096];
            move |count| {
                rotate(&requests, count, |fields| {
                    let len = twins::encode(fields, &mut out);
                    digest(black_box(out.get(..len).unwrap_or_default()))
                })
            }
        })
        .engine("format and replace", move |count| {
            rotate(&requests, count, |fields| {
                let mut out = Vec::new();
                for field in fields {
                    let name = String::from_utf8_lossy(field.name)
                        .to_uppercase()
                        .replace('-', "_");
                    let name = format!("HTTP_{name}");
                    out.extend_from_slice(&(name.len() as u16).to_le_bytes());
                    out.extend_from_slice(name.as_bytes());
                    out.extend_from_slice(&(field.value.len() as u16).to_le_bytes());
                    out.extend_from_slice(field.value);
                }
                digest(&out)
            })
        })
}

/// A whole request by every rule of the boundary. No peer has the rules; the figure stands for itself.
fn request() -> Workload {
    use wirekit::uwsgi::request::{Builder, Meta, Prefix};

    let requests = inputs::requests();
    let constants = b"\x0b\0SERVER_NAME\x07\0example\x0b\0SERVER_PORT\x02\x0080";
    let mut out = vec![0; 4096];
    Workload::new("uwsgi/request/firefox", 900).engine("wirekit", move |count| {
        let Ok(prefix) = Prefix::from_block(constants) else {
            return u64::MAX;
        };
        rotate(&requests, count, |fields| {
            let meta = Meta::get(b"/polls/1/?page=2").host(Some(b"127.0.0.1"));
            let request = Builder::new(prefix, meta, fields);
            request
                .encode_to_slice(&mut out)
                .map_or(u64::MAX, |len| len as u64)
        })
    })
}

fn naive(block: &[u8]) -> HashMap<String, String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Vars::walk(block)
        .map_while(Result::ok)
        .map(|var| (text(var.key), text(var.value)))
        .collect()
}

/// The fields as the encoders take them.
type Fields = Vec<Field<'static>>;
