//! What each field is, by its name: one table, which all codecs and proxies read.

wirekit_macros::flags! {
    /// What a field is: a set of classes.
    ///
    /// RFC 9110 section 5.
    ///
    /// ```
    /// use wirekit_http::field::Classes;
    ///
    /// let cookie = Classes::of(b"Set-Cookie");
    /// assert!(!cookie.contains(Classes::LIST)); // its lines must not be joined
    /// assert!(Classes::of(b"Host").intersects(Classes::NOT_IN_TRAILERS));
    /// ```
    pub struct Classes(u16) {
        /// Says where the message ends: `Content-Length` and `Transfer-Encoding`.
        FRAMING = 0, "framing";
        /// Says where the message goes, and how far (RFC 9110 sections 7.2 and 7.6.2).
        ROUTING = 1, "routing";
        /// Changes what a request asks for: controls, preconditions, ranges, preferences.
        REQUEST_MODIFIER = 2, "request_modifier";
        /// Says who somebody is, cookies included.
        AUTHENTICATION = 3, "authentication";
        /// Says what is to be done with a response: caching, where else to go, when to come back.
        RESPONSE_CONTROL = 4, "response_control";
        /// Says how the content is to be read.
        CONTENT_FORMAT = 5, "content_format";
        /// Belongs to one connection, whether or not `Connection` names it (RFC 9110 section 7.6.1).
        CONNECTION = 6, "connection";
        /// Is for the next proxy (RFC 9110 section 11.7): every `Proxy-*`. A proxy consumes it, and may pass it on.
        PROXY = 7, "proxy";
        /// Has one value: a second line is an error, or has another meaning for another reader (RFC 9110 section 5.3).
        SINGLETON = 8, "singleton";
        /// A list: its lines may be joined with commas (RFC 9110 section 5.3).
        LIST = 9, "list";
        /// May repeat, and its lines must not be joined: `Set-Cookie` (RFC 9110 section 5.3).
        UNJOINABLE = 10, "unjoinable";
        /// A precondition (RFC 9110 section 13.1).
        PRECONDITION = 11, "precondition";
        /// Says for which client a proxy forwards: `Forwarded`, `X-Real-IP` and every `X-Forwarded-*`.
        FORWARDED = 12, "forwarded";
    }
}

impl Classes {
    /// What no sender may write in a trailer section: what must be known before the content, "such as those that describe
    /// message framing, routing, authentication, request modifiers, response controls, or content format" (RFC 9110
    /// section 6.5.1), and what belongs to the connection.
    pub const NOT_IN_TRAILERS: Self = Self::FRAMING
        .union(Self::ROUTING)
        .union(Self::REQUEST_MODIFIER)
        .union(Self::AUTHENTICATION)
        .union(Self::RESPONSE_CONTROL)
        .union(Self::CONTENT_FORMAT)
        .union(Self::CONNECTION);

    /// The classes of the field with that name, in any case; none for a name that has no row.
    ///
    /// ```
    /// use wirekit_http::field::Classes;
    ///
    /// assert!(Classes::of(b"content-length").contains(Classes::FRAMING));
    /// assert!(Classes::of(b"X-Forwarded-User").contains(Classes::FORWARDED));
    /// assert!(Classes::of(b"X-Anything").is_empty());
    /// ```
    #[inline]
    pub const fn of(name: &[u8]) -> Self {
        classify(name).1
    }

    #[inline]
    const fn of_prefix(name: &[u8]) -> Self {
        match name {
            [b'p' | b'P', ..] if starts_with(name, b"proxy-") => Self::PROXY,
            [b'x' | b'X', ..] if starts_with(name, b"x-forwarded-") => Self::FORWARDED,
            _ => Self::NONE,
        }
    }
}

const fn starts_with(name: &[u8], prefix: &[u8]) -> bool {
    match name.split_at_checked(prefix.len()) {
        Some((front, _)) => front.eq_ignore_ascii_case(prefix),
        None => false,
    }
}

