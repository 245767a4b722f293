use crate::config::Config;

/// How far a head that arrives in pieces has been scanned: RFC 9112 section 2.1.
///
/// Belongs to one head: the input grows at its end from call to call. The field table is an output, written when the
/// head is whole, so any table will do, and it may serve other heads in between. Ready for the next head after
/// `Ok(Some(..))`. The size of a few words.
///
/// ```
/// use wirekit_http1::{Config, FieldTable, Progress, RequestHead};
///
/// let wire = b"GET /where?q=now HTTP/1.1\r\nHost: www.example.com\r\n\r\n";
/// let (config, mut fields, mut progress) = (Config::DEFAULT, FieldTable::new(), Progress::new());
/// for arrived in 0..wire.len() {
///     // Looks at the one new byte.
///     assert!(RequestHead::resume(&wire[..arrived], &mut fields, &config, &mut progress)?.is_none());
/// }
/// let (head, used) = RequestHead::resume(wire, &mut fields, &config, &mut progress)?.expect("a whole head");
/// assert_eq!((head.target(), used), ("/where?q=now", wire.len()));
/// # Ok::<(), wirekit_http1::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub(super) state: State,
    /// Every byte before this one has been judged.
    pub(super) at: usize,
    /// Where the current line starts.
    pub(super) line: usize,
    /// Where the current name ends.
    pub(super) name_end: usize,
    /// Where the current value starts, before its whitespace is trimmed.
    pub(super) value_start: usize,
    /// Complete field lines.
    pub(super) fields: usize,
    pub(super) start: StartLine,
}

/// Where the parts of a start line stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StartLine {
    /// The first byte, after an empty line.
    pub(crate) start: u32,
    /// The end of a method.
    pub(crate) method_end: u32,
    /// The start of a target or a reason.
    pub(crate) text_start: u32,
    /// The end of a target or a reason.
    pub(crate) text_end: u32,
    /// The status code.
    pub(crate) status: u16,
    /// The digit after `HTTP/1.`.
    pub(crate) minor: u8,
}

impl StartLine {
    /// The target or the reason, in the bytes of the head.
    #[inline]
    pub(crate) fn text(self, head: &[u8]) -> &[u8] {
        head.get(self.text_start as usize..self.text_end as usize)
            .unwrap_or_default()
    }
}

/// What a whole head or trailer section was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scanned {
    /// Where the parts of the start line stand; nothing for trailers.
    pub(crate) line: StartLine,
    /// How many fields the table has.
    pub(crate) fields: usize,
    /// The length of the section, its empty line included.
    pub(crate) used: usize,
}

/// What the byte at [`Progress::at`] belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing has been looked at.
    #[default]
    Begin,
    /// An empty line before a request, or its first byte.
    RequestStart,
    Method,
    /// A target, up to its question mark.
    Target,
    /// The rest of it.
    Query,
    RequestVersion,
    RequestLineEnd,
    /// Empty lines before a response, or its first byte.
    ResponseStart,
    ResponseVersion,
    Status,
    StatusEnd,
    Reason,
    /// The first byte of a field line or of the empty line at the end.
    Line,
    Name,
    /// Whitespace that a quirk allows.
    BeforeColon,
    Value,
    /// A folded line that a quirk allows.
    Fold,
}

impl Progress {
    /// At the start of a head.
    pub const fn new() -> Self {
        Self {
            state: State::Begin,
            at: 0,
            line: 0,
            name_end: 0,
            value_start: 0,
            fields: 0,
            start: StartLine {
                start: 0,
                method_end: 0,
                text_start: 0,
                text_end: 0,
                status: 0,
                minor: 0,
            },
        }
    }

    /// Whether nothing of a head has been seen.
    pub const fn is_at_start(&self) -> bool {
        self.at == 0
    }

    /// Whether the `len` bytes that arrived are nothing but empty lines before a message.
    pub(crate) const fn is_only_empty_lines(&self, len: usize) -> bool {
        self.at == len && self.start.start as usize == len
    }
}

/// What begins the bytes to scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// A request line.
    Request,
    /// A status line.
    Response,
    /// A field line: a trailer section.
    Trailers,
}

impl Section {
    pub(super) const fn first_state(self) -> State {
        match self {
            Self::Request => State::RequestStart,
            Self::Response => State::ResponseStart,
            Self::Trailers => State::Line,
        }
    }

    pub(super) const fn max_len(self, config: &Config) -> usize {
        let max = match self {
            Self::Request | Self::Response => config.limits.max_head_len,
            Self::Trailers => config.limits.max_trailers_len,
        };
        // Spans hold 32 bits.
        if max < MAX_OFFSET { max } else { MAX_OFFSET }
    }
}

const MAX_OFFSET: usize = u32::MAX as usize;
