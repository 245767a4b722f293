//! A request to the control address, over wirekit's own HTTP/1.1.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::time::Duration;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use serde_json::Value;
use wirekit::http1::client::{Connection, Event};
use wirekit::http1::{BodyLength, Config, Field, FieldTable, Method, RequestLine};

use super::{Arguments, Error};
use crate::config::{Address, Config as Gateway};

/// How long the gateway may say nothing.
const PATIENCE: Duration = Duration::from_secs(30);

/// Bytes of an answer: more is none of a gateway.
const MAX_CONTENT: usize = 64 << 20;

/// Where a gateway is, and what lets one in.
pub(super) struct Client {
    address: Address,
    token: String,
}

/// A whole answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) tag: Option<String>,
    /// Where a list goes on.
    pub(super) next: Option<String>,
    pub(super) content: Vec<u8>,
}

/// What is asked.
pub(super) struct Ask<'a> {
    pub(super) method: Method<'a>,
    pub(super) target: &'a str,
    pub(super) content: Option<Value>,
    pub(super) content_type: &'a str,
    pub(super) if_match: Option<&'a str>,
}

impl<'a> Ask<'a> {
    pub(super) const fn get(target: &'a str) -> Self {
        Self {
            method: Method::GET,
            target,
            content: None,
            content_type: "",
            if_match: None,
        }
    }
}

impl Client {
    /// By the options, else by the configuration, else by the environment.
    pub(super) fn new(arguments: &Arguments, config: Option<&Path>) -> Result<Self, Error> {
        let control = match config {
            Some(file) if arguments.address.is_none() || arguments.token_file.is_none() => {
                control(file)?
            }
            _ => None,
        };
        let environment = |name: &str| std::env::var(name).ok();
        let address = match (&arguments.address, &control) {
            (Some(text), _) => parse(text)?,
            (None, Some(control)) => control.address.clone(),
            (None, None) => match environment("WIREKIT_GATEWAY_ADDRESS") {
                Some(text) => parse(&text)?,
                None => return Err(none("no control address")),
            },
        };
        let file = arguments.token_file.clone();
        let file = file.or_else(|| control.map(|control| control.token_file));
        let token = match file {
            Some(file) => read_token(&file)?,
            None => environment("WIREKIT_GATEWAY_TOKEN").ok_or_else(|| none("no token"))?,
        };
        let token = token.trim().to_owned();
        Ok(Self { address, token })
    }

    /// All members of a list, or so many.
    pub(super) fn list(&self, target: &str, max: usize) -> Result<Vec<Value>, Error> {
        let (mut items, mut target) = (Vec::new(), target.to_owned());
        loop {
            let answer = self.ask(&Ask::get(&target))?;
            let page = json(&answer)?;
            let page = page.get("items").and_then(Value::as_array);
            items.extend(page.into_iter().flatten().cloned());
            match answer.next {
                Some(next) if items.len() < max => target = next,
                _ => break,
            }
        }
        items.truncate(max);
        Ok(items)
    }

    /// The answer, if it says that what was asked is done.
    pub(super) fn ask(&self, ask: &Ask<'_>) -> Result<Answer, Error> {
        let answer = self
            .exchange(ask)
            .map_err(|error| Error::Unreachable(format!("{}: {error}", self.address)))?;
        if (200..300).contains(&answer.status) {
            return Ok(answer);
        }
        let problem: Value = serde_json::from_slice(&answer.content).unwrap_or_default();
        let text = |key: &str| problem.get(key).and_then(Value::as_str).unwrap_or_default();
        let text = format!("{} {}: {}", answer.status, text("reason"), text("detail"));
        Err(Error::Refused { text, problem })
    }

