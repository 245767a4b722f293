//! Clients that ask for the same thing again and again, and look at each answer.

use core::fmt;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use wirekit::http1::{FieldTable, ResponseHead};

use crate::Failure;
use crate::clients::{Client, Clients, Stream};

/// Connections that are kept open, served by one thread.
pub(crate) struct Load {
    runtime: Runtime,
    streams: Vec<(Client, Box<dyn Stream>)>,
    exchange: Arc<Exchange>,
    answer: Answer,
}

/// What is sent each time, and what comes back each time: as many bytes, with these at the beginning and at the end.
struct Exchange {
    question: Vec<u8>,
    len: usize,
    beginning: Vec<u8>,
    ending: Vec<u8>,
}

/// What has to be the same from either server.
#[derive(PartialEq, Eq)]
pub(crate) struct Answer {
    status: u16,
    content: Vec<u8>,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, content } = self;
        let start = content.get(..content.len().min(100)).unwrap_or_default();
        write!(
            f,
            "{status} with {} bytes, {}",
            content.len(),
            start.escape_ascii()
        )
    }
}

impl Load {
    /// Connects, and asks once by each connection.
    pub(crate) fn open(clients: &Clients, connections: usize, path: &str) -> Result<Self, Failure> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let is_websocket = path.starts_with("/websocket");
        let upgrade = match is_websocket {
            // The key of RFC 6455 section 1.3.
            true => {
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            }
            false => "",
        };
        let question =
            format!("GET {path} HTTP/1.1\r\nHost: a.example\r\n{upgrade}\r\n").into_bytes();
        let mut streams = Vec::new();
        let mut first: Option<(Exchange, Answer)> = None;
        for _ in 0..connections {
            let mut client = clients.one();
            let (mut stream, found) = runtime.block_on(async {
                let mut stream = client.connect().await?;
                stream.write_all(&question).await?;
                let found = read(&mut *stream, &question).await?;
                Ok::<_, Failure>((stream, found))
            })?;
            let (mut exchange, mut answer) = found;
            if is_websocket {
                let frames;
                (exchange, frames) = frames_of_one_kibibyte();
                let content = runtime.block_on(ask_once(&mut *stream, &exchange))?;
                answer.content = content.get(frames..).unwrap_or_default().to_vec();
            }
            if let Some((_, first)) = &first
                && *first != answer
            {
                return Err(format!("answers {first}, then {answer}").into());
            }
            first.get_or_insert((exchange, answer));
            streams.push((client, stream));
        }
        let (exchange, answer) = first.ok_or("nothing was asked")?;
        Ok(Self {
            runtime,
            streams,
            exchange: Arc::new(exchange),
            answer,
        })
    }

    pub(crate) const fn answer(&self) -> &Answer {
        &self.answer
    }

    /// Asks so often by each connection, each waiting for its answers alone.
    pub(crate) fn run(&mut self, count: usize) -> Result<(), Failure> {
        let streams = core::mem::take(&mut self.streams);
        let exchange = &self.exchange;
        self.streams = self.runtime.block_on(async {
            let mut tasks = JoinSet::new();
            for (mut client, mut stream) in streams {
                let exchange = exchange.clone();
                tasks.spawn(async move {
                    let mut buffer = vec![0; exchange.len + 1];
                    for _ in 0..count {
                        if client.is_new() {
                            stream = client.connect().await?;
                        }
                        ask(&mut *stream, &exchange, &mut buffer).await?;
                    }
                    Ok::<_, Failure>((client, stream))
                });
            }
            let mut streams = Vec::new();
            while let Some(stream) = tasks.join_next().await {
                streams.push(stream??);
            }
            Ok::<_, Failure>(streams)
        })?;
        Ok(())
    }
}

async fn ask_once(
    stream: &mut (impl Stream + ?Sized),
    exchange: &Exchange,
) -> Result<Vec<u8>, Failure> {
    let mut buffer = vec![0; exchange.len + 1];
    ask(stream, exchange, &mut buffer).await?;
    buffer.truncate(exchange.len);
    Ok(buffer)
}

/// The buffer has room for one byte more than is expected.
async fn ask(
    stream: &mut (impl Stream + ?Sized),
    exchange: &Exchange,
    buffer: &mut [u8],
) -> Result<(), Failure> {
    stream.write_all(&exchange.question).await?;
    let mut len = 0;
    while len < exchange.len {
        match stream
            .read(buffer.get_mut(len..).unwrap_or_default())
            .await?
        {
            0 => {
                return Err(
                    format!("the connection ends behind {len} bytes of {}", exchange.len).into(),
                );
            }
            more => len += more,
        }
    }
    let answer = buffer.get(..len).unwrap_or_default();
    let is_same = len == exchange.len
        && answer.starts_with(&exchange.beginning)
        && answer.ends_with(&exchange.ending);
    match is_same {
        true => Ok(()),
        false => Err(format!("another answer: {}", answer.escape_ascii()).into()),
    }
}

/// Reads the first answer as HTTP.
async fn read(
    stream: &mut (impl Stream + ?Sized),
    question: &[u8],
) -> Result<(Exchange, Answer), Failure> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(format!("the connection ends behind {}", bytes.escape_ascii()).into());
        }
        let mut fields = FieldTable::new();
        let Some((head, used)) = ResponseHead::parse(&bytes, &mut fields)? else {
            continue;
        };
        let status = head.status().0;
        let len = match head.fields().first("content-length") {
            Some(len) => core::str::from_utf8(len)?.parse()?,
            None if status == 101 => 0,
            None => return Err(format!("no Content-Length: {}", bytes.escape_ascii()).into()),
        };
        let Some(content) = bytes.get(used..).filter(|content| content.len() >= len) else {
            continue;
        };
        let exchange = Exchange {
            question: question.to_vec(),
            len: bytes.len(),
            beginning: bytes.get(..12).unwrap_or_default().to_vec(),
            ending: content.to_vec(),
        };
        return Ok((
            exchange,
            Answer {
                status,
                content: content.to_vec(),
            },
        ));
    }
}

/// A frame of a client and the same content in a server's frame, and the length of the latter's header.
fn frames_of_one_kibibyte() -> (Exchange, usize) {
    let content = [b'x'; 1024];
    // RFC 6455 section 5.2: the last of a binary message, its length in 16 bits; a mask of zeros changes nothing.
    let header = [0x82, 126, 4, 0];
    let mut question = vec![0x82, 0x80 | 126, 4, 0, 0, 0, 0, 0];
    question.extend_from_slice(&content);
    let exchange = Exchange {
        question,
        len: header.len() + content.len(),
        beginning: header.to_vec(),
        ending: content.to_vec(),
    };
    (exchange, header.len())
}
