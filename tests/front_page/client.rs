//! A client that says bytes and waits for bytes, and knows nothing of the protocol; and the end of those that do.

use core::net::SocketAddr;
use core::time::Duration;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::Child;
use std::thread;
use std::time::Instant;

use crate::program::PATIENCE;

/// Texts of one character per byte, U+0000 to U+00FF: what a client says, then what it has got before it says more; and what is still to come once it has shut down its side,
/// before the server closes. `Date: now` stands for the time as HTTP says it.
pub(crate) type Exchange<'a> = (&'a [(&'a str, &'a str)], &'a str);

/// How long a server may be silent. Nothing waits for so long but a test that fails.
pub(crate) const SILENCE: Duration = PATIENCE;

const DATE: &str = "\r\nDate: now\r\n";
/// RFC 9110 section 5.6.7: an IMF-fixdate.
const DATE_LEN: usize = "Sun, 06 Nov 1994 08:49:37 GMT".len();

/// Has the exchange over a connection of its own.
pub(crate) fn have(server: &str, address: SocketAddr, (turns, rest): Exchange<'_>) {
    let mut stream = TcpStream::connect(address).expect("a server");
    stream.set_nodelay(true).expect("an option");
    stream.set_read_timeout(Some(SILENCE)).expect("an option");
    for (said, expected) in turns {
        stream.write_all(&bytes(said)).expect("it reads");
        let dates = expected.matches(DATE).count();
        let mut got = vec![0; expected.chars().count() + dates * (DATE_LEN - "now".len())];
        let mut len = 0;
        while len < got.len() {
            match stream.read(&mut got[len..]) {
                Ok(0) => break,
                Ok(read_len) => len += read_len,
                Err(error) => panic!(
                    "{server} after {said:?}: {error}; got {:?}",
                    text(&got[..len])
                ),
            }
        }
        assert_eq!(&text(&got[..len]), expected, "{server} after {said:?}");
    }
    // The server may have closed already.
    let _ = stream.shutdown(Shutdown::Write);
    let mut got = Vec::new();
    let end = stream.read_to_end(&mut got);
    assert_eq!(text(&got), rest, "{server} after {turns:?} and no more");
    end.unwrap_or_else(|error| panic!("{server} after {turns:?} and no more: {error}"));
}

/// Waits until a program ends by itself, and no longer than [`PATIENCE`], at which it is made to.
pub(crate) fn ends(program: &mut Child) -> bool {
    let begun = Instant::now();
    while program.try_wait().expect("a child").is_none() {
        if begun.elapsed() > PATIENCE {
            program.kill().expect("a child");
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
    true
}

fn bytes(text: &str) -> Vec<u8> {
    text.chars()
        .map(|character| u8::try_from(character).expect("a byte"))
        .collect()
}

/// With each date, if it is one, as `now`.
fn text(bytes: &[u8]) -> String {
    const NAME: &str = "\r\nDate: ";
    let text: String = bytes.iter().copied().map(char::from).collect();
    let mut pieces = text.split(NAME);
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        plain.push_str(NAME);
        match piece.split_at_checked(DATE_LEN) {
            Some((date, rest)) if httpdate::parse_http_date(date).is_ok() => {
                plain.extend(["now", rest]);
            }
            _ => plain.push_str(piece),
        }
    }
    plain
}
