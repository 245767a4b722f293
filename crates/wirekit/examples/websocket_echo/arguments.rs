//! The arguments of a client: where to connect, and how large a window of compression it wishes for.

use std::io;

use wirekit::websocket::deflate::{Direction, Parameters, WindowBits};
use wirekit::websocket::url::{Scheme, Url};

/// `[--window-bits BITS] URL..`
#[derive(Debug)]
pub(crate) struct Arguments {
    /// For the messages of both ends.
    pub(crate) wish: Parameters,
    pub(crate) urls: Vec<String>,
}

impl Arguments {
    /// `None` where there is no URL, or no number for the windows.
    pub(crate) fn read(arguments: impl Iterator<Item = String>) -> Option<Self> {
        let mut wish = Parameters::DEFAULT;
        let mut arguments = arguments.peekable();
        if arguments.next_if_eq("--window-bits").is_some() {
            let window_bits = WindowBits::new(arguments.next()?.parse().ok()?)?;
            let direction = Direction {
                window_bits,
                ..Direction::DEFAULT
            };
            (wish.server, wish.client) = (direction, direction);
        }
        let urls: Vec<_> = arguments.collect();
        (!urls.is_empty()).then_some(Self { wish, urls })
    }
}

/// A URL to which this example can connect: it knows nothing of TLS.
pub(crate) fn plain_url(text: &str) -> io::Result<Url<'_>> {
    let url = Url::parse(text).map_err(|error| io::Error::other(format!("{text}: {error}")))?;
    match url.scheme() {
        Scheme::Ws => Ok(url),
        Scheme::Wss => Err(io::Error::other(format!("{text}: this example has no TLS"))),
    }
}
