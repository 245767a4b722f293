/// What bounds the parts of a message that the format itself does not bound: RFC 9112 section 3, RFC 9110 section 5.4.
///
/// ```
/// use wirekit_http1::Limits;
///
/// const LIMITS: Limits = Limits::DEFAULT.max_head_len(8 * 1024).max_fields(50);
/// assert_eq!(LIMITS.max_target_len, 8 * 1024);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of a head, from the first byte of the start line (or of the empty line before it) to the empty line at
    /// the end.
    pub max_head_len: usize,
    /// The number of fields of a head or a trailer section; the capacity of the [`FieldTable`](crate::FieldTable) is a limit too.
    pub max_fields: usize,
    /// Bytes of a request target.
    pub max_target_len: usize,
    /// Bytes of the chunk extensions of one body, all together.
    pub max_chunk_extensions_len: usize,
    /// Bytes of a trailer section, to the empty line at the end.
    pub max_trailers_len: usize,
}

impl Limits {
    /// A head of 32 KiB with 100 fields, a target of 8 KiB, and 16 KiB each of chunk extensions and trailers.
    pub const DEFAULT: Self = Self {
        max_head_len: 32 * 1024,
        max_fields: 100,
        max_target_len: 8 * 1024,
        max_chunk_extensions_len: 16 * 1024,
        max_trailers_len: 16 * 1024,
    };

    /// Sets [`max_head_len`](Self::max_head_len). What exceeds `u32::MAX` counts as that.
    #[must_use]
    pub const fn max_head_len(mut self, len: usize) -> Self {
        self.max_head_len = len;
        self
    }

    /// Sets [`max_fields`](Self::max_fields).
    #[must_use]
    pub const fn max_fields(mut self, fields: usize) -> Self {
        self.max_fields = fields;
        self
    }

    /// Sets [`max_target_len`](Self::max_target_len).
    #[must_use]
    pub const fn max_target_len(mut self, len: usize) -> Self {
        self.max_target_len = len;
        self
    }

    /// Sets [`max_chunk_extensions_len`](Self::max_chunk_extensions_len).
    #[must_use]
    pub const fn max_chunk_extensions_len(mut self, len: usize) -> Self {
        self.max_chunk_extensions_len = len;
        self
    }

