//! The values that RFC 8701 reserves to be ignored: clients send them so that servers do not learn to refuse what they
//! do not know ("Generate Random Extensions And Sustain Extensibility").

use super::{CipherSuite, ExtensionType, NamedGroup, ProtocolVersion, SignatureScheme};

macro_rules! is_grease {
    ($($registry:ident)+) => {
        $(impl $registry {
            /// Whether the value stands for nothing and receivers must ignore it: RFC 8701.
            pub const fn is_grease(self) -> bool {
                pair(self.0).is_some()
            }
        })+
    };
}

is_grease! { CipherSuite ExtensionType NamedGroup ProtocolVersion SignatureScheme }

/// The name of a reserved value of a two-byte registry: RFC 8701 section 2.
#[rustfmt::skip]
pub(super) const fn pair(value: u16) -> Option<&'static str> {
    match value {
        0x0a0a => Some("GREASE 0x0a0a"),
        0x1a1a => Some("GREASE 0x1a1a"),
        0x2a2a => Some("GREASE 0x2a2a"),
        0x3a3a => Some("GREASE 0x3a3a"),
        0x4a4a => Some("GREASE 0x4a4a"),
        0x5a5a => Some("GREASE 0x5a5a"),
        0x6a6a => Some("GREASE 0x6a6a"),
        0x7a7a => Some("GREASE 0x7a7a"),
        0x8a8a => Some("GREASE 0x8a8a"),
        0x9a9a => Some("GREASE 0x9a9a"),
        0xaaaa => Some("GREASE 0xaaaa"),
        0xbaba => Some("GREASE 0xbaba"),
        0xcaca => Some("GREASE 0xcaca"),
        0xdada => Some("GREASE 0xdada"),
        0xeaea => Some("GREASE 0xeaea"),
        0xfafa => Some("GREASE 0xfafa"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    /// RFC 8701 section 2: {0x0A,0x0A}, {0x1A,0x1A}, to {0xFA,0xFA}.
    #[test]
    fn sixteen_values_are_reserved() {
        let reserved = (0..16).map(|i| i * 0x1010 + 0x0a0a);
        assert!(
            (0..=u16::MAX)
                .filter(|&value| pair(value).is_some())
                .eq(reserved.clone())
        );
        for value in reserved {
            let name = format!("GREASE {value:#06x}");
            assert_eq!(pair(value), Some(name.as_str()));
            assert_eq!(format!("{:?}", CipherSuite(value)), name);
            assert_eq!(ProtocolVersion(value).name(), pair(value));
            assert_eq!(ExtensionType(value).name(), pair(value));
            assert_eq!(NamedGroup(value).name(), pair(value));
            assert_eq!(SignatureScheme(value).name(), pair(value));
        }
        assert!(ExtensionType(0x2a2a).is_grease() && !ExtensionType(0x2a3a).is_grease());
    }
}
