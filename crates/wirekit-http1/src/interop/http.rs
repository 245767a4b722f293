//! To and from the types of the crate `http`.
//!
//! `http` lower-cases field names and keeps the order only among fields of one name; its types own their parts.

use alloc::string::ToString;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::encode::{RequestLine, StatusLine};
use crate::field::{Field, Fields};
use crate::registry::{Method, StatusCode};
use crate::request::RequestHead;
use crate::response::ResponseHead;
use crate::target::TargetUri;
use crate::version::Version;

impl TryFrom<Method<'_>> for http::Method {
    type Error = http::Error;

    fn try_from(method: Method<'_>) -> Result<Self, http::Error> {
        Ok(Self::from_bytes(method.as_bytes())?)
    }
}

impl<'a> From<&'a http::Method> for Method<'a> {
    fn from(method: &'a http::Method) -> Self {
        Method::from_token(method.as_str().as_bytes())
    }
}

impl TryFrom<StatusCode> for http::StatusCode {
    type Error = http::Error;

    fn try_from(status: StatusCode) -> Result<Self, http::Error> {
        Ok(Self::from_u16(status.0)?)
    }
}

impl From<http::StatusCode> for StatusCode {
    fn from(status: http::StatusCode) -> Self {
        Self(status.as_u16())
    }
}

impl From<Version> for http::Version {
    /// A minor version above 1 is 1.1, as RFC 9110 section 2.5 has it processed.
    fn from(version: Version) -> Self {
        match version.minor() {
            0 => Self::HTTP_10,
            _ => Self::HTTP_11,
        }
    }
}

impl From<http::Version> for Version {
    /// The version to send: 1.0 stays 1.0, and every other one is spoken as 1.1 on this protocol.
    fn from(version: http::Version) -> Self {
        if version == http::Version::HTTP_10 {
            Self::HTTP_10
        } else {
            Self::HTTP_11
        }
    }
}

impl<'a> From<(&'a HeaderName, &'a HeaderValue)> for Field<'a> {
    /// One item of a map: `map.iter().map(Field::from).collect::<Vec<_>>()` are the fields to encode.
    fn from((name, value): (&'a HeaderName, &'a HeaderValue)) -> Self {
        Self {
            name: name.as_ref(),
            value: value.as_bytes(),
        }
    }
}

impl TryFrom<Fields<'_>> for HeaderMap {
    type Error = http::Error;

    fn try_from(fields: Fields<'_>) -> Result<Self, http::Error> {
        let mut map = Self::with_capacity(fields.len());
        for field in fields {
            map.try_append(
                HeaderName::from_bytes(field.name)?,
                HeaderValue::from_bytes(&field.unfolded())?,
            )?;
        }
        Ok(map)
    }
}

impl TryFrom<TargetUri<'_>> for http::Uri {
    type Error = http::Error;

    fn try_from(uri: TargetUri<'_>) -> Result<Self, http::Error> {
        Ok(Self::try_from(uri.to_string())?)
    }
}

impl TryFrom<RequestHead<'_>> for http::Request<()> {
    type Error = http::Error;

    fn try_from(head: RequestHead<'_>) -> Result<Self, http::Error> {
        let mut request = Self::new(());
        *request.method_mut() = head.method().try_into()?;
        *request.uri_mut() = head.target().try_into()?;
        *request.version_mut() = head.version().into();
        *request.headers_mut() = head.fields().try_into()?;
        Ok(request)
    }
}

impl TryFrom<ResponseHead<'_>> for http::Response<()> {
    type Error = http::Error;

    fn try_from(head: ResponseHead<'_>) -> Result<Self, http::Error> {
        let mut response = Self::new(());
        *response.status_mut() = head.status().try_into()?;
        *response.version_mut() = head.version().into();
        *response.headers_mut() = head.fields().try_into()?;
        Ok(response)
    }
}

impl<'a, B> From<&'a http::Request<B>> for RequestLine<'a> {
    /// The line that asks the origin server: the authority for CONNECT, else path and query, `/` when there is none.
    ///
    /// The authority of an absolute URI is not part of it: the caller sends it as Host.
    fn from(request: &'a http::Request<B>) -> Self {
        let uri = request.uri();
        let target = match (request.method(), uri.authority(), uri.path_and_query()) {
            (&http::Method::CONNECT, Some(authority), _) => authority.as_str(),
            (_, _, Some(path_and_query)) => path_and_query.as_str(),
            _ => "/",
        };
        Self {
            method: request.method().into(),
            target,
            version: request.version().into(),
        }
    }
}