    fn exchange(&self, ask: &Ask<'_>) -> io::Result<Answer> {
        match &self.address {
            Address::Unix(path) => {
                let stream = UnixStream::connect(path)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                self.exchange_over(stream, "localhost", ask)
            }
            Address::Tcp(address) => {
                let address = reachable(*address);
                let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                self.exchange_over(stream, &address.to_string(), ask)
            }
            Address::Builtin(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    fn exchange_over(
        &self,
        mut stream: impl Read + Write,
        host: &str,
        ask: &Ask<'_>,
    ) -> io::Result<Answer> {
        let mut connection = Connection::new(Config::DEFAULT);
        let authorization = format!("Bearer {}", self.token);
        let mut fields = vec![
            Field::new("Host", host),
            Field::new("Authorization", &authorization),
            Field::new("Connection", "close"),
        ];
        if let Some(tag) = ask.if_match {
            fields.push(Field::new("If-Match", tag));
        }
        let content = ask.content.as_ref().map(|content| content.to_string());
        let mut body = BodyLength::None;
        if let Some(content) = &content {
            fields.push(Field::new("Content-Type", ask.content_type));
            body = BodyLength::Length(content.len() as u64);
        }
        let (line, mut out) = (RequestLine::new(ask.method, ask.target), Vec::new());
        connection
            .send_head(&line, &fields, body, &mut out)
            .map_err(io::Error::other)?;
        if let Some(content) = &content {
            connection
                .send_data(content.as_bytes(), &mut out)
                .map_err(io::Error::other)?;
        }
        connection
            .send_end(&[], &mut out)
            .map_err(io::Error::other)?;
        stream.write_all(&out)?;
        receive(&mut connection, stream)
    }
}

fn receive(connection: &mut Connection, mut stream: impl Read) -> io::Result<Answer> {
    let (mut table, mut input, mut buffer) = (FieldTable::new(), Vec::new(), vec![0; 64 << 10]);
    let mut answer = Answer {
        status: 0,
        tag: None,
        next: None,
        content: Vec::new(),
    };
    while connection.wants_input() {
        let len = stream.read(&mut buffer)?;
        input.extend_from_slice(buffer.get(..len).unwrap_or_default());
        let mut taken = 0;
        while let Some((event, used)) = connection
            .receive(input.get(taken..).unwrap_or_default(), &mut table)
            .map_err(io::Error::other)?
        {
            taken += used;
            match event {
                Event::Head { head, .. } => {
                    let field = |name| head.fields().first(name);
                    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
                    answer.status = head.status().0;
                    answer.tag = field("etag").map(text);
                    answer.next = field("link").map(text).as_deref().and_then(next);
                }
                Event::Data(data) => answer.content.extend_from_slice(data),
                _ => {}
            }
        }
        input.drain(..taken);
        if answer.content.len() > MAX_CONTENT {
            return Err(io::Error::other("the answer is too long"));
        }
        if len == 0 {
            connection.receive_eof().map_err(io::Error::other)?;
            break;
        }
    }
    Ok(answer)
}

/// The target of the link with `rel="next"` (RFC 8288).
fn next(link: &str) -> Option<String> {
    let mut links = link.split(", ").filter_map(|link| link.split_once('>'));
    let (target, _) = links.find(|(_, parameters)| parameters.contains("rel=\"next\""))?;
    target.strip_prefix('<').map(str::to_owned)
}

pub(super) fn json(answer: &Answer) -> Result<Value, Error> {
    if answer.content.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&answer.content)
        .map_err(|error| Error::Unreachable(format!("the answer is no JSON: {error}")))
}

/// The control plane of a configuration.
fn control(file: &Path) -> Result<Option<crate::config::Control>, Error> {
    let config = Gateway::load(file).map_err(|error| {
        let hint = "; --address and --token-file do without it";
        Error::Unreachable(format!("{}: {error}{hint}", file.display()))
    })?;
    match config.control {
        Some(control) => Ok(Some(control)),
        None => Err(Error::Unreachable(format!(
            "{} has no [control]",
            file.display()
        ))),
    }
}

fn parse(text: &str) -> Result<Address, Error> {
    if let Some(path) = text.strip_prefix("unix:").filter(|path| !path.is_empty()) {
        return Ok(Address::Unix(PathBuf::from(path)));
    }
    text.parse()
        .map(Address::Tcp)
        .map_err(|_| none(&format!("{text:?} is no address")))
}

fn none(what: &str) -> Error {
    Error::Unreachable(format!(
        "{what}; --config FILE, --address and --token-file, or $WIREKIT_GATEWAY_ADDRESS and $WIREKIT_GATEWAY_TOKEN say it"
    ))
}

fn read_token(file: &Path) -> Result<String, Error> {
    std::fs::read_to_string(file)
        .map_err(|error| Error::Unreachable(format!("{}: {error}", file.display())))
}

/// What listens on all addresses is reached by the loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_the_link_that_says_so() {
        let both = r#"</a?limit=1>; rel="first", </a?limit=1&after=b>; rel="next""#;
        assert_eq!(next(both).as_deref(), Some("/a?limit=1&after=b"));
        assert_eq!(next(r#"</a>; rel="first""#), None);
        assert_eq!(next(""), None);
    }
}
