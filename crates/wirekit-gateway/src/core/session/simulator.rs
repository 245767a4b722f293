//! A client, servers and time that follow from a seed, and what must hold whatever they do.
//!
//! The client's bytes are read by a model of its own, which knows no more of HTTP than lengths and chunks.

use core::time::Duration;

use super::tests::{CONFIG, Stage};
use super::*;

/// xorshift64*, so that a seed is a whole story.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 33) as usize % bound
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// A request and the token that its answer must hold, if a server gives it.
struct Asked {
    wire: Vec<u8>,
    is_head: bool,
}

fn request(random: &mut Random, number: usize) -> Asked {
    let path = random.pick(&[
        "/",
        "/http/",
        "/files/a.txt",
        "/files/none",
        "/moved",
        "/x/../y",
        "/%2e%2e/",
    ]);
    let method = random.pick(&["GET", "GET", "HEAD", "POST", "PUT", "OPTIONS"]);
    let body = random.pick(&["", "", "hi", "a body that is longer than the others"]);
    let mut wire = format!("{method} {path}?{number} HTTP/1.1\r\nHost: a\r\n");
    match random.below(6) {
        0 => wire += &format!("Transfer-Encoding: chunked\r\n\r\n{}", chunked(body)),
        1 if !body.is_empty() => {
            wire += &format!(
                "Expect: 100-continue\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        }
        2 => {
            wire += &format!(
                "Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        }
        3 if body.is_empty() => wire += "\r\n",
        _ => wire += &format!("Content-Length: {}\r\n\r\n{body}", body.len()),
    }
    Asked {
        wire: wire.into_bytes(),
        is_head: method == "HEAD",
    }
}

fn chunked(body: &str) -> String {
    match body {
        "" => "0\r\n\r\n".to_owned(),
        body => format!("{:x}\r\n{body}\r\n0\r\nX-Trailer: 1\r\n\r\n", body.len()),
    }
}

/// What a server sends for the request with this number; its content says so.
fn answer(random: &mut Random, number: usize) -> Vec<u8> {
    let content = format!("answer {number};");
    match random.below(9) {
        0 => format!("HTTP/1.1 200 OK\r\n\r\n{content}"),
        1 => format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}", chunked(&content)),
        2 => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        3 => "HTTP/1.1 304 Not Modified\r\n\r\n".to_owned(),
        4 => format!("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{content}", content.len()),
        5 => "garbage\r\n\r\n".to_owned(),
        _ => format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{content}", content.len()),
    }
    .into_bytes()
}

/// The number in a request that a server got.
fn number_of(wire: &[u8]) -> Option<usize> {
    let at = wire.iter().position(|byte| *byte == b'?')?;
    let digits = wire[at + 1..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    String::from_utf8(digits.copied().collect())
        .ok()?
        .parse()
        .ok()
}

/// One conversation.
fn play(seed: u64) -> usize {
    let mut random = Random(
        seed.wrapping_mul(2)
            .wrapping_add(1)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15),
    );
    let mut stage = Stage::with(CONFIG);
    stage.file = Some(b"hello");
    let count = 1 + random.below(4);
    let requests: Vec<Asked> = (0..count)
        .map(|number| request(&mut random, number))
        .collect();
    let wire: Vec<u8> = requests
        .iter()
        .flat_map(|request| request.wire.clone())
        .collect();
    let (mut sent, mut ended, mut lost) = (0, false, false);
    let mut pending: Vec<u8> = Vec::new();
    // The request that the server has, and how many servers got it.
    let mut served = Vec::new();
    for _ in 0..400 {
        if stage.session.is_done() {
            break;
        }
        let fault = random.below(100);
        match random.below(6) {
            0 | 1 if sent < wire.len() && stage.session.wants_client() => {
                let len = match random.below(3) {
                    0 => 1,
                    1 => 1 + random.below(20),
                    _ => wire.len(),
                };
                let end = (sent + len).min(wire.len());
                stage.sends(&wire[sent..end]);
                sent = end;
            }
            2 if stage.connecting.is_some() => {
                if fault < 15 {
                    stage.connecting = None;
                    stage.session.connect_failed(
                        Reason::ConnectRefused,
                        stage.now,
                        &mut stage.worker,
                    );
                    stage.settle();
                } else {
                    stage.server.clear();
                    pending.clear();
                    stage.connects();
                    let number = number_of(&stage.server);
                    served.extend(number);
                    pending = answer(&mut random, number.unwrap_or(usize::MAX));
                }
            }
            3 | 4 if stage.is_connected && stage.session.wants_server() => match fault {
                0..3 => {
                    stage.session.server_lost(stage.now, &mut stage.worker);
                    stage.settle();
                }
                _ if pending.is_empty() => {
                    stage.session.server_ended(stage.now, &mut stage.worker);
                    stage.settle();
                }
                _ => {
                    let len = (1 + random.below(40)).min(pending.len());
                    let bytes: Vec<u8> = pending.drain(..len).collect();
                    stage.answers(&bytes);
                }
            },
            5 => match fault {
                0..2 => {
                    stage.session.client_lost(stage.now, &mut stage.worker);
                    stage.settle();
                    lost = true;
                }
                2..5 if !ended && stage.session.wants_client() => {
                    stage.session.client_ended(stage.now, &mut stage.worker);
                    stage.settle();
                    ended = true;
                    sent = wire.len();
                }
                5..8 => stage.passes(Duration::from_secs(61)),
                8..10 => {
                    stage.session.drain(stage.now, &mut stage.worker);
                    stage.settle();
                }
                _ => {}
            },
            _ => {}
        }
        check(&stage, seed);
    }
    // Whatever is left is answered or ended by time.
    for _ in 0..20 {
        if stage.session.is_done() {
            break;
        }
        stage.passes(Duration::from_secs(120));
    }
    assert!(
        stage.session.is_done(),
        "seed {seed}: a timer is armed for everything that waits"
    );
    assert!(
        !stage.is_connected && stage.connecting.is_none(),
        "seed {seed}: no server is left behind"
    );
    for balancer in &stage.worker.balancers {
        assert_eq!(
            balancer.active(0) + balancer.active(1),
            0,
            "seed {seed}: each request that began has ended"
        );
    }
    assert!(
        stage.records.len() <= requests.len() + 1,
        "seed {seed}: one record an exchange"
    );
    let whole = !lost && !stage.session.is_reset();
    if std::env::var("WIREKIT_SEED").is_ok() {
        println!(
            "asked {}\ngot {}\n{:?}",
            wire.escape_ascii(),
            stage.client.escape_ascii(),
            stage.records
        );
    }
    read(&stage.client, &requests, whole, seed);
    // RFC 9110 section 9.2.2: what is not idempotent reaches one server at most.
    for (number, request) in requests.iter().enumerate() {
        if request.wire.starts_with(b"POST") {
            let count = served.iter().filter(|served| **served == number).count();
            assert!(
                count <= 1,
                "seed {seed}: request {number} was sent {count} times"
            );
        }
    }
    stage.records.len()
}

/// What is held is bounded.
fn check(stage: &Stage, seed: u64) {
    let session = &stage.session;
    assert!(session.unread.len() <= 2 * HIGH_WATER, "seed {seed}");
    assert!(session.server_unread.len() <= 2 * HIGH_WATER, "seed {seed}");
    assert!(session.to_server.len() <= 2 * HIGH_WATER, "seed {seed}");
    assert!(
        session.deadline() <= stage.now + Duration::from_secs(80),
        "seed {seed}"
    );
}

/// The responses in order: one final response a request, each of which is a server's for that request or the gateway's own.
fn read(mut wire: &[u8], requests: &[Asked], whole: bool, seed: u64) {
    let mut number = 0;
    while !wire.is_empty() {
        let Some(end) = wire.windows(4).position(|window| window == b"\r\n\r\n") else {
            assert!(!whole, "seed {seed}: a head is cut");
            return;
        };
        let head = String::from_utf8_lossy(&wire[..end]).to_ascii_lowercase();
        let status: u16 = head
            .get(9..12)
            .and_then(|status| status.parse().ok())
            .unwrap_or_else(|| panic!("seed {seed}: {head}"));
        wire = &wire[end + 4..];
        if status < 200 {
            continue;
        }
        let is_head = requests.get(number).is_some_and(|request| request.is_head);
        let field = |name: &str| {
            let name = format!("\r\n{name}: ");
            let at = head.find(&name)? + name.len();
            head.get(at..)?.split('\r').next()
        };
        let mut content = Vec::new();
        if is_head && status == 408 && head.contains("\r\nconnection: close") {
            // Of a method that came in part nobody knows that it was to be HEAD.
            return;
        }
        if is_head || status == 204 || status == 304 {
        } else if field("transfer-encoding") == Some("chunked") {
            loop {
                let Some(line) = wire.windows(2).position(|window| window == b"\r\n") else {
                    assert!(!whole, "seed {seed}: a chunk is cut");
                    return;
                };
                let len =
                    usize::from_str_radix(&String::from_utf8_lossy(&wire[..line]), 16).unwrap();
                wire = &wire[line + 2..];
                if len == 0 {
                    let end = wire
                        .windows(2)
                        .position(|window| window == b"\r\n")
                        .unwrap();
                    wire = &wire[end + 2..];
                    break;
                }
                if wire.len() < len + 2 {
                    assert!(!whole, "seed {seed}: content is cut");
                    return;
                }
                content.extend_from_slice(&wire[..len]);
                wire = &wire[len + 2..];
            }
        } else {
            let len: usize = field("content-length").unwrap_or("0").parse().unwrap();
            if wire.len() < len {
                assert!(!whole, "seed {seed}: content is cut");
                return;
            }
            content.extend_from_slice(&wire[..len]);
            wire = &wire[len..];
        }
        let content = String::from_utf8_lossy(&content).into_owned();
        if content.starts_with("answer ") {
            assert_eq!(
                content,
                format!("answer {number};"),
                "seed {seed}: another request's answer"
            );
        }
        number += 1;
    }
    // A head that never came whole is answered with 400 or 408 once.
    assert!(
        number <= requests.len() + 1,
        "seed {seed}: more answers than requests"
    );
}

#[test]
fn whatever_client_servers_and_time_do() {
    let seeds: u64 = std::env::var("WIREKIT_SEEDS").map_or(2000, |seeds| seeds.parse().unwrap());
    let start: u64 = std::env::var("WIREKIT_SEED").map_or(0, |seed| seed.parse().unwrap());
    let exchanges: usize = (start..start + seeds).map(play).sum();
    assert!(
        exchanges as u64 >= seeds,
        "{exchanges} exchanges of {seeds} seeds"
    );
    println!("{exchanges} exchanges of {seeds} seeds");
}