impl<B> From<&http::Response<B>> for StatusLine<'static> {
    /// The line with the registry's reason phrase, empty for a status that has none.
    fn from(response: &http::Response<B>) -> Self {
        let line = Self::new(response.status().into());
        Self {
            version: response.version().into(),
            ..line
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Request, Response, Uri};

    use crate::{
        BodyLength, Config, Field, FieldTable, Method, Quirks, RequestHead, RequestLine,
        ResponseHead, StatusLine,
    };

    const REQUEST: &[u8] =
        b"PUT /a?b=c HTTP/1.1\r\nHost: example.org\r\nX-Two: 1\r\nx-two: 2\r\n\r\n";

    #[test]
    fn requests_come_back() {
        let mut table = FieldTable::new();
        let (head, _) = RequestHead::parse(REQUEST, &mut table).unwrap().unwrap();
        let request = Request::try_from(head).unwrap();
        assert_eq!(
            (request.method(), request.uri().path()),
            (&http::Method::PUT, "/a")
        );
        let values: std::vec::Vec<_> = request.headers().get_all("x-two").iter().collect();
        assert_eq!(values, ["1", "2"]);

        let line = RequestLine::from(&request);
        assert_eq!((line.method, line.target), (Method::PUT, "/a?b=c"));
        let mut out = std::vec::Vec::new();
        let fields: std::vec::Vec<_> = request.headers().iter().map(Field::from).collect();
        line.encode(&fields, BodyLength::None, &mut out).unwrap();
        let (again, _) = RequestHead::parse(&out, &mut table).unwrap().unwrap();
        assert_eq!(
            Request::try_from(again).unwrap().headers(),
            request.headers()
        );
    }

    #[test]
    fn responses_come_back() {
        let wire = b"HTTP/1.0 404 Nothing Here\r\nContent-Length: 0\r\n\r\n";
        let mut table = FieldTable::new();
        let (head, _) = ResponseHead::parse(wire, &mut table).unwrap().unwrap();
        let response = Response::try_from(head).unwrap();
        let line = StatusLine::from(&response);
        assert_eq!(
            (line.status.0, line.reason, line.version.minor()),
            (404, &b"Not Found"[..], 0)
        );
    }

    #[test]
    fn the_effective_uri_is_whole() {
        let mut table = FieldTable::new();
        let (head, _) = RequestHead::parse(REQUEST, &mut table).unwrap().unwrap();
        let uri = Uri::try_from(head.target_uri("https").unwrap()).unwrap();
        assert_eq!(uri, "https://example.org/a?b=c");
    }

    #[test]
    fn connect_asks_for_the_authority() {
        let request = Request::connect("example.org:443").body(()).unwrap();
        assert_eq!(RequestLine::from(&request).target, "example.org:443");
        let request = Request::get("http://example.org").body(()).unwrap();
        assert_eq!(RequestLine::from(&request).target, "/");
    }

    // RFC 9112 section 5.2.
    #[test]
    fn a_fold_becomes_a_space() {
        let mut table = FieldTable::new();
        let config = Config::DEFAULT.quirks(Quirks::OBS_FOLD);
        let wire = b"HTTP/1.1 200 OK\r\nA: b\r\n\t c\r\n\r\n";
        let parsed = ResponseHead::parse_with(wire, &mut table, &config);
        let (head, _) = parsed.unwrap().unwrap();
        let map = HeaderMap::try_from(head.fields()).unwrap();
        assert_eq!(map["a"].as_bytes(), b"b c");
    }

    #[test]
    fn values_with_bytes_above_ascii_survive() {
        let mut table = FieldTable::new();
        let wire = b"GET / HTTP/1.1\r\nHost: a\r\nX-Name: caf\xe9\r\n\r\n";
        let (head, _) = RequestHead::parse(wire, &mut table).unwrap().unwrap();
        let map = HeaderMap::try_from(head.fields()).unwrap();
        assert_eq!(map["x-name"].as_bytes(), b"caf\xe9");
    }
}
