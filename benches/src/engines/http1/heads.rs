//! Request and response heads.
//!
//! Every engine validates the head, fills a table of fields that the caller keeps, and gives the digest of what it read:
//! bytes used, lengths of method and target, fields, length of the last value. httparse is given an uninitialised table,
//! its fastest way. hyper's parser and encoder are not public; see the workloads `serve`.

use std::hint::black_box;
use std::mem::MaybeUninit;

use wirekit::http1::{
    BodyLength, Config, Field, FieldTable, Progress, Quirks, RequestHead, ResponseHead, StatusCode,
    StatusLine,
};

use super::{inputs, pico};
use crate::Workload;

/// Request and response heads.
pub(super) fn workloads() -> Vec<Workload> {
    let requests = [
        ("browser-703", vec![inputs::browser()]),
        ("tiny-27", vec![inputs::tiny()]),
        ("chrome-1459", vec![inputs::chrome()]),
        ("cookie-8359", vec![inputs::cookie()]),
        ("mixed-512", inputs::mixed()),
    ];
    let mut all = Vec::new();
    for (name, inputs) in &requests {
        all.push(parse_request(name, inputs));
    }
    all.push(parse_response("nginx-262", &inputs::nginx()));
    for (name, inputs) in &requests {
        all.push(frame_request(name, inputs));
    }
    for (name, step, input) in [
        ("chrome-1459-by-64", 64, inputs::chrome()),
        ("chrome-1459-by-1", 1, inputs::chrome()),
        ("cookie-8359-by-64", 64, inputs::cookie()),
        ("cookie-8359-by-1", 1, inputs::cookie()),
    ] {
        all.push(resume_request(name, step, &input));
    }
    all.push(encode_response());
    all
}

/// Calls `operation` `n` times with the inputs in rotation and adds up what it returns.
#[inline]
fn rotate(inputs: &[Vec<u8>], n: u64, mut operation: impl FnMut(&[u8]) -> u64) -> u64 {
    let mut digest = 0_u64;
    let mut left = n;
    while left > 0 {
        let round = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(inputs.len());
        for input in inputs.iter().take(round) {
            let answer = operation(black_box(input));
            // An input that an engine refuses would be timed as the work of refusing it.
            assert_ne!(answer, 0, "{}", input.escape_ascii());
            digest = digest.wrapping_add(answer);
        }
        left -= round as u64;
    }
    digest
}

pub(super) fn average_len(inputs: &[Vec<u8>]) -> usize {
    inputs.iter().map(Vec::len).sum::<usize>() / inputs.len().max(1)
}

fn digest(used: usize, method: usize, target: usize, fields: usize, last_value: usize) -> u64 {
    (used + 3 * method + 5 * target + 7 * fields + 11 * last_value) as u64
}

fn read_request(head: &RequestHead<'_>, used: usize) -> u64 {
    let fields = head.fields();
    let last = fields
        .len()
        .checked_sub(1)
        .and_then(|last| fields.get(last))
        .map_or(0, |field| field.value.len());
    digest(
        used,
        head.method().as_bytes().len(),
        head.target_bytes().len(),
        fields.len(),
        last,
    )
}

fn httparse_request(input: &[u8]) -> u64 {
    let mut headers = [const { MaybeUninit::uninit() }; 100];
    let mut request = httparse::Request::new(&mut []);
    match request.parse_with_uninit_headers(input, &mut headers) {
        Ok(httparse::Status::Complete(used)) => {
            let last = request
                .headers
                .last()
                .map_or(0, |header| header.value.len());
            let (method, target) = (
                request.method.unwrap_or_default(),
                request.path.unwrap_or_default(),
            );
            let answer = digest(
                used,
                method.len(),
                target.len(),
                request.headers.len(),
                last,
            );
            black_box(&request.headers);
            answer
        }
        _ => 0,
    }
}