/// The row of the field with that name, in any case, and its classes, by one look at the name.
///
/// A name without a row has classes by what it begins with: `Proxy-` and `X-Forwarded-`.
///
/// RFC 9110 section 5.
///
/// ```
/// use wirekit_http::field::{Classes, Name, classify};
///
/// let (name, classes) = classify(b"transfer-encoding");
/// assert_eq!(name, Some(Name::TransferEncoding));
/// assert!(classes.contains(Classes::FRAMING));
/// assert_eq!(classify(b"Proxy-Anything"), (None, Classes::PROXY));
/// ```
#[inline]
pub const fn classify(name: &[u8]) -> (Option<Name>, Classes) {
    match Name::of(name) {
        Some(known) => (Some(known), known.classes()),
        None => (None, Classes::of_prefix(name)),
    }
}

/// One row a field: the variant, the name as it is usually written, its classes and its section.
macro_rules! names {
    ($($name:ident = $text:literal, [$($class:ident)*], $spec:literal;)*) => {
        /// The name of a field that some rule of HTTP asks for: RFC 9110 section 5.1.
        ///
        /// ```
        /// use wirekit_http::field::Name;
        ///
        /// assert_eq!(Name::of(b"content-length"), Some(Name::ContentLength));
        /// assert_eq!(Name::ContentLength.as_str(), "Content-Length");
        /// assert_eq!(Name::ContentLength.spec(), "RFC 9110 section 8.6");
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum Name {
            $(#[doc = concat!("`", $text, "`: ", $spec, ".")] $name,)*
        }

        impl Name {
            /// Every name of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name as it is usually written.
            #[inline]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// What the field is.
            #[inline]
            pub const fn classes(self) -> Classes {
                match self {
                    $(Self::$name => Classes::NONE $(.union(Classes::$class))*,)*
                }
            }

            /// Where the field is defined.
            pub const fn spec(self) -> &'static str {
                match self {
                    $(Self::$name => $spec,)*
                }
            }
        }
    };
}

