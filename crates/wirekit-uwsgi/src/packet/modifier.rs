use core::fmt;

use crate::Header;

/// A packet's first modifier: which handler a request is for, or what a response says.
///
/// Unknown numbers stay what they are. A number may mean one thing in a request and another in a response, so the
/// names come with a direction. Specification section 6.
///
/// ```
/// use wirekit_uwsgi::{Direction, Modifier1};
///
/// assert_eq!(Modifier1::WSGI.name(Direction::Request), Some("wsgi"));
/// assert_eq!(Modifier1(173).name(Direction::Request), Some("rpc"));
/// assert_eq!(Modifier1(213).name(Direction::Request), None); // unassigned, and yet a packet
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "one byte on the wire")]
pub struct Modifier1(pub u8);

/// Which way a packet goes: a [`Modifier1`] means one thing in a request and another in a response. Specification section 6;
/// the example of [`Modifier1`] names both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a packet goes one way or the other"
)]
pub enum Direction {
    /// To the server that executes, or to another node.
    Request,
    /// Back.
    Response,
}

/// How a packet's block is laid out: specification section 6.
///
/// ```
/// use wirekit_uwsgi::{Block, Direction, Modifier1};
///
/// assert_eq!(Modifier1::WSGI.block(Direction::Request), Block::Request); // variables, then a body
/// assert_eq!(Modifier1::SIGNAL.block(Direction::Request), Block::Empty);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Block {
    /// Variables, then a body of `CONTENT_LENGTH` bytes that the packet's size does not count.
    Request,
    /// Variables, and nothing after them.
    Vars,
    /// A list of items.
    Array,
    /// Bytes of the handler's own.
    Raw,
    /// No block: the size is zero.
    Empty,
    /// The second modifier decides (see [`Header::block`]), or the number is unassigned.
    Unknown,
}