fn parse_request(name: &str, inputs: &[Vec<u8>]) -> Workload {
    let [ours, theirs, pico] = [inputs.to_vec(), inputs.to_vec(), inputs.to_vec()];
    let mut table = FieldTable::new();
    let mut pico_table = pico::Table::new();
    Workload::new(format!("http1/parse-request/{name}"), average_len(inputs))
        .engine("wirekit", move |n| {
            rotate(&ours, n, |input| {
                let answer = match RequestHead::parse(input, &mut table) {
                    Ok(Some((head, used))) => read_request(&head, used),
                    _ => 0,
                };
                black_box(&table);
                answer
            })
        })
        .engine("httparse", move |n| rotate(&theirs, n, httparse_request))
        .engine("picohttpparser-sse4.2", move |n| {
            rotate(&pico, n, |input| {
                let read = pico::request(input, &mut pico_table, 0);
                let last = pico_table.last_value_len(read.fields);
                digest(
                    read.used,
                    read.method_len,
                    read.target_len,
                    read.fields,
                    last,
                )
            })
        })
}

fn parse_response(name: &str, input: &[u8]) -> Workload {
    let inputs = vec![input.to_vec()];
    let [ours, theirs, pico] = [inputs.clone(), inputs.clone(), inputs];
    let mut table = FieldTable::new();
    let mut pico_table = pico::Table::new();
    Workload::new(format!("http1/parse-response/{name}"), input.len())
        .engine("wirekit", move |n| {
            rotate(&ours, n, |input| {
                let answer = match ResponseHead::parse(input, &mut table) {
                    Ok(Some((head, used))) => {
                        let fields = head.fields();
                        let last = fields
                            .len()
                            .checked_sub(1)
                            .and_then(|last| fields.get(last));
                        let last = last.map_or(0, |field| field.value.len());
                        digest(used, usize::from(head.status().0), 0, fields.len(), last)
                    }
                    _ => 0,
                };
                black_box(&table);
                answer
            })
        })
        .engine("httparse", move |n| {
            rotate(&theirs, n, |input| {
                let mut headers = [const { MaybeUninit::uninit() }; 100];
                let mut response = httparse::Response::new(&mut []);
                let config = httparse::ParserConfig::default();
                match config.parse_response_with_uninit_headers(&mut response, input, &mut headers)
                {
                    Ok(httparse::Status::Complete(used)) => {
                        let last = response
                            .headers
                            .last()
                            .map_or(0, |header| header.value.len());
                        let status = usize::from(response.code.unwrap_or_default());
                        let answer = digest(used, status, 0, response.headers.len(), last);
                        black_box(&response.headers);
                        answer
                    }
                    _ => 0,
                }
            })
        })
        .engine("picohttpparser-sse4.2", move |n| {
            rotate(&pico, n, |input| {
                let read = pico::response(input, &mut pico_table);
                let last = pico_table.last_value_len(read.fields);
                digest(read.used, read.status, 0, read.fields, last)
            })
        })
}

/// Ours also checks Host, Content-Length, Transfer-Encoding and the target's form, and tells the body's length; httparse
/// parses the head alone.
fn frame_request(name: &str, inputs: &[Vec<u8>]) -> Workload {
    let [ours, theirs] = [inputs.to_vec(), inputs.to_vec()];
    let mut table = FieldTable::new();
    Workload::new(format!("http1/frame-request/{name}"), average_len(inputs))
        .engine("wirekit", move |n| {
            rotate(&ours, n, |input| {
                match RequestHead::parse(input, &mut table) {
                    Ok(Some((head, used))) => match head.framing(Quirks::NONE) {
                        Ok(framing) => {
                            black_box(framing);
                            read_request(&head, used)
                        }
                        Err(_) => 0,
                    },
                    _ => 0,
                }
            })
        })
        .floor("httparse (head only)", move |n| {
            rotate(&theirs, n, httparse_request)
        })
}