#[rustfmt::skip]
names! {
    Accept = "Accept", [REQUEST_MODIFIER LIST], "RFC 9110 section 12.5.1";
    AcceptCharset = "Accept-Charset", [REQUEST_MODIFIER LIST], "RFC 9110 section 12.5.2";
    AcceptEncoding = "Accept-Encoding", [REQUEST_MODIFIER LIST], "RFC 9110 section 12.5.3";
    AcceptLanguage = "Accept-Language", [REQUEST_MODIFIER LIST], "RFC 9110 section 12.5.4";
    AcceptRanges = "Accept-Ranges", [LIST], "RFC 9110 section 14.3";
    Age = "Age", [RESPONSE_CONTROL SINGLETON], "RFC 9111 section 5.1";
    Allow = "Allow", [LIST], "RFC 9110 section 10.2.1";
    AuthenticationInfo = "Authentication-Info", [LIST], "RFC 9110 section 11.6.3";
    Authorization = "Authorization", [AUTHENTICATION SINGLETON], "RFC 9110 section 11.6.2";
    CacheControl = "Cache-Control", [REQUEST_MODIFIER RESPONSE_CONTROL LIST], "RFC 9111 section 5.2";
    CdnLoop = "CDN-Loop", [LIST], "RFC 8586 section 2";
    Connection = "Connection", [CONNECTION LIST], "RFC 9110 section 7.6.1";
    ContentDisposition = "Content-Disposition", [SINGLETON], "RFC 6266 section 4.1";
    ContentEncoding = "Content-Encoding", [CONTENT_FORMAT LIST], "RFC 9110 section 8.4";
    ContentLanguage = "Content-Language", [LIST], "RFC 9110 section 8.5";
    ContentLength = "Content-Length", [FRAMING SINGLETON], "RFC 9110 section 8.6";
    ContentLocation = "Content-Location", [SINGLETON], "RFC 9110 section 8.7";
    ContentRange = "Content-Range", [CONTENT_FORMAT SINGLETON], "RFC 9110 section 14.4";
    ContentType = "Content-Type", [CONTENT_FORMAT SINGLETON], "RFC 9110 section 8.3";
    ContentSecurityPolicy = "Content-Security-Policy", [LIST], "Content Security Policy Level 3 section 3.1";
    Cookie = "Cookie", [AUTHENTICATION SINGLETON], "RFC 6265 section 5.4";
    Date = "Date", [RESPONSE_CONTROL SINGLETON], "RFC 9110 section 6.6.1";
    ETag = "ETag", [SINGLETON], "RFC 9110 section 8.8.3";
    Expect = "Expect", [REQUEST_MODIFIER LIST], "RFC 9110 section 10.1.1";
    Expires = "Expires", [RESPONSE_CONTROL SINGLETON], "RFC 9111 section 5.3";
    Forwarded = "Forwarded", [FORWARDED LIST], "RFC 7239 section 4";
    From = "From", [SINGLETON], "RFC 9110 section 10.1.2";
    Host = "Host", [ROUTING SINGLETON], "RFC 9110 section 7.2";
    Http2Settings = "HTTP2-Settings", [CONNECTION SINGLETON], "RFC 7540 section 3.2.1";
    IfMatch = "If-Match", [REQUEST_MODIFIER PRECONDITION LIST], "RFC 9110 section 13.1.1";
    IfModifiedSince = "If-Modified-Since", [REQUEST_MODIFIER PRECONDITION SINGLETON], "RFC 9110 section 13.1.3";
    IfNoneMatch = "If-None-Match", [REQUEST_MODIFIER PRECONDITION LIST], "RFC 9110 section 13.1.2";
    IfRange = "If-Range", [REQUEST_MODIFIER PRECONDITION SINGLETON], "RFC 9110 section 13.1.5";
    IfUnmodifiedSince = "If-Unmodified-Since", [REQUEST_MODIFIER PRECONDITION SINGLETON], "RFC 9110 section 13.1.4";
    KeepAlive = "Keep-Alive", [CONNECTION LIST], "RFC 2068 section 19.7.1.1";
    LastModified = "Last-Modified", [SINGLETON], "RFC 9110 section 8.8.2";
    Link = "Link", [LIST], "RFC 8288 section 3";
    Location = "Location", [RESPONSE_CONTROL SINGLETON], "RFC 9110 section 10.2.2";
    MaxForwards = "Max-Forwards", [ROUTING REQUEST_MODIFIER SINGLETON], "RFC 9110 section 7.6.2";
    Origin = "Origin", [SINGLETON], "RFC 6454 section 7";
    Pragma = "Pragma", [REQUEST_MODIFIER LIST], "RFC 9111 section 5.4";
    ProxyAuthenticate = "Proxy-Authenticate", [PROXY AUTHENTICATION LIST], "RFC 9110 section 11.7.1";
    ProxyAuthenticationInfo = "Proxy-Authentication-Info", [PROXY LIST], "RFC 9110 section 11.7.3";
    ProxyAuthorization = "Proxy-Authorization", [PROXY AUTHENTICATION SINGLETON], "RFC 9110 section 11.7.2";
    ProxyConnection = "Proxy-Connection", [PROXY CONNECTION LIST], "RFC 9112 appendix C.2.2";
    Range = "Range", [REQUEST_MODIFIER SINGLETON], "RFC 9110 section 14.2";
    Referer = "Referer", [SINGLETON], "RFC 9110 section 10.1.3";
    RetryAfter = "Retry-After", [RESPONSE_CONTROL SINGLETON], "RFC 9110 section 10.2.3";
    SecWebSocketAccept = "Sec-WebSocket-Accept", [SINGLETON], "RFC 6455 section 11.3.3";
    SecWebSocketExtensions = "Sec-WebSocket-Extensions", [LIST], "RFC 6455 section 11.3.2";
    SecWebSocketKey = "Sec-WebSocket-Key", [SINGLETON], "RFC 6455 section 11.3.1";
    SecWebSocketProtocol = "Sec-WebSocket-Protocol", [LIST], "RFC 6455 section 11.3.4";
    SecWebSocketVersion = "Sec-WebSocket-Version", [LIST], "RFC 6455 section 11.3.5";
    Server = "Server", [SINGLETON], "RFC 9110 section 10.2.4";
    SetCookie = "Set-Cookie", [AUTHENTICATION UNJOINABLE], "RFC 6265 section 4.1";
    StrictTransportSecurity = "Strict-Transport-Security", [SINGLETON], "RFC 6797 section 6.1";
    Te = "TE", [CONNECTION REQUEST_MODIFIER LIST], "RFC 9110 section 10.1.4";
    Trailer = "Trailer", [CONTENT_FORMAT LIST], "RFC 9110 section 6.6.2";
    TransferEncoding = "Transfer-Encoding", [FRAMING CONNECTION LIST], "RFC 9112 section 6.1";
    Upgrade = "Upgrade", [CONNECTION LIST], "RFC 9110 section 7.8";
    UserAgent = "User-Agent", [SINGLETON], "RFC 9110 section 10.1.5";
    Vary = "Vary", [RESPONSE_CONTROL LIST], "RFC 9110 section 12.5.5";
    Via = "Via", [LIST], "RFC 9110 section 7.6.3";
    WwwAuthenticate = "WWW-Authenticate", [AUTHENTICATION LIST], "RFC 9110 section 11.6.1";
    XForwardedFor = "X-Forwarded-For", [FORWARDED LIST], "RFC 7239 section 7.4";
    XForwardedHost = "X-Forwarded-Host", [FORWARDED], "RFC 7239 section 7.4";
    XForwardedPort = "X-Forwarded-Port", [FORWARDED], "RFC 7239 section 7.4";
    XForwardedProto = "X-Forwarded-Proto", [FORWARDED], "RFC 7239 section 7.4";
    XRealIp = "X-Real-IP", [FORWARDED], "RFC 7239 section 7.4";
}

