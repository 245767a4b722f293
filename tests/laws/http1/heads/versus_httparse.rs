use httparse::Status;
use wirekit::http1::{FieldTable, RequestHead, ResponseHead};

use super::{Outcome, owned};

/// As many fields as both are given room for.
const FIELDS: usize = 100;

/// What httparse takes and we do not.
const STRICTER: &[(&str, &str)] = &[
    // RFC 9112 section 2.2: "a recipient MAY recognize a single LF as a line terminator".
    (
        "http1.bare_lf",
        "MAY, and a peer that does not sees other lines",
    ),
    // Section 2.2: "SHOULD ignore at least one empty line (CRLF) received prior to the request-line".
    ("http1.leading_empty_line", "one is ignored"),
    // Section 3.2 with RFC 3986: no form of a target has a byte above 0x7E or a fragment.
    ("http1.invalid_target", "obs-text or a fragment in a target"),
    // RFC 9110 section 15: "All valid status codes are within the range of 100 to 599"; it takes 000 to 099.
    ("http1.invalid_status", "from 100 on"),
    // Limits of ours.
    ("http1.head_too_long", "a limit"),
    ("http1.target_too_long", "a limit"),
];

/// We take nothing that httparse refuses but higher minor versions; we read the same from what both take; what only
/// httparse takes is listed above.
pub fn versus_httparse(data: &[u8]) {
    request(data);
    response(data);
}

/// "HTTP/1." and a digit above 1: RFC 9110 section 2.5 says to process it as 1.1, httparse refuses it.
fn has_higher_minor(data: &[u8]) -> bool {
    data.windows(8)
        .any(|window| window.starts_with(b"HTTP/1.") && matches!(window.last(), Some(b'2'..=b'9')))
}

fn request(data: &[u8]) {
    let mut fields = FieldTable::<FIELDS>::with_capacity();
    let mut headers = [httparse::EMPTY_HEADER; FIELDS];
    let mut theirs = httparse::Request::new(&mut headers);
    let their_status = theirs.parse(data);
    let ours = RequestHead::parse(data, &mut fields);
    match (ours, their_status) {
        (Ok(Some((head, used))), Ok(Status::Complete(len))) => {
            assert_eq!(used, len);
            assert_eq!(Some(head.method().as_str()), theirs.method);
            assert_eq!(Some(head.target()), theirs.path);
            assert_eq!(Some(head.version().minor()), theirs.version);
            assert_eq!(owned(head.fields()), pairs(theirs.headers));
        }
        (ours, their_status) => check_difference(data, &Outcome::of_request(ours), their_status),
    }
}

fn response(data: &[u8]) {
    let mut fields = FieldTable::<FIELDS>::with_capacity();
    let mut headers = [httparse::EMPTY_HEADER; FIELDS];
    let mut theirs = httparse::Response::new(&mut headers);
    let their_status = theirs.parse(data);
    let ours = ResponseHead::parse(data, &mut fields);
    match (ours, their_status) {
        (Ok(Some((head, used))), Ok(Status::Complete(len))) => {
            assert_eq!(used, len);
            assert_eq!(Some(head.status().0), theirs.code);
            assert_eq!(Some(head.version().minor()), theirs.version);
            // httparse gives an empty reason instead of one with obs-text.
            if head.reason().is_ascii() {
                assert_eq!(core::str::from_utf8(head.reason()).ok(), theirs.reason);
            }
            assert_eq!(owned(head.fields()), pairs(theirs.headers));
        }
        (ours, their_status) => check_difference(data, &Outcome::of_response(ours), their_status),
    }
}

fn check_difference(data: &[u8], ours: &Outcome, theirs: Result<Status<usize>, httparse::Error>) {
    let text = data.escape_ascii();
    match (ours.verdict, theirs) {
        (Ok(None), Ok(Status::Partial)) | (Err(_), Err(_)) => {}
        (Ok(_), Err(_)) if has_higher_minor(data) => {}
        // An error that httparse sees only when more has come.
        (Err(_), Ok(Status::Partial)) => {}
        (Err(error), Ok(Status::Complete(_))) => {
            let is_listed = STRICTER
                .iter()
                .any(|(name, _)| *name == error.kind().as_str());
            assert!(is_listed, "{error} {text}");
        }
        (ours, theirs) => panic!("{ours:?}, httparse {theirs:?}: {text}"),
    }
}

fn pairs(headers: &[httparse::Header<'_>]) -> Vec<(Vec<u8>, Vec<u8>)> {
    headers
        .iter()
        .map(|header| (header.name.as_bytes().to_vec(), header.value.to_vec()))
        .collect()
}
