use wirekit_http1 as http1;

/// How a client is read, and what bounds an exchange: RFC 9112 sections 2.2 and 9.3.
///
/// ```
/// use wirekit_bridge::Config;
/// use wirekit_http1::{self as http1, Limits};
///
/// const CLIENT: http1::Config = http1::Config::DEFAULT.limits(Limits::DEFAULT.max_head_len(8 * 1024));
/// const CONFIG: Config = Config::DEFAULT.client(CLIENT).max_drained_len(0);
/// assert_eq!(CONFIG.client.limits.max_head_len, 8192);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// The limits and quirks of the client's requests.
    pub client: http1::Config,
    /// How many bytes of a request that is answered early are read to keep the connection. Where more is to come, or nobody
    /// knows how many, the response says that the connection closes (RFC 9112 section 9.3).
    pub max_drained_len: u64,
}

impl Config {
    /// The limits of HTTP/1.1's own default, and at most 64 KiB that are read for nothing.
    pub const DEFAULT: Self = Self {
        client: http1::Config::DEFAULT,
        max_drained_len: 64 * 1024,
    };

    /// Sets [`client`](Self::client).
    #[must_use]
    pub const fn client(mut self, client: http1::Config) -> Self {
        self.client = client;
        self
    }

    /// Sets [`max_drained_len`](Self::max_drained_len).
    #[must_use]
    pub const fn max_drained_len(mut self, len: u64) -> Self {
        self.max_drained_len = len;
        self
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::DEFAULT
    }
}
