/// What the request was, as far as its answer depends on it: specification sections 5.4 and 5.5.
///
/// ```
/// use wirekit_uwsgi::response::{Config, Decoder, Event, Expectation, FieldTable};
///
/// // An answer to HEAD has a length, and no body.
/// let mut decoder = Decoder::new(Config::DEFAULT.expectation(Expectation::HeadOnly));
/// let (mut table, answer) = (FieldTable::new(), b"Status: 200 OK\r\nContent-Length: 9\r\n\r\n");
/// let (event, used) = decoder.receive(answer, &mut table)?.expect("a whole head");
/// assert!(matches!(event, Event::Head(head) if head.content_length() == Some(9)));
/// assert_eq!(decoder.receive(&answer[used..], &mut table)?, Some((Event::End, 0)));
/// # Ok::<(), wirekit_uwsgi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Expectation {
    /// A head and a body.
    #[default]
    Body,
    /// The request was a `HEAD`: a head; uWSGI sends a body all the same, which is left unread.
    HeadOnly,
    /// The request asked for another protocol, so 101 may be the answer.
    Upgrade,
}

/// How a [`Decoder`](super::Decoder) reads: specification section 5. [`Expectation`] and [`Limits`] have an example each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Config {
    /// What the request was, as far as its answer depends on it.
    pub expectation: Expectation,
    /// How large the head may be.
    pub limits: Limits,
}

impl Config {
    /// The answer to a request that was no `HEAD` and asked for no other protocol, with [`Limits::DEFAULT`].
    pub const DEFAULT: Self = Self {
        expectation: Expectation::Body,
        limits: Limits::DEFAULT,
    };

    /// Sets what the request was.
    #[must_use]
    pub const fn expectation(self, expectation: Expectation) -> Self {
        Self {
            expectation,
            ..self
        }
    }

    /// Sets how large the head may be.
    #[must_use]
    pub const fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }
}

/// How large an answer's head may be: specification section 5.2.
///
/// ```
/// use wirekit_uwsgi::response::{Config, Decoder, FieldTable, Limits};
///
/// let config = Config::DEFAULT.limits(Limits::DEFAULT.max_head_len(16)); // bytes
/// let error = Decoder::new(config).receive(b"Status: 200 Very OK\r\n", &mut FieldTable::new()).unwrap_err();
/// assert_eq!(error.to_string(), "head longer than 16 bytes at byte 16");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one head, up to and with its empty line; at most 65 535.
    pub max_head_len: usize,
}

impl Limits {
    /// 32 KiB.
    pub const DEFAULT: Self = Self {
        max_head_len: 32 * 1024,
    };

    /// Sets the bytes of one head; what is over 65 535 is 65 535.
    #[must_use]
    pub const fn max_head_len(self, max_head_len: usize) -> Self {
        let most = u16::MAX as usize;
        Self {
            max_head_len: if max_head_len > most {
                most
            } else {
                max_head_len
            },
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
