//! A chunked body of 1 MiB in one piece: the content as spans, and copied out.
//!
//! Of large chunks nearly all the time is the copy itself, which no decoder can shorten: the floor says how much.

#![expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the inputs are made here, and a wrong answer stops the run"
)]

use core::hint::black_box;
use std::rc::Rc;

use picohttpparser_sys::{phr_chunked_decoder, phr_decode_chunked};
use wirekit::http1::{Chunked, ChunkedDecoder, Config};

use crate::Workload;

const BODY_LEN: usize = 1 << 20;

/// Spans and copies of bodies with large, small equal, and random chunks.
pub(super) fn workloads() -> Vec<Workload> {
    let inputs = [
        ("4096", chunked(|_| 4096)),
        ("16", chunked(|_| 16)),
        ("random-1-200", chunked(|random| 1 + random % 200)),
    ];
    inputs
        .into_iter()
        .flat_map(|(name, wire)| [spans(name, wire.clone().into()), copies(name, wire.into())])
        .collect()
}

/// A body of [`BODY_LEN`] bytes in chunks of the lengths that `chunk_len` makes of random numbers.
fn chunked(chunk_len: impl Fn(u64) -> u64) -> Vec<u8> {
    let mut wire = Vec::new();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut left = BODY_LEN;
    while left > 0 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let len = (chunk_len(random >> 20) as usize).min(left);
        wire.extend(format!("{len:x}\r\n").into_bytes());
        wire.extend((0..len).map(|index| b'a' + (index % 26) as u8));
        wire.extend(b"\r\n");
        left -= len;
    }
    wire.extend(b"0\r\n\r\n");
    wire
}

/// Where each piece of content lies: its length and address go into the digest.
fn spans(name: &str, wire: Rc<[u8]>) -> Workload {
    let digest = |wire: &[u8], data: &[u8]| {
        (data.as_ptr() as u64 - wire.as_ptr() as u64) ^ data.len() as u64
    };
    let (ours, pieces, httparse) = (wire.clone(), wire.clone(), wire.clone());
    Workload::new(format!("http1/chunked-spans/{name}"), wire.len())
        .engine("wirekit", move |count| {
            let mut total = 0;
            for _ in 0..count {
                let wire = black_box(&*ours);
                let mut decoder = ChunkedDecoder::new(Config::DEFAULT);
                decoder
                    .decode_each(wire, |data| total += digest(wire, data))
                    .unwrap();
                assert!(decoder.is_done());
            }
            total
        })
        .engine("wirekit, a call a chunk", move |count| {
            let mut total = 0;
            for _ in 0..count {
                let wire = black_box(&*pieces);
                let mut decoder = ChunkedDecoder::new(Config::DEFAULT);
                let mut rest = wire;
                while let Some((Chunked::Data(data), used)) = decoder.decode(rest).unwrap() {
                    total += digest(wire, data);
                    rest = &rest[used..];
                }
                assert!(decoder.is_done());
            }
            total
        })
        .engine("httparse", move |count| {
            let mut total = 0;
            for _ in 0..count {
                let wire = black_box(&*httparse);
                for_each_by_httparse(wire, |data| total += digest(wire, data));
            }
            total
        })
}

/// All content in one buffer: its length and last byte go into the digest.
fn copies(name: &str, wire: Rc<[u8]>) -> Workload {
    let buffer = || vec![0_u8; wire.len()];
    let digest = |content: &[u8]| content.len() as u64 + u64::from(content[content.len() - 1]);
    let (ours, httparse, pico, floor) = (wire.clone(), wire.clone(), wire.clone(), wire.clone());
    let (mut ours_out, mut httparse_out, mut pico_out, mut floor_out) =
        (buffer(), buffer(), buffer(), buffer());
    Workload::new(format!("http1/chunked-copy/{name}"), wire.len())
        .engine("wirekit", move |count| {
            let mut total = 0;
            for _ in 0..count {
                let mut decoder = ChunkedDecoder::new(Config::DEFAULT);
                let copied = decoder
                    .decode_into(black_box(&ours), &mut ours_out)
                    .unwrap();
                assert!(decoder.is_done());
                total += digest(&ours_out[..copied.written]);
            }
            total
        })
        .engine("httparse and copy", move |count| {
            let mut total = 0;
            for _ in 0..count {
                let mut written = 0;
                for_each_by_httparse(black_box(&httparse), |data| {
                    httparse_out[written..written + data.len()].copy_from_slice(data);
                    written += data.len();
                });
                total += digest(&httparse_out[..written]);
            }
            total
        })
        // Decodes in place, so the copy comes first.
        .engine("copy and picohttpparser", move |count| {
            let mut total = 0;
            for _ in 0..count {
                pico_out.copy_from_slice(black_box(&pico));
                let written = decode_by_picohttpparser(&mut pico_out);
                total += digest(&pico_out[..written]);
            }
            total
        })
        .floor("memcpy of the wire", move |count| {
            for _ in 0..count {
                floor_out.copy_from_slice(black_box(&floor));
                black_box(&mut floor_out);
            }
            0
        })
}

fn for_each_by_httparse<'i>(wire: &'i [u8], mut each: impl FnMut(&'i [u8])) {
    let mut rest = wire;
    loop {
        let httparse::Status::Complete((line_len, size)) =
            httparse::parse_chunk_size(rest).unwrap()
        else {
            panic!("the body is complete")
        };
        if size == 0 {
            return;
        }
        let (data, after) = rest[line_len..].split_at(size as usize);
        assert_eq!(&after[..2], b"\r\n");
        each(data);
        rest = &after[2..];
    }
}

#[expect(unsafe_code, reason = "picohttpparser is C")]
fn decode_by_picohttpparser(buffer: &mut [u8]) -> usize {
    let mut len = buffer.len();
    // SAFETY: the decoder is four integers, and its header asks for zeros; `buffer` is `len` bytes to write.
    let result = unsafe {
        let mut decoder: phr_chunked_decoder = core::mem::zeroed();
        decoder.consume_trailer = 1;
        phr_decode_chunked(&mut decoder, buffer.as_mut_ptr().cast(), &mut len)
    };
    assert_eq!(result, 0);
    len
}
