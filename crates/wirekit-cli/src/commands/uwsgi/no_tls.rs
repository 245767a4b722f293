//! What stands for TLS where the program was built without it.

use std::io;
use std::net::TcpStream;

use super::stream::Trust;

/// There is none.
#[derive(Debug)]
pub(super) enum Session {}

impl Session {
    pub(super) fn start(_: TcpStream, _: &str, _: &Trust) -> io::Result<Self> {
        let text = "this wirekit was built without TLS, its feature `suwsgi`";
        Err(io::Error::new(io::ErrorKind::Unsupported, text))
    }

    pub(super) const fn stream(&self) -> &TcpStream {
        match *self {}
    }

    pub(super) fn read(&self, _: &mut [u8]) -> io::Result<usize> {
        match *self {}
    }

    pub(super) fn write(&self, _: &[u8]) -> io::Result<usize> {
        match *self {}
    }
}
