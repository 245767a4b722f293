use core::ptr;

use picohttpparser_sys::{phr_header, phr_parse_request, phr_parse_response};
use wirekit::http1::{FieldTable, RequestHead, ResponseHead};

use super::{Outcome, owned};

/// As many fields as both are given room for.
const FIELDS: usize = 100;

/// What picohttpparser takes and we do not.
const STRICTER: &[(&str, &str)] = &[
    // RFC 9112 section 2.2: "a recipient MAY recognize a single LF as a line terminator".
    (
        "http1.bare_lf",
        "MAY, and a peer that does not sees other lines",
    ),
    // Section 2.2: "SHOULD ignore at least one empty line (CRLF) received prior to the request-line".
    ("http1.leading_empty_line", "one is ignored"),
    // Section 5.2: "A sender MUST NOT generate a message that includes line folding"; a server that receives it "MUST
    // either reject the message [..] or replace each received obs-fold with one or more SP".
    ("http1.obs_fold", "rejected"),
    // Section 3: "request-line = method SP request-target SP HTTP-version", and section 3.2 with RFC 3986: no form of a
    // target has a space, a byte above 0x7E or a fragment.
    (
        "http1.invalid_target",
        "a second space, obs-text or a fragment in a target",
    ),
    // RFC 9110 section 9.1: "method = token"; it takes any byte above 0x20 but DEL up to the space.
    ("http1.invalid_method", "a method is a token"),
    // RFC 9112 section 3.2: "request-target = origin-form / absolute-form / authority-form / asterisk-form", none empty.
    ("http1.empty_target", "no form is empty"),
    // Section 2.3: "HTTP-version = HTTP-name "/" DIGIT "." DIGIT"; it does not look at what follows the digit.
    ("http1.invalid_version", "one digit"),
    // Section 4: "status-code = 3DIGIT"; it takes fewer, and those below 100.
    ("http1.invalid_status", "three digits from 100 on"),
    // Limits of ours.
    ("http1.head_too_long", "a limit"),
    ("http1.target_too_long", "a limit"),
];

/// What a head is read as.
#[derive(Debug, PartialEq)]
struct Read {
    used: usize,
    minor: i32,
    /// Method and target, or the status and the reason.
    line: (Vec<u8>, Vec<u8>),
    fields: Vec<(Vec<u8>, Vec<u8>)>,
}

/// We take nothing that picohttpparser refuses but empty lines before a response and a status line without a reason; we
/// read the same from what both take; what only it takes is listed above.
pub fn versus_picohttpparser(data: &[u8]) {
    let mut table = FieldTable::<FIELDS>::with_capacity();
    let ours = RequestHead::parse(data, &mut table);
    let read = ours.ok().flatten().map(|(head, used)| Read {
        used,
        minor: head.version().minor().into(),
        line: (
            head.method().as_bytes().to_vec(),
            head.target_bytes().to_vec(),
        ),
        fields: owned(head.fields()),
    });
    check(data, &Outcome::of_request(ours), read, request(data));

    let ours = ResponseHead::parse(data, &mut table);
    let read = ours.ok().flatten().map(|(head, used)| Read {
        used,
        minor: head.version().minor().into(),
        line: (
            head.status().0.to_string().into_bytes(),
            head.reason().to_vec(),
        ),
        fields: owned(head.fields()),
    });
    check(data, &Outcome::of_response(ours), read, response(data));
}

fn check(data: &[u8], ours: &Outcome, read: Option<Read>, theirs: Result<Option<Read>, ()>) {
    let text = data.escape_ascii();
    match (ours.verdict, theirs) {
        (Ok(Some(_)), Ok(Some(theirs))) => assert_eq!(read, Some(theirs), "{text}"),
        (Ok(None), Ok(None)) | (Err(_), Err(()) | Ok(None)) => {}
        (Ok(_), Err(())) if is_wider(data) => {}
        (Err(error), Ok(Some(_))) => {
            let is_listed = STRICTER
                .iter()
                .any(|(name, _)| *name == error.kind().as_str());
            assert!(is_listed, "{error} {text}");
        }
        (ours, theirs) => panic!("{ours:?}, picohttpparser {theirs:?}: {text}"),
    }
}

