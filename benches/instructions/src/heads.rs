//! Heads of HTTP/1.1: the workloads of the same names in `versus`, as `engines/http1/heads.rs` does them there.

#[path = "../../src/engines/http1/inputs.rs"]
mod inputs;

use std::hint::black_box;
use std::mem::MaybeUninit;

use wirekit_http1::{Config, FieldTable, Fields, Progress, RequestHead, ResponseHead};

use crate::Operation;

/// A head in pieces: its parser is called after so many bytes more.
const STEP: usize = 64;

/// The inputs, which have that length; of the mixed ones there are so many.
pub(crate) fn inputs_of(input: &str, len: usize) -> Vec<Vec<u8>> {
    let inputs = match input {
        "tiny" => vec![inputs::tiny()],
        "browser" => vec![inputs::browser()],
        "chrome" | "chrome-by-64" => vec![inputs::chrome()],
        "cookie" => vec![inputs::cookie()],
        "mixed" => inputs::mixed(),
        "nginx" => vec![inputs::nginx()],
        _ => panic!("no input {input}"),
    };
    let stated = match &inputs[..] {
        [input] => input.len(),
        inputs => inputs.len(),
    };
    assert_eq!(stated, len, "{input}");
    inputs
}

pub(crate) fn operation_of(operation: &str, engine: &str) -> Option<Operation> {
    let mut table = FieldTable::new();
    Some(match (operation, engine) {
        ("parse-request", "wirekit") => Box::new(move |input| {
            let (head, used) = some(RequestHead::parse(input, &mut table));
            request_digest(&head, used)
        }),
        ("parse-request", "httparse") => Box::new(|input| httparse_request(input)),
        ("parse-response", "wirekit") => Box::new(move |input| {
            let (head, used) = some(ResponseHead::parse(input, &mut table));
            let last = last_value_len(head.fields());
            digest(used, head.status().0.into(), 0, head.fields().len(), last)
        }),
        ("parse-response", "httparse") => Box::new(|input| httparse_response(input)),
        ("resume-request", "wirekit") => Box::new(move |input| {
            let (mut progress, mut answer) = (Progress::new(), 0);
            for piece in 1..=input.len().div_ceil(STEP) {
                let arrived = &input[..(piece * STEP).min(input.len())];
                let resumed =
                    RequestHead::resume(arrived, &mut table, &Config::DEFAULT, &mut progress);
                if let Ok(Some((head, used))) = resumed {
                    answer = request_digest(&head, used);
                }
            }
            answer
        }),
        ("resume-request", "httparse") => Box::new(|input| {
            let pieces = 1..=input.len().div_ceil(STEP);
            let ends = pieces.map(|piece| (piece * STEP).min(input.len()));
            ends.fold(0, |_, end| httparse_request(&input[..end]))
        }),
        _ => return None,
    })
}

fn some<T, E>(parsed: Result<Option<T>, E>) -> T {
    parsed.ok().flatten().expect("a whole head")
}

fn last_value_len(fields: Fields<'_>) -> usize {
    let last = fields.len().checked_sub(1);
    let last = last.and_then(|last| fields.get(last));
    last.map_or(0, |field| field.value.len())
}

fn request_digest(head: &RequestHead<'_>, used: usize) -> u64 {
    let fields = head.fields();
    let (method, target) = (head.method().as_bytes(), head.target_bytes());
    digest(
        used,
        method.len(),
        target.len(),
        fields.len(),
        last_value_len(fields),
    )
}

fn digest(used: usize, first: usize, second: usize, fields: usize, last_value: usize) -> u64 {
    (used + 3 * first + 5 * second + 7 * fields + 11 * last_value) as u64
}

fn httparse_request(input: &[u8]) -> u64 {
    let mut headers = [const { MaybeUninit::uninit() }; 100];
    let mut request = httparse::Request::new(&mut []);
    let Ok(httparse::Status::Complete(used)) =
        request.parse_with_uninit_headers(input, &mut headers)
    else {
        return 0;
    };
    let (method, target) = (request.method.unwrap_or(""), request.path.unwrap_or(""));
    let headers = black_box(&*request.headers);
    let last = headers.last().map_or(0, |header| header.value.len());
    digest(used, method.len(), target.len(), headers.len(), last)
}

fn httparse_response(input: &[u8]) -> u64 {
    let mut headers = [const { MaybeUninit::uninit() }; 100];
    let mut response = httparse::Response::new(&mut []);
    let config = httparse::ParserConfig::default();
    let Ok(httparse::Status::Complete(used)) =
        config.parse_response_with_uninit_headers(&mut response, input, &mut headers)
    else {
        return 0;
    };
    let status = response.code.unwrap_or_default().into();
    let headers = black_box(&*response.headers);
    let last = headers.last().map_or(0, |header| header.value.len());
    digest(used, status, 0, headers.len(), last)
}
