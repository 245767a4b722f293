use wirekit::http1::{Chunked, ChunkedDecoder, Config, Copied, Error, ErrorKind};

/// Laws 2, 3, 4 and 6: the three ways to decode agree, however the input is split.
pub fn chunks(data: &[u8]) {
    let whole = decode(data, usize::MAX);
    if let Some(error) = whole.2 {
        assert!(error.offset() <= data.len(), "{error}");
    }
    for step in [1, 2, 5, 16] {
        assert_eq!(decode(data, step), whole, "in pieces of {step}");
    }
    let mut each = Vec::new();
    let mut decoder = ChunkedDecoder::new(Config::DEFAULT);
    match decoder.decode_each(data, |piece| each.extend_from_slice(piece)) {
        Ok(used) => assert_eq!((used, None), (whole.1, whole.2)),
        Err(error) => assert_eq!(Some(error), whole.2),
    }
    assert_eq!(each, whole.0);
    for room in [1, 33, 4096] {
        assert_eq!(copy(data, room), whole.2);
    }
    let mut out = vec![0; data.len()];
    if let Ok(Copied { used, written }) =
        ChunkedDecoder::new(Config::DEFAULT).decode_into(data, &mut out)
    {
        assert_eq!(
            (out.get(..written), used),
            (Some(whole.0.as_slice()), whole.1)
        );
    }
}

fn decode(data: &[u8], step: usize) -> (Vec<u8>, usize, Option<Error>) {
    let (mut decoder, mut content, mut used) =
        (ChunkedDecoder::new(Config::DEFAULT), Vec::new(), 0);
    let mut end = step.min(data.len());
    loop {
        let input = data.get(used..end).unwrap_or_default();
        match decoder.decode(input) {
            Ok(Some((piece, len))) => {
                assert!(len <= input.len());
                used += len;
                match piece {
                    Chunked::Data(data) => content.extend_from_slice(data),
                    Chunked::Last => {
                        assert!(decoder.is_done());
                        return (content, used, None);
                    }
                }
            }
            Ok(None) => {
                assert_eq!(decoder.decode(input), Ok(None), "inert");
                if end == data.len() {
                    return (content, used, None);
                }
                end = end.saturating_add(step).min(data.len());
            }
            Err(error) => {
                assert_eq!(decoder.decode(data), Err(error), "final");
                return (content, used, Some(error.shifted(used)));
            }
        }
    }
}

fn copy(data: &[u8], room: usize) -> Option<Error> {
    let (mut decoder, mut used, mut out) = (ChunkedDecoder::new(Config::DEFAULT), 0, vec![0; room]);
    loop {
        match decoder.decode_into(data.get(used..).unwrap_or_default(), &mut out) {
            Ok(Copied {
                used: 0,
                written: 0,
            }) => return None,
            Ok(copied) => used += copied.used,
            Err(error) => return Some(error.shifted(used)),
        }
    }
}

/// A chunk-size line beside `httparse::parse_chunk_size`: what we accept, it accepts with the same size.
///
/// What it accepts and we do not, by the sentence of the RFC:
/// - no digits, "chunk-size = 1*HEXDIG" (RFC 9112 section 7.1);
/// - whitespace after the size without an extension, and extensions that do not follow
///   "chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )" (section 7.1.1).
///
/// What we accept and it does not: more than sixteen digits of which the first are zeros, and more than one
/// whitespace character before the semicolon.
#[expect(clippy::panic, reason = "a law panics when it is broken")]
pub fn chunk_sizes(data: &[u8]) {
    let mut decoder = ChunkedDecoder::new(Config::DEFAULT);
    let line_end = data.windows(2).position(|pair| pair == b"\r\n");
    let ours = decoder.decode(data);
    let line = line_end.and_then(|end| data.get(..end + 2));
    match (httparse::parse_chunk_size(data), ours) {
        (Ok(httparse::Status::Complete((len, size))), Ok(ours)) => {
            let rest = data.get(len..).unwrap_or_default();
            match ours {
                Some((Chunked::Last, used)) => assert_eq!((size, used), (0, len)),
                Some((Chunked::Data(content), used)) => {
                    let here = usize::try_from(size).unwrap_or(usize::MAX).min(rest.len());
                    assert_eq!((content.len(), used), (here, len + here));
                }
                None => assert!(rest.is_empty() && size > 0),
            }
        }
        (Ok(httparse::Status::Complete(_)), Err(error)) => {
            let is_listed = match error.kind() {
                ErrorKind::InvalidChunkSize => {
                    error.offset() == 0
                        || line.is_some_and(|line| line.contains(&b' ') || line.contains(&b'\t'))
                }
                ErrorKind::InvalidChunkExtension
                | ErrorKind::BareLf
                | ErrorKind::BareCr
                | ErrorKind::ChunkExtensionsTooLong { .. } => data.contains(&b';'),
                _ => false,
            };
            assert!(is_listed, "{error}: {}", data.escape_ascii());
        }
        (Ok(httparse::Status::Partial), Ok(Some(_))) => {
            panic!("no line end: {}", data.escape_ascii())
        }
        (Err(_), Ok(Some(_))) => {
            let digits = data
                .iter()
                .take_while(|byte| byte.is_ascii_hexdigit())
                .count();
            let is_listed = digits > 15;
            assert!(is_listed, "{}", data.escape_ascii());
        }
        _ => {}
    }
}