/// Empty lines before a response: RFC 9112 section 9.2 has them discarded. Or a status line that ends after the code:
/// section 4 lets a recipient "parse on whitespace-delimited word boundaries".
fn is_wider(data: &[u8]) -> bool {
    data.starts_with(b"\r")
        || data.starts_with(b"HTTP/1.") && data.get(b"HTTP/1.1 200".len()) == Some(&b'\r')
}

#[expect(unsafe_code, reason = "picohttpparser is C")]
fn request(data: &[u8]) -> Result<Option<Read>, ()> {
    let mut headers = [phr_header::default(); FIELDS];
    let mut count = FIELDS;
    let (mut method, mut method_len) = (ptr::null(), 0);
    let (mut target, mut target_len) = (ptr::null(), 0);
    let mut minor = 0;
    // SAFETY: every pointer is valid for the length beside it, and the library keeps none of them.
    let result = unsafe {
        phr_parse_request(
            data.as_ptr().cast(),
            data.len(),
            &raw mut method,
            &raw mut method_len,
            &raw mut target,
            &raw mut target_len,
            &raw mut minor,
            headers.as_mut_ptr(),
            &raw mut count,
            0,
        )
    };
    let line = (
        || bytes(data, method.cast(), method_len),
        || bytes(data, target.cast(), target_len),
    );
    outcome(result, || Read {
        used: 0,
        minor,
        line: (line.0(), line.1()),
        fields: fields(data, headers.get(..count).unwrap_or_default()),
    })
}

#[expect(unsafe_code, reason = "picohttpparser is C")]
fn response(data: &[u8]) -> Result<Option<Read>, ()> {
    let mut headers = [phr_header::default(); FIELDS];
    let mut count = FIELDS;
    let (mut reason, mut reason_len) = (ptr::null(), 0);
    let (mut minor, mut status) = (0, 0);
    // SAFETY: every pointer is valid for the length beside it, and the library keeps none of them.
    let result = unsafe {
        phr_parse_response(
            data.as_ptr().cast(),
            data.len(),
            &raw mut minor,
            &raw mut status,
            &raw mut reason,
            &raw mut reason_len,
            headers.as_mut_ptr(),
            &raw mut count,
            0,
        )
    };
    outcome(result, || Read {
        used: 0,
        minor,
        line: (
            status.to_string().into_bytes(),
            bytes(data, reason.cast(), reason_len),
        ),
        fields: fields(data, headers.get(..count).unwrap_or_default()),
    })
}

/// The library's answer: -1 is a fault, -2 asks for more, the rest is a length.
fn outcome(result: i32, read: impl Fn() -> Read) -> Result<Option<Read>, ()> {
    match result {
        -1 => Err(()),
        -2 => Ok(None),
        used => Ok(Some(Read {
            used: usize::try_from(used).expect("a length"),
            ..read()
        })),
    }
}

/// The bytes of `data` that the library points at.
fn bytes(data: &[u8], start: *const u8, len: usize) -> Vec<u8> {
    if len == 0 {
        return Vec::new();
    }
    let at = start.addr() - data.as_ptr().addr();
    data.get(at..at + len).unwrap_or_default().to_vec()
}

fn fields(data: &[u8], headers: &[phr_header]) -> Vec<(Vec<u8>, Vec<u8>)> {
    headers
        .iter()
        .map(|header| {
            (
                bytes(data, header.name.cast(), header.name_len),
                // It leaves the whitespace behind a value.
                bytes(data, header.value.cast(), header.value_len)
                    .trim_ascii_end()
                    .to_vec(),
            )
        })
        .collect()
}
