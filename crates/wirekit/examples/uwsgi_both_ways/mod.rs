//! Two blocking sockets, both ways at once.

use core::time::Duration;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

use wirekit::bridge::uwsgi::{Answer, Exchange, Outgoing};

/// Sets how long the other side may say nothing, or take nothing.
pub(crate) fn wait(stream: &TcpStream, patience: Option<Duration>) -> io::Result<()> {
    stream.set_read_timeout(patience)?;
    stream.set_write_timeout(patience)
}

/// Passes a request to the backend and its answer to the client; gives what the client has sent behind the request.
///
/// The answer is read while the body is still on its way, so that an early 413 arrives whole.
pub(crate) fn pass(
    exchange: &mut Exchange,
    client: &TcpStream,
    backend: &TcpStream,
    unread: Vec<u8>,
) -> io::Result<Vec<u8>> {
    let Exchange {
        outgoing, answer, ..
    } = exchange;
    thread::scope(|scope| {
        let sender = scope.spawn(|| {
            let sent = send(outgoing, client, backend, unread);
            if sent.is_err() {
                // Half a body is not the whole: the backend is neither to take it nor to wait for the rest.
                let _ = backend.shutdown(Shutdown::Both);
            }
            sent
        });
        let relayed = relay(answer, client, backend);
        if !answer.is_switched() {
            let _ = backend.shutdown(Shutdown::Both);
        }
        let behind = sender.join();
        relayed?;
        behind.map_err(|_| io::Error::other("a sender panicked"))?
    })
}

/// Sends the packet and the body. A backend that stops listening is no fault: the rest of the body is read all the same,
/// because closing with bytes unread would reset the client's connection, and the client might lose the answer.
fn send(
    request: &mut Outgoing,
    client: &TcpStream,
    mut backend: &TcpStream,
    mut unread: Vec<u8>,
) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    loop {
        let used = request
            .receive(&unread, &mut out)
            .map_err(io::Error::other)?;
        unread.drain(..used);
        let _ = backend.write_all(&out);
        out.clear();
        if request.is_done() {
            return Ok(unread);
        } else if read(client, &mut unread)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Passes the answer on until it is complete, or a tunnel begins.
fn relay(answer: &mut Answer, mut client: &TcpStream, backend: &TcpStream) -> io::Result<()> {
    let (mut unread, mut out) = (Vec::new(), Vec::new());
    while answer.wants_input() {
        // A backend that closes with the body unread resets the connection; what it said before is still read first.
        let came = read(backend, &mut unread);
        let passed = answer.receive(&unread, &mut out).and_then(|used| {
            unread.drain(..used);
            match came {
                Ok(0) => answer.receive_eof(&unread, &mut out),
                Ok(_) => Ok(()),
                // A connection that broke, or was silent for too long, is no end of an answer.
                Err(_) => {
                    answer.abort();
                    answer.receive(&[], &mut out).map(drop)
                }
            }
        });
        if passed.is_err() {
            answer.refuse(&mut out).map_err(io::Error::other)?;
        } else if answer.is_switched() {
            out.append(&mut unread);
        }
        client.write_all(&out)?;
        out.clear();
    }
    Ok(())
}

/// Copies both ways until both sides are done.
pub(crate) fn tunnel(
    mut client: &TcpStream,
    mut backend: &TcpStream,
    unread: &[u8],
) -> io::Result<()> {
    // Who speaks when is not HTTP's to say any more.
    wait(client, None)?;
    wait(backend, None)?;
    backend.write_all(unread)?;
    thread::scope(|scope| {
        scope.spawn(|| {
            let _ = io::copy(&mut &*client, &mut &*backend);
            let _ = backend.shutdown(Shutdown::Write);
        });
        let _ = io::copy(&mut backend, &mut client);
        client.shutdown(Shutdown::Both)
    })
}

/// Ends our side, then reads for a while what still comes: closing with bytes unread would reset the connection, and the
/// client might lose the answer.
pub(crate) fn close(client: &TcpStream) -> io::Result<()> {
    client.shutdown(Shutdown::Write)?;
    client.set_read_timeout(Some(Duration::from_secs(1)))?;
    let _ = io::copy(&mut client.take(16 << 20), &mut io::sink());
    Ok(())
}

/// Appends what has come; how much that is.
pub(crate) fn read(mut from: &TcpStream, into: &mut Vec<u8>) -> io::Result<usize> {
    let mut piece = [0; 65_536];
    let len = from.read(&mut piece)?;
    into.extend_from_slice(piece.get(..len).unwrap_or_default());
    Ok(len)
}
