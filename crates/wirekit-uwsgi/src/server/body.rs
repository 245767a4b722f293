//! How a request's body ends, by its variables.

use super::Index;
use crate::request::Body;
use crate::{Error, ErrorKind, Key, Packet, Transport};

/// Decides by the variables of a checked packet.
///
/// A length wins: nginx sends both, and has taken the coding off. An empty one is none (RFC 3875 section 4.1.2).
pub(super) fn body_of(
    packet: Packet<'_>,
    index: &Index<'_>,
    transport: Transport,
) -> Result<Body, Error> {
    let has_length = index
        .get(Key::ContentLength)
        .is_some_and(|value| !value.is_empty());
    let length = Body::Length(index.content_length());
    let is_coded = index
        .get(Key::HttpTransferEncoding)
        .is_some_and(|value| !value.is_empty());
    if has_length || !is_coded {
        return Ok(length);
    }
    let name = Key::HttpTransferEncoding.as_str().as_bytes();
    // The lines of a repeated field are one list of codings; the index has the last line alone.
    for var in index.vars().into_iter().filter(|var| var.key == name) {
        let kind = if !var.value.eq_ignore_ascii_case(b"chunked") {
            ErrorKind::BodyCoding
        } else if matches!(transport, Transport::Persistent) {
            ErrorKind::BodyOnPersistent
        } else {
            continue;
        };
        return Err(Error::new(kind, packet.offset_of(Some(var.value))));
    }
    Ok(Body::Chunked)
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::server::{Config, Decoder, Event};
    use crate::{Header, Var};

    type Pairs = &'static [(&'static str, &'static str)];

    fn read(vars: Pairs, config: Config) -> Result<(Body, Vec<u8>), (ErrorKind, usize)> {
        let vars: Vec<Var<'_>> = vars
            .iter()
            .map(|(key, value)| Var::new(key.as_bytes(), value.as_bytes()))
            .collect();
        let mut input = Vec::new();
        Header::WSGI.encode_vars(&vars, &mut input).unwrap();
        input.extend_from_slice(b"2\r\nhi\r\n3\r\nyou\r\n0\r\n\r\n");
        let mut decoder = Decoder::new(config);
        let (mut body, mut read, mut at) = (None, Vec::new(), 0);
        loop {
            match decoder.receive(&input[at..]) {
                Ok(Some((event, used))) => {
                    at += used;
                    match event {
                        Event::Request(request) => body = Some(request.body()),
                        Event::Data(data) => read.extend_from_slice(data),
                        _ => return Ok((body.unwrap(), read)),
                    }
                }
                Ok(None) => panic!("not all there"),
                Err(error) => return Err((error.kind(), at + error.offset())),
            }
        }
    }

    #[test]
    fn a_chunked_body_is_read_where_no_length_is() {
        use Body::{Chunked, Length};
        const LEN: &str = "CONTENT_LENGTH";
        const CODING: &str = "HTTP_TRANSFER_ENCODING";
        // Specification section 4.5.
        #[rustfmt::skip]
        let rows: &[(Pairs, Body, &[u8])] = &[
            (&[(CODING, "chunked")], Chunked, b"hiyou"),
            (&[(CODING, "Chunked"), (LEN, "")], Chunked, b"hiyou"),
            (&[(LEN, ""), (CODING, "chunked"), (CODING, "chunked")], Chunked, b"hiyou"),
            // nginx: decoded, and the field sent all the same.
            (&[(LEN, "4"), (CODING, "chunked")], Length(4), b"2\r\nh"),
            (&[(CODING, "gzip"), (LEN, "0")], Length(0), b""),
            (&[(CODING, ""), (LEN, "")], Length(0), b""),
            (&[], Length(0), b""),
        ];
        for (vars, body, data) in rows {
            for config in [Config::DEFAULT, Config::LENIENT] {
                assert_eq!(read(vars, config), Ok((*body, data.to_vec())), "{vars:?}");
            }
        }
        let persistent = Config::DEFAULT.transport(Transport::Persistent);
        #[rustfmt::skip]
        let rows: &[(Pairs, Config, ErrorKind, usize)] = &[
            (&[(CODING, "gzip")], Config::DEFAULT, ErrorKind::BodyCoding, 30),
            (&[(CODING, "gzip, chunked")], Config::DEFAULT, ErrorKind::BodyCoding, 30),
            (&[(CODING, "chunked ")], Config::DEFAULT, ErrorKind::BodyCoding, 30),
            // The last line is `chunked`, the list is not.
            (&[(CODING, "gzip"), (CODING, "chunked")], Config::DEFAULT, ErrorKind::BodyCoding, 30),
            (&[(CODING, "chunked"), (CODING, "identity")], Config::LENIENT, ErrorKind::BodyCoding, 63),
            (&[(CODING, "chunked")], persistent, ErrorKind::BodyOnPersistent, 30),
        ];
        for (vars, config, kind, offset) in rows {
            assert_eq!(read(vars, *config), Err((*kind, *offset)), "{vars:?}");
        }
    }
}