impl Name {
    /// The field of this name, in any case; none for a name that has no row.
    ///
    /// Costs a few instructions where no such field exists, and one comparison where it does.
    ///
    /// ```
    /// use wirekit_http::field::Name;
    ///
    /// assert_eq!(Name::of(b"HOST"), Some(Name::Host));
    /// assert_eq!(Name::of(b"X-Anything"), None);
    /// ```
    #[inline]
    pub const fn of(name: &[u8]) -> Option<Self> {
        let Some(mut at) = place(name) else {
            return None;
        };
        loop {
            let Some(known) = at_place(at) else {
                return None;
            };
            if known.is(name) {
                return Some(known);
            }
            at = at.wrapping_add(1);
        }
    }

    /// Whether `name` is the name of this field, in any case.
    ///
    /// [`of`](Self::of) finds which of all fields a name is. For one field that is known at compile time this costs a
    /// comparison of its length, and one or two of words if that is right.
    ///
    /// ```
    /// use wirekit_http::field::Name;
    ///
    /// assert!(Name::Host.is(b"HOST") && !Name::Host.is(b"Hosts"));
    /// ```
    #[inline(always)]
    pub const fn is(self, name: &[u8]) -> bool {
        is_spelled(self.as_str().as_bytes(), name)
    }

    /// Whether a `Connection` field may name this field: not "a field that is intended for all recipients of the content"
    /// (RFC 9110 section 7.6.1), as every field of the table is that belongs to no connection and no proxy.
    ///
    /// `Trailer` may be named, which RFC 2616 section 13.5.1 had among those of the connection.
    pub const fn is_connection_option(self) -> bool {
        let classes = Classes::CONNECTION.union(Classes::PROXY);
        self.classes().intersects(classes) || matches!(self, Self::Trailer)
    }
}

