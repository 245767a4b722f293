//! The site that is served without a configuration: pages, an echo WebSocket and an application, inside the program.
//!
//! Its configuration is a file as any other. Only the addresses of its servers are its own: a connection to one is a pair of
//! sockets, with a task of the worker at the far end.

mod application;
mod pages;

use std::io;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::config::Service;
use application::Application;
use pages::Pages;

/// What is worth a visit, and why.
pub(super) const VISITS: [(&str, &str); 3] = [
    ("", "what this is"),
    ("echo.html", "a WebSocket that sends back what it gets"),
    ("environ", "what an application behind uwsgi gets"),
];

/// Room for what is read at once.
const READ_LEN: usize = 16 * 1024;

/// Connects to a server inside the program. To be called on a worker.
pub(super) fn connect(service: Service) -> io::Result<UnixStream> {
    let (near, far) = UnixStream::pair()?;
    let server = match service {
        Service::Application => Server::Application(Box::new(Application::new())),
        Service::Pages => Server::Pages(Box::new(Pages::new())),
    };
    // Whatever goes wrong there ends the connection, and that the gateway sees.
    tokio::task::spawn_local(serve(far, server));
    Ok(near)
}

enum Server {
    Application(Box<Application>),
    Pages(Box<Pages>),
}

impl Server {
    /// Takes what it can of the input, appends what is to be sent, and returns how much it took.
    fn receive(&mut self, input: &mut [u8], out: &mut Vec<u8>) -> io::Result<usize> {
        match self {
            Self::Application(application) => application.receive(input, out),
            Self::Pages(pages) => pages.receive(input, out),
        }
    }

    /// The gateway sends nothing more.
    fn receive_eof(&mut self) {
        match self {
            Self::Application(application) => application.receive_eof(),
            Self::Pages(pages) => pages.receive_eof(),
        }
    }

    fn wants_input(&self) -> bool {
        match self {
            Self::Application(application) => application.wants_input(),
            Self::Pages(pages) => pages.wants_input(),
        }
    }
}

async fn serve(mut stream: UnixStream, mut server: Server) -> io::Result<()> {
    let (mut input, mut out) = (BytesMut::new(), Vec::new());
    while server.wants_input() {
        input.reserve(READ_LEN);
        if stream.read_buf(&mut input).await? == 0 {
            server.receive_eof();
        }
        let used = server.receive(&mut input, &mut out)?;
        input.advance(used);
        stream.write_all(&out).await?;
        out.clear();
    }
    stream.shutdown().await?;
    // Closing with bytes unread would reset the connection, and the answer might be lost.
    while stream.read(&mut [0; 1024]).await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests;
