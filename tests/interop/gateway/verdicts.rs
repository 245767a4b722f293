//! The requests of `tests/verdicts/http1.txt`, sent to the gateway before a server that writes down what reaches it: nothing
//! of what is refused does, and what does is what was asked.

use core::net::SocketAddr;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use wirekit::http1::{Config, FieldTable, RequestEvent, RequestReader};

use super::wire::{self, Message};
use super::{Gateway, upstream};
use crate::program::PATIENCE;

#[path = "../../program/unescape.rs"]
pub(super) mod unescape;

/// What the server read on a connection: whole requests, or what is wrong with the bytes.
type Record = Result<Vec<Message>, String>;

/// A server that answers each request with 202, and tells of each connection when it ends.
struct Recorder {
    address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    /// Each with the number of its connection: they arrive as connections end, which need not be as they began.
    records: Receiver<(usize, Record)>,
    /// How many records were taken.
    taken: usize,
}

impl Recorder {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (sender, records) = channel();
        let accepted = Arc::new(AtomicUsize::new(0));
        let counted = accepted.clone();
        thread::spawn(move || {
            for (number, stream) in listener.incoming().map_while(Result::ok).enumerate() {
                counted.fetch_add(1, Ordering::SeqCst);
                let sender = sender.clone();
                thread::spawn(move || sender.send((number, record_one(stream))));
            }
        });
        Self {
            address,
            accepted,
            records,
            taken: 0,
        }
    }

    /// What reached it since the last time. Connections are accepted in their order, so all of before are there when a
    /// request that is sent now is answered.
    fn reached(&mut self, gateway: &Gateway, row: &str) -> Vec<Message> {
        let mut client = gateway.connect();
        client
            .write_all(b"GET /until-here HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .expect("it reads");
        let mut got = Vec::new();
        client.read_to_end(&mut got).expect("an answer");
        assert!(got.starts_with(b"HTTP/1.1 202 "), "{row}");
        let mut records = Vec::new();
        while self.taken < self.accepted.load(Ordering::SeqCst) {
            let record = self.records.recv_timeout(PATIENCE);
            records.push(record.expect("a connection ends"));
            self.taken += 1;
        }
        records.sort_by_key(|(number, _)| *number);
        let mut found = Vec::new();
        for (_, record) in records {
            found.extend(record.unwrap_or_else(|wrong| panic!("the server got {wrong}: {row}")));
        }
        found.retain(|message: &Message| !message.start.contains("/until-here"));
        found
    }
}

fn record_one(mut stream: TcpStream) -> Record {
    let (mut unread, mut piece, mut messages) = (Vec::new(), vec![0; 65_536], Vec::new());
    loop {
        while let Some((message, used)) = wire::read(&unread, false)? {
            unread.drain(..used);
            messages.push(message);
            // The gateway may have gone.
            let _ = stream.write_all(
                b"HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            );
        }
        match stream.read(&mut piece) {
            Ok(len @ 1..) => unread.extend_from_slice(&piece[..len]),
            _ => return Ok(messages),
        }
    }
}

/// A whole request of the input: its method and its content.
type Whole = (String, Vec<u8>);

/// The requests that are whole before the first error, or the end.
fn wholes(mut input: &[u8]) -> (Vec<Whole>, bool) {
    let (mut reader, mut fields) = (RequestReader::new(Config::DEFAULT), FieldTable::new());
    let (mut found, mut current) = (Vec::new(), Whole::default());
    loop {
        let used = match reader.receive(input, &mut fields) {
            Ok(Some((RequestEvent::Head { head, .. }, used))) => {
                current = (head.method().as_str().to_owned(), Vec::new());
                used
            }
            Ok(Some((RequestEvent::Data(data), used))) => {
                current.1.extend_from_slice(data);
                used
            }
            Ok(Some((RequestEvent::End(_), used))) => {
                found.push(core::mem::take(&mut current));
                used
            }
            Ok(None) => return (found, false),
            Err(_) => return (found, true),
        };
        input = &input[used..];
    }
}

/// All statuses that come back, and whether the last of them ended in order.
fn statuses(mut got: &[u8], methods: &[Whole], row: &str) -> Vec<u16> {
    let mut found = Vec::new();
    while !got.is_empty() {
        let status = got.get(9..12).unwrap_or_default();
        let is_head = methods
            .get(found.len())
            .is_some_and(|whole| whole.0 == "HEAD");
        let is_bare = is_head || status.starts_with(b"1") || status == b"204";
        let read = wire::read(got, is_bare).unwrap_or_else(|wrong| panic!("{wrong}: {row}"));
        let (message, used) = read.unwrap_or_else(|| panic!("cut: {row}: {}", got.escape_ascii()));
        if message.status() >= 200 {
            found.push(message.status());
        }
        got = &got[used..];
    }
    found
}

#[test]
fn what_is_refused_reaches_no_server() {
    let mut recorder = Recorder::start();
    let tables =
        upstream("http1", recorder.address, "persistent = 0\nretries = 0") + "max_failures = 0\n";
    let gateway = Gateway::start(&tables);
    let verdicts = include_str!("../../verdicts/http1.txt");
    let rows = verdicts
        .lines()
        .filter_map(|line| line.strip_prefix("http1-request\t"));
    let (mut count, mut refused) = (0, 0);
    for line in rows {
        let (verdict, input) = line.split_once('\t').expect("a verdict and an input");
        let input = unescape::unescape(input);
        let (wholes, is_error) = wholes(&input);
        for len in [input.len(), 1] {
            let row = format!("{line} by {len}");
            let mut client = gateway.connect();
            for piece in input.chunks(len) {
                // It may have been refused already.
                if client.write_all(piece).is_err() {
                    break;
                }
            }
            let _ = client.shutdown(Shutdown::Write);
            let mut got = Vec::new();
            let end = client.read_to_end(&mut got);
            let reached = recorder.reached(&gateway, &row);
            let statuses = statuses(&got, &wholes, &row);
            check_reached(&reached, &wholes, &statuses, &row);
            let closes = got.windows(17).any(|it| it == b"Connection: close");
            if is_error {
                assert!(verdict.contains('.'), "{row}");
                let last = *statuses.last().unwrap_or_else(|| panic!("{row}: {end:?}"));
                assert!(
                    closes && (last >= 400 || statuses.len() == wholes.len()),
                    "{row}: {statuses:?}"
                );
                refused += 1;
            }
            count += 1;
        }
    }
    assert!(count > 1000 && refused > 500, "{count} {refused}");
    gateway.end();
}

/// The server got whole requests of the input in their order and no others; each is a 202, and only these.
fn check_reached(reached: &[Message], wholes: &[Whole], statuses: &[u16], row: &str) {
    let mut left = wholes.iter();
    for message in reached {
        let method = message.start.split(' ').next().unwrap_or_default();
        let is_asked = left.any(|(asked, content)| asked == method && *content == message.content);
        assert!(is_asked, "{} reached the server: {row}", message.start);
    }
    let answered = statuses.iter().filter(|status| **status == 202);
    assert_eq!(answered.count(), reached.len(), "{row}: {statuses:?}");
}