/// One head in pieces: the parser is called after each. One operation is the whole head.
fn resume_request(name: &str, step: usize, input: &[u8]) -> Workload {
    let inputs = vec![input.to_vec()];
    let [ours, theirs, pico] = [inputs.clone(), inputs.clone(), inputs];
    let mut table = FieldTable::new();
    let mut pico_table = pico::Table::new();
    let ends = move |len: usize| (1..=len.div_ceil(step)).map(move |piece| (piece * step).min(len));
    Workload::new(format!("http1/resume-request/{name}"), input.len())
        .engine("wirekit", move |n| {
            rotate(&ours, n, |input| {
                let mut progress = Progress::new();
                let mut answer = 0;
                for end in ends(input.len()) {
                    let arrived = input.get(..end).unwrap_or(input);
                    if let Ok(Some((head, used))) =
                        RequestHead::resume(arrived, &mut table, &Config::DEFAULT, &mut progress)
                    {
                        answer = read_request(&head, used);
                    }
                }
                black_box(&table);
                answer
            })
        })
        .engine("httparse", move |n| {
            rotate(&theirs, n, |input| {
                let mut answer = 0;
                for end in ends(input.len()) {
                    answer = httparse_request(input.get(..end).unwrap_or(input));
                }
                answer
            })
        })
        .engine("picohttpparser-sse4.2", move |n| {
            rotate(&pico, n, |input| {
                let (mut last_len, mut read) = (0, pico::Read::default());
                for end in ends(input.len()) {
                    read =
                        pico::request(input.get(..end).unwrap_or(input), &mut pico_table, last_len);
                    last_len = end;
                }
                let last = pico_table.last_value_len(read.fields);
                digest(
                    read.used,
                    read.method_len,
                    read.target_len,
                    read.fields,
                    last,
                )
            })
        })
}

/// A response head with ten fields, checked and written. The floor copies the finished head.
fn encode_response() -> Workload {
    const FIELDS: [(&str, &str); 10] = [
        ("Server", "wirekit"),
        ("Date", "Sun, 22 Nov 2026 10:20:30 GMT"),
        ("Content-Type", "application/json; charset=utf-8"),
        ("Content-Length", "5512"),
        ("Cache-Control", "private, max-age=0, must-revalidate"),
        ("ETag", "\"5f3e-62a1b7c4d8e90\""),
        ("Vary", "Accept-Encoding, Origin"),
        ("X-Request-Id", "0b9a5f0e-6f1c-4a71-9c41-3f0c1f6d2b8e"),
        (
            "Strict-Transport-Security",
            "max-age=31536000; includeSubDomains",
        ),
        (
            "Set-Cookie",
            "session=9a8b7c6d5e4f3a2b1c0d; Path=/; HttpOnly; SameSite=Lax",
        ),
    ];
    let fields = FIELDS.map(|(name, value)| Field::new(name, value));
    let line = StatusLine::new(StatusCode::OK);
    let body = BodyLength::Length(5512);
    let mut out = Vec::new();
    let len = line.encode(&fields, body, &mut out).unwrap_or(0);
    let finished = out.clone();
    let mut slice = vec![0; len];
    let mut copy = Vec::with_capacity(len);
    let mut plain = Vec::with_capacity(len);
    Workload::new("http1/encode-response/ten-fields", len)
        .engine("wirekit", move |n| {
            let mut digest = 0;
            for _ in 0..n {
                out.clear();
                digest += line.encode(black_box(&fields), body, &mut out).unwrap_or(0) as u64;
                black_box(&out);
            }
            digest
        })
        .engine("wirekit to slice", move |n| {
            let mut digest = 0;
            for _ in 0..n {
                digest += line
                    .encode_to_slice(black_box(&fields), body, &mut slice)
                    .unwrap_or(0) as u64;
                black_box(&slice);
            }
            digest
        })
        .floor("unchecked appends", move |n| {
            for _ in 0..n {
                plain.clear();
                plain.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
                for (name, value) in black_box(FIELDS) {
                    plain.extend_from_slice(name.as_bytes());
                    plain.extend_from_slice(b": ");
                    plain.extend_from_slice(value.as_bytes());
                    plain.extend_from_slice(b"\r\n");
                }
                plain.extend_from_slice(b"\r\n");
                black_box(&plain);
            }
            0
        })
        .floor("memcpy", move |n| {
            for _ in 0..n {
                copy.clear();
                copy.extend_from_slice(black_box(&finished));
                black_box(&copy);
            }
            0
        })
}