    /// Sets [`max_trailers_len`](Self::max_trailers_len).
    #[must_use]
    pub const fn max_trailers_len(mut self, len: usize) -> Self {
        self.max_trailers_len = len;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

wirekit_macros::flags! {
    /// Deviations from strict parsing, each of which lets one attack in: a set, empty by default (RFC 9112
    /// section 11).
    ///
    /// ```
    /// use wirekit_http1::Quirks;
    ///
    /// const QUIRKS: Quirks = Quirks::BARE_LF.union(Quirks::OBS_FOLD);
    /// assert!(QUIRKS.contains(Quirks::BARE_LF));
    /// assert!(Quirks::NONE.is_empty());
    /// ```
    pub struct Quirks(u32) {
        /// An LF alone ends a line of a head (RFC 9112 section 2.2 allows it).
        ///
        /// Attack: a peer that does not end the line there sees other fields, so one message can be smuggled in another,
        /// and a value that lets LF through can add fields.
        BARE_LF = 0, "bare_lf";
        /// A field value may go on in lines that begin with whitespace; its bytes then contain the folds.
        /// [`Field::lines`](crate::Field::lines) gives the parts.
        ///
        /// RFC 9112 section 5.2 lets a server, a proxy and a gateway refuse such a message, which they do without this quirk.
        /// A user agent "MUST replace each received obs-fold with one or more SP octets" in a response: one that wants all of
        /// HTTP/1.1 reads with it.
        ///
        /// Attack: a peer that reads the second line as a field of its own, or drops it, sees another message.
        OBS_FOLD = 1, "obs_fold";
        /// Whitespace may stand between a field name and the colon; it belongs to neither.
        ///
        /// Attack: a front end that forwards `Content-Length : 5` unread frames the message differently: smuggling.
        SPACE_BEFORE_COLON = 2, "space_before_colon";
        /// Any number of empty lines may precede a request.
        ///
        /// Attack: a client keeps a connection busy within the head's limit and no request ever begins.
        LEADING_EMPTY_LINES = 3, "leading_empty_lines";
        /// More than one space may separate the parts of a request line (RFC 9112 section 3 allows it).
        ///
        /// Attack: a front end that finds another target in the line applies its access rules to the wrong one.
        EXTRA_SPACES = 4, "extra_spaces";
        /// An HTTP/1.1 request may lack Host.
        ///
        /// Attack: servers of several names choose by default, and a cache in front may have chosen another name.
        MISSING_HOST = 5, "missing_host";
        /// Content-Length may be repeated, or a list, if all the numbers are equal (RFC 9112 section 6.3 allows it).
        ///
        /// Attack: a peer that takes the list for invalid, and the body for absent, reads the body as a request.
        REPEATED_CONTENT_LENGTH = 6, "repeated_content_length";
        /// Transfer-Encoding overrides a Content-Length in the same message; the connection then does not persist.
        ///
        /// Attack: a front end that goes by Content-Length forwards two requests as one: the classic CL.TE smuggling.
        CONTENT_LENGTH_WITH_TRANSFER_ENCODING = 7, "content_length_with_transfer_encoding";
        /// Transfer-Encoding counts in an HTTP/1.0 message; the connection then does not persist.
        ///
        /// Attack: an HTTP/1.0 peer on the way does not know the field and frames the message differently: smuggling.
        TRANSFER_ENCODING_IN_HTTP10 = 8, "transfer_encoding_in_http10";
        /// Codings other than chunked may stand before chunked; a response may also end with one and then lasts until
        /// the connection closes. The caller undoes them.
        ///
        /// Attack: a peer that skips the unknown coding, or misreads its name as chunked, frames the message differently.
        OTHER_TRANSFER_CODINGS = 9, "other_transfer_codings";
        /// An LF alone ends a chunk-size line, a chunk's data or a trailer line.
        ///
        /// Attack: a peer that waits for CRLF takes data for a chunk size or the reverse: smuggling (TERM.EXT).
        BARE_LF_IN_CHUNKS = 10, "bare_lf_in_chunks";
        /// Whitespace may stand between a chunk size and the end of its line.
        ///
        /// Attack: a peer that stops at the whitespace, or rejects the line, disagrees about the body's end.
        SPACE_AFTER_CHUNK_SIZE = 11, "space_after_chunk_size";
        /// Trailer fields that frame, route or authenticate the message are handed over, not rejected.
        ///
        /// Attack: a caller that merges trailers into the head lets the sender change what was already checked.
        FORBIDDEN_TRAILERS = 12, "forbidden_trailers";
        /// A message may follow the one that closes the connection, by its Connection field or as HTTP/1.0.
        ///
        /// Attack: a peer stops at the close, so what is hidden behind it passes unseen and is answered all the same.
        MESSAGE_AFTER_CLOSE = 13, "message_after_close";
        /// Transfer-Encoding may have empty list elements, up to 16 (RFC 9110 section 5.6.1.2 asks for "a reasonable number").
        ///
        /// Attack: a peer that takes `,chunked` for an unknown coding, or an empty line for the whole field, frames the message
        /// differently: smuggling.
        EMPTY_TRANSFER_CODINGS = 14, "empty_transfer_codings";
        /// CONNECT may have content, whose bytes come before the tunnel's.
        ///
        /// Attack: a peer that begins the tunnel behind the head, as many do, sends these bytes on to the host, or reads what
        /// comes from there as a response: RFC 9110 section 9.3.6 gives content in CONNECT no meaning.
        CONTENT_IN_CONNECT = 15, "content_in_connect";
        /// A request target may have every visible character but `#`.
        ///
        /// Without it a target has what RFC 3986 allows, and what browsers send as it is all the same (the URL standard): a
        /// percent sign without two digits, `[]^|`, and behind the question mark `\{}` and the grave accent too.
        ///
        /// Attack: `/static\..\admin` is a path of another directory to a peer that takes a backslash for a slash, as browsers do;
        /// and what a browser never sends goes unescaped into pages and logs that count on it.
        UNENCODED_TARGET = 16, "unencoded_target";
    }
}

/// How to read a peer: the limits and the deviations that it is allowed (RFC 9112 section 2.2).
///
/// ```
/// use wirekit_http1::{Config, Limits, Quirks};
///
/// const CONFIG: Config = Config::DEFAULT
///     .limits(Limits::DEFAULT.max_head_len(16 << 10)) // bytes
///     .quirks(Quirks::BARE_LF);
/// assert_eq!(CONFIG.limits.max_fields, 100); // fields
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// What bounds the message.
    pub limits: Limits,
    /// What is forgiven.
    pub quirks: Quirks,
}

impl Config {
    /// The default limits, no quirks.
    pub const DEFAULT: Self = Self {
        limits: Limits::DEFAULT,
        quirks: Quirks::NONE,
    };

    /// Sets [`limits`](Self::limits).
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets [`quirks`](Self::quirks).
    #[must_use]
    pub const fn quirks(mut self, quirks: Quirks) -> Self {
        self.quirks = quirks;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quirk_is_one_bit_of_its_own() {
        let mut all = Quirks::NONE;
        for (name, quirk) in Quirks::NAMED {
            assert_eq!(quirk.0.count_ones(), 1, "{name}");
            assert!(!all.contains(*quirk), "{name}");
            assert_eq!(Quirks::from_name(name), Some(*quirk));
            all = all.union(*quirk);
            // Once more changes nothing.
            assert_eq!((all.union(*quirk), all | *quirk), (all, all), "{name}");
            assert!(all.contains(*quirk) && !quirk.is_empty(), "{name}");
        }
        assert!(Quirks::NONE.is_empty());
        assert_eq!(Quirks::from_name("none"), None);
    }
}
