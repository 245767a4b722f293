//! The registries that IANA keeps for TLS.

mod alert;
mod algorithm;
mod extension;
mod grease;
mod protocol_name;

pub use alert::{AlertDescription, AlertLevel};
pub use algorithm::{CipherSuite, NamedGroup, SignatureScheme};
pub use extension::ExtensionType;
pub use protocol_name::ProtocolName;

/// Defines a registry: a newtype over the wire's integer, a const and a name for each value that has one. Values that
/// are reserved to be ignored get their names from the function behind `or`.
macro_rules! registry {
    ($(#[$doc:meta])* $name:ident($integer:ty) $(or $grease:path)?, $reason:literal { $($(#[$item:meta])* $constant:ident = $value:literal $text:literal,)* }) => {
        $(#[$doc])*
        #[expect(clippy::exhaustive_structs, reason = $reason)]
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name(pub $integer);

        impl $name {
            $($(#[$item])* pub const $constant: Self = Self($value);)*

            /// The registry's name.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($text),)*
                    _ => registry!(@other self.0 $(, $grease)?),
                }
            }

            $(
                /// Whether the value stands for nothing and receivers must ignore it: RFC 8701.
                pub const fn is_grease(self) -> bool {
                    $grease(self.0).is_some()
                }
            )?
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, concat!(stringify!($name), "({})"), self.0),
                }
            }
        }
    };
    (@other $value:expr) => { None };
    (@other $value:expr, $grease:path) => { $grease($value) };
}

use registry;

registry! {
    /// What a record carries: RFC 8446 section 5.1.
    ContentType(u8), "the wire holds one byte" {
        /// A signal that protection changes; in TLS 1.3 only for middleboxes.
        CHANGE_CIPHER_SPEC = 20 "change_cipher_spec",
        /// An alert.
        ALERT = 21 "alert",
        /// Handshake messages, or a part of one.
        HANDSHAKE = 22 "handshake",
        /// Application data, or in TLS 1.3 anything that is encrypted.
        APPLICATION_DATA = 23 "application_data",
        /// A heartbeat: RFC 6520.
        HEARTBEAT = 24 "heartbeat",
    }
}

registry! {
    /// A version of the protocol: RFC 8446 section 4.2.1 and appendix D.
    ProtocolVersion(u16) or grease::pair, "the wire holds two bytes" {
        /// SSL 3.0: RFC 6101.
        SSL_3_0 = 0x0300 "SSL 3.0",
        /// TLS 1.0: RFC 2246.
        TLS_1_0 = 0x0301 "TLS 1.0",
        /// TLS 1.1: RFC 4346.
        TLS_1_1 = 0x0302 "TLS 1.1",
        /// TLS 1.2: RFC 5246.
        TLS_1_2 = 0x0303 "TLS 1.2",
        /// TLS 1.3: RFC 8446.
        TLS_1_3 = 0x0304 "TLS 1.3",
    }
}

registry! {
    /// A handshake message: RFC 8446 section 4 and the IANA registry "TLS HandshakeType".
    HandshakeType(u8), "the wire holds one byte" {
        /// A server asks for a new handshake: RFC 5246.
        HELLO_REQUEST = 0 "hello_request",
        /// The client's offer.
        CLIENT_HELLO = 1 "client_hello",
        /// The server's choice.
        SERVER_HELLO = 2 "server_hello",
        /// A ticket for a later session.
        NEW_SESSION_TICKET = 4 "new_session_ticket",
        /// The end of early data.
        END_OF_EARLY_DATA = 5 "end_of_early_data",
        /// Extensions that need no protection keys of their own.
        ENCRYPTED_EXTENSIONS = 8 "encrypted_extensions",
        /// A certificate chain.
        CERTIFICATE = 11 "certificate",
        /// Parameters of the key exchange: RFC 5246.
        SERVER_KEY_EXCHANGE = 12 "server_key_exchange",
        /// The server asks for a certificate.
        CERTIFICATE_REQUEST = 13 "certificate_request",
        /// The server's flight is complete: RFC 5246.
        SERVER_HELLO_DONE = 14 "server_hello_done",
        /// The proof of a certificate's key.
        CERTIFICATE_VERIFY = 15 "certificate_verify",
        /// The client's part of the key exchange: RFC 5246.
        CLIENT_KEY_EXCHANGE = 16 "client_key_exchange",
        /// The end of the handshake.
        FINISHED = 20 "finished",
        /// A stapled OCSP response: RFC 6066.
        CERTIFICATE_STATUS = 22 "certificate_status",
        /// New traffic keys.
        KEY_UPDATE = 24 "key_update",
        /// The stand-in for a first ClientHello in the transcript; never sent.
        MESSAGE_HASH = 254 "message_hash",
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    #[test]
    fn unknown_values_show_their_number() {
        assert_eq!(format!("{:?}", ContentType::HANDSHAKE), "handshake");
        assert_eq!(format!("{:?}", CipherSuite(0x1399)), "CipherSuite(5017)");
    }
}