/// Declares the registry: constant, number, name, block, in numeric order.
///
/// Not [`wirekit_macros::registry!`], in which a number means one thing: here it has a name and a block for each direction.
macro_rules! modifiers {
    (
        requests { $($(#[$request_doc:meta])* $request:ident = $request_number:literal, $request_name:literal, $block:ident;)* }
        responses { $($(#[$response_doc:meta])* $response:ident = $response_number:literal, $response_name:literal, $response_block:ident;)* }
    ) => {
        impl Modifier1 {
            $($(#[$request_doc])* pub const $request: Self = Self($request_number);)*
            $($(#[$response_doc])* pub const $response: Self = Self($response_number);)*

            /// Every number assigned in requests, in order.
            pub const REQUESTS: &'static [Self] = &[$(Self($request_number),)*];
            /// Every number assigned in responses, in order.
            pub const RESPONSES: &'static [Self] = &[$(Self($response_number),)*];

            /// What the number means in that direction; `None` where it is unassigned.
            pub const fn name(self, direction: Direction) -> Option<&'static str> {
                match (direction, self.0) {
                    $((Direction::Request, $request_number) => Some($request_name),)*
                    $((Direction::Response, $response_number) => Some($response_name),)*
                    _ => None,
                }
            }

            /// How the block of such a packet is laid out, as far as this number says.
            pub const fn block(self, direction: Direction) -> Block {
                match (direction, self.0) {
                    $((Direction::Request, $request_number) => Block::$block,)*
                    $((Direction::Response, $response_number) => Block::$response_block,)*
                    _ => Block::Unknown,
                }
            }
        }
    };
}

modifiers! {
    requests {
        /// A WSGI request; every front server sends this one.
        WSGI = 0, "wsgi", Request;
        /// A PSGI (Perl) request.
        PSGI = 5, "psgi", Request;
        /// A Lua WSAPI request.
        LUA = 6, "lua", Request;
        /// A Rack (Ruby) request.
        RACK = 7, "rack", Request;
        /// A request for the Java machine: JWSGI or Ring, by the second modifier.
        JVM = 8, "jvm", Request;
        /// A CGI request.
        CGI = 9, "cgi", Request;
        /// An option of uWSGI's, set or asked for.
        ADMIN = 10, "admin", Raw;
        /// A request for a gccgo program.
        GCCGO = 11, "gccgo", Request;
        /// A PHP request.
        PHP = 14, "php", Request;
        /// A Mono (ASP.NET) request.
        MONO = 15, "mono", Request;
        /// A job for the spooler.
        SPOOLER = 17, "spooler", Vars;
        /// A request for a C function, found by name.
        SYMCALL = 18, "symcall", Request;
        /// A request for server-side includes.
        SSI = 19, "ssi", Request;
        /// Code to evaluate.
        EVAL = 22, "eval", Raw;
        /// A request for the XSLT engine.
        XSLT = 23, "xslt", Request;
        /// A request for the V8 engine.
        V8 = 24, "v8", Request;
        /// A request for MongoDB's `GridFS`.
        GRIDFS = 25, "gridfs", Request;
        /// A request for a `FastFunc` function; uWSGI's documentation swaps this number with the next.
        FASTFUNC = 26, "fastfunc", Request;
        /// A request for `GlusterFS`.
        GLUSTERFS = 27, "glusterfs", Request;
        /// A request for Ceph's Rados.
        RADOS = 28, "rados", Request;
        /// A WSGI request whose server strips `SCRIPT_NAME` from `PATH_INFO`; without effect on Python 3.
        WSGI_STRIP = 30, "wsgi_strip", Request;
        /// A message in the handler's own bytes.
        MESSAGE = 31, "message", Raw;
        /// A message as an array.
        MESSAGE_ARRAY = 32, "message_array", Array;
        /// A message in Python's marshal format.
        MARSHAL = 33, "marshal", Raw;
        /// A WebDAV request; the Emperor's fork server uses the same number.
        WEBDAV = 35, "webdav", Request;
        /// An SNMP datagram: the number is the `0x30` that BER begins with, not a packet's header.
        SNMP = 48, "snmp", Raw;
        /// A multicast announcement.
        MULTICAST_ANNOUNCE = 73, "multicast_announce", Raw;
        /// A multicast message.
        MULTICAST = 74, "multicast", Raw;
        /// A cluster membership message.
        CLUSTER = 95, "cluster", Vars;
        /// A line for a remote log.
        REMOTE_LOG = 96, "remote_log", Raw;
        /// Reload at once.
        RELOAD_BRUTAL = 97, "reload_brutal", Empty;
        /// Reload gracefully.
        RELOAD = 98, "reload", Empty;
        /// A request for configuration.
        CONFIG = 99, "config", Vars;
        /// Is anybody there?
        PING = 100, "ping", Raw;
        /// Send the block back.
        ECHO = 101, "echo", Raw;
        /// A legion's encrypted datagram.
        LEGION = 109, "legion", Raw;
        /// A uWSGI signal; its number is the second modifier.
        SIGNAL = 110, "signal", Empty;
        /// A cache command.
        CACHE = 111, "cache", Unknown;
        /// Configuration pushed by the Emperor.
        EMPEROR = 115, "emperor", Vars;
        /// A message between routers, with a body of their own.
        COREROUTER = 123, "corerouter", Raw;
        /// A remote call.
        RPC = 173, "rpc", Unknown;
        /// The mark of a closing persistent connection: documented, sent by nothing.
        CLOSE = 200, "close", Empty;
        /// A subscription to a router.
        SUBSCRIPTION = 224, "subscription", Vars;
        /// The number that uWSGI's example plugins take.
        EXAMPLE = 250, "example", Request;
    }
    responses {
        /// The value of an option that was asked for.
        ADMIN_REPLY = 10, "admin_reply", Raw;
        /// A raw HTTP response: the number is the `H` of `HTTP`, not a packet's header.
        HTTP = 72, "http", Raw;
        /// The pong of a ping; a block, when there is one, is a warning.
        PONG = 100, "pong", Raw;
        /// A cache answer.
        CACHE_REPLY = 111, "cache_reply", Unknown;
        /// The answer to a remote call.
        RPC_REPLY = 173, "rpc_reply", Unknown;
        /// An answer of yes (second modifier 1) or no (0).
        STATUS = 255, "status", Raw;
    }
}

impl Header {
    /// How the block of such a packet is laid out: of remote calls and the cache, the second modifier decides.
    ///
    /// Specification sections 7.1 and 7.2.
    pub const fn block(self, direction: Direction) -> Block {
        use Direction::{Request, Response};
        match (direction, self.modifier1, self.modifier2) {
            (Request, Modifier1::RPC, 0 | 1) | (Request, Modifier1::CACHE, 1) => Block::Array,
            // The call stands in `PATH_INFO`, or in a body of XML.
            (Request, Modifier1::RPC, 2 | 3) => Block::Request,
            (Response, Modifier1::RPC_REPLY, 0) | (Request, Modifier1::CACHE, 0 | 2 | 5 | 6) => {
                Block::Raw
            }
            (Response, Modifier1::RPC_REPLY, 5)
            | (Request, Modifier1::CACHE, 3 | 4 | 17)
            | (Response, Modifier1::CACHE_REPLY, 7 | 17) => Block::Vars,
            _ => self.modifier1.block(direction),
        }
    }

    /// Whether such a packet, going to a server, is a request: variables, then a body.
    pub const fn is_request(self) -> bool {
        matches!(self.block(Direction::Request), Block::Request)
    }
}

impl fmt::Debug for Modifier1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name(Direction::Request) {
            Some(name) => write!(f, "{name}({})", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_numbers_stay_what_they_are() {
        assert_eq!(Modifier1(1).name(Direction::Request), None);
        assert_eq!(Modifier1(1).block(Direction::Request), Block::Unknown);
        assert_eq!(
            std::format!("{:?} {:?}", Modifier1(1), Modifier1::WSGI),
            "1 wsgi(0)"
        );
    }

    #[test]
    fn the_same_number_differs_by_direction() {
        assert_eq!(Modifier1(72).name(Direction::Request), None);
        assert_eq!(Modifier1(72).name(Direction::Response), Some("http"));
        assert_eq!(Modifier1(255).name(Direction::Response), Some("status"));
    }

    #[test]
    fn the_second_modifier_decides_where_the_first_does_not() {
        use Direction::{Request, Response};
        #[rustfmt::skip]
        let rows: &[(u8, u8, Direction, Block)] = &[
            (0, 9, Request, Block::Request),
            (173, 0, Request, Block::Array),
            (173, 1, Request, Block::Array),
            (173, 2, Request, Block::Request),
            (173, 3, Request, Block::Request),
            (173, 4, Request, Block::Unknown),
            (173, 5, Request, Block::Unknown),
            (173, 0, Response, Block::Raw),
            (173, 5, Response, Block::Vars),
            (111, 0, Request, Block::Raw),
            (111, 1, Request, Block::Array),
            (111, 17, Request, Block::Vars),
            (111, 17, Response, Block::Vars),
            (111, 6, Request, Block::Raw),
            (111, 7, Response, Block::Vars),
            (111, 99, Request, Block::Unknown),
            (1, 17, Request, Block::Unknown),
        ];
        for &(modifier1, modifier2, direction, block) in rows {
            let header = Header {
                modifier1: Modifier1(modifier1),
                modifier2,
            };
            assert_eq!(header.block(direction), block, "{header:?} {direction:?}");
        }
    }

    #[test]
    fn numbers_stand_in_order() {
        assert!(Modifier1::REQUESTS.is_sorted_by_key(|modifier| modifier.0));
        assert!(Modifier1::RESPONSES.is_sorted_by_key(|modifier| modifier.0));
    }
}
