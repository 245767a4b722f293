//! Bodies: as text where they are any, else in base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::events::{Pairs, latin1};
use crate::inspect::conversation::exchange::Body;
use crate::inspect::views::codings::{Coding, decoded};

/// What came as the answer, its codings taken off where they are known, if it is no longer than that without them.
pub(super) fn content(fields: &Pairs, (body, len): (&Body, u64), max_len: usize) -> Value {
    let mut content = Map::new();
    content.insert("mimeType".into(), mime_type(fields));
    let codings = fields.get("content-encoding").unwrap_or_default();
    let plain = Coding::all(codings)
        .filter(|codings| !codings.is_empty() && body.left_out == 0 && len > 0)
        .and_then(|codings| decoded(&codings, &body.bytes, max_len));
    let bytes = plain.as_ref().unwrap_or(&body.bytes);
    let size = match &plain {
        Some(plain) => plain.len() as u64,
        None => len,
    };
    content.insert("size".into(), size.into());
    if plain.is_some() {
        let saved = i128::from(size) - i128::from(len);
        let saved = i64::try_from(saved).unwrap_or_default();
        content.insert("compression".into(), saved.into());
    }
    if body.left_out == 0 && !bytes.is_empty() {
        put(bytes, "encoding", &mut content);
    }
    content.into()
}

/// What was sent with the request, as it was sent.
pub(super) fn post_data(fields: &Pairs, body: &Body) -> Value {
    let mut post = Map::new();
    post.insert("mimeType".into(), mime_type(fields));
    let whole = match body.left_out {
        0 => body.bytes.as_slice(),
        _ => b"",
    };
    // The specification has no encoding here; a name of one's own begins with an underscore.
    put(whole, "_encoding", &mut post);
    post.into()
}

fn mime_type(fields: &Pairs) -> Value {
    match fields.get("content-type") {
        Some(content_type) => latin1(content_type),
        None => "".into(),
    }
}

fn put(bytes: &[u8], encoding: &str, object: &mut Map<String, Value>) {
    match core::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => {
            object.insert("text".into(), text.into());
        }
        _ => {
            object.insert("text".into(), STANDARD.encode(bytes).into());
            object.insert(encoding.into(), "base64".into());
        }
    }
}