/// The names at the places that [`place`] gives; where one is taken, the next one that is free.
const PLACES: [Option<Name>; 256] = {
    let mut places: [Option<Name>; 256] = [None; 256];
    let mut names = Name::ALL;
    while let [name, rest @ ..] = names {
        let mut at = match place(name.as_str().as_bytes()) {
            Some(at) => at,
            None => unreachable!(),
        };
        #[expect(clippy::indexing_slicing, reason = "a u8 is an index of 256 entries")]
        {
            while places[at as usize].is_some() {
                at = at.wrapping_add(1);
            }
            places[at as usize] = Some(*name);
        }
        names = rest;
    }
    places
};

#[inline]
const fn at_place(at: u8) -> Option<Name> {
    #[expect(clippy::indexing_slicing, reason = "a u8 is an index of 256 entries")]
    PLACES[at as usize]
}

/// Where a name is looked for: its length and three of its letters tell nearly all names apart.
#[inline]
const fn place(name: &[u8]) -> Option<u8> {
    let len = name.len();
    if len > LONGEST {
        return None;
    }
    let ([first, ..], [.., last], (_, [middle, ..])) = (name, name, name.split_at(len / 2)) else {
        return None;
    };
    // Upper and lower case differ in one bit.
    let letters = u32::from_le_bytes([*first, *middle, *last, 0]) | 0x0020_2020;
    let [len, ..] = len.to_le_bytes();
    let [.., place] = (letters | (len as u32) << 24)
        .wrapping_mul(FACTOR)
        .to_le_bytes();
    Some(place)
}

/// Found by trial: with it hardly any names share a place.
const FACTOR: u32 = 0x78ee_a67b;

/// Whether `name` is the text of a row, in any case: a word at a time, the last of which overlaps those before it.
///
/// Inlined, as nothing is left of it but those comparisons where the row is a constant.
#[inline(always)]
const fn is_spelled(row: &[u8], name: &[u8]) -> bool {
    if row.len() != name.len() {
        return false;
    }
    let mut differs = 0;
    match (row.last_chunk(), name.last_chunk()) {
        (Some(row_end), Some(name_end)) => {
            let (mut row, mut name) = (row, name);
            while let (Some((row_word, row_rest)), Some((name_word, name_rest))) =
                (row.split_first_chunk(), name.split_first_chunk())
            {
                differs |= difference(*row_word, *name_word);
                (row, name) = (row_rest, name_rest);
            }
            differs |= difference(*row_end, *name_end);
            differs == 0
        }
        _ => match (
            row.first_chunk(),
            name.first_chunk(),
            row.last_chunk(),
            name.last_chunk(),
        ) {
            (Some(row_start), Some(name_start), Some(row_end), Some(name_end)) => {
                differs |= half_difference(*row_start, *name_start);
                differs |= half_difference(*row_end, *name_end);
                differs == 0
            }
            _ => row.eq_ignore_ascii_case(name),
        },
    }
}

/// The bits in which the bytes of a name differ from those of a row, but for the one in which the cases of a letter do.
#[inline(always)]
const fn difference(row: [u8; 8], name: [u8; 8]) -> u64 {
    let (row, name) = (u64::from_le_bytes(row), u64::from_le_bytes(name));
    // Letters have this bit; the digits and hyphens of a row, which have no case, have not.
    let letters = row & u64::from_le_bytes([0x40; 8]);
    (row ^ name) & !(letters >> 1)
}

#[inline(always)]
const fn half_difference(row: [u8; 4], name: [u8; 4]) -> u64 {
    let [a, b, c, d] = row;
    let [e, f, g, h] = name;
    difference([a, b, c, d, 0, 0, 0, 0], [e, f, g, h, 0, 0, 0, 0])
}

/// The length of the longest name.
const LONGEST: usize = {
    let mut longest = 0;
    let mut names = Name::ALL;
    while let [name, rest @ ..] = names {
        if name.as_str().len() > longest {
            longest = name.as_str().len();
        }
        names = rest;
    }
    longest
};

#[cfg(test)]
mod tests;
