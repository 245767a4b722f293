//! Subscriptions (modifier 224): datagrams in which a server announces to a router which names it serves, and from where.
//!
//! Specification section 7.6.

use crate::packet::HEADER_LEN;
use crate::{Error, ErrorKind, Header, Modifier1, Packet, Vars, content_length};

/// The header of a subscription; [`Header::encode_vars`] takes its variables.
pub const SUBSCRIBE: Header = Header {
    modifier1: Modifier1::SUBSCRIPTION,
    modifier2: 0,
};

/// The header of the packet that ends one.
pub const UNSUBSCRIBE: Header = Header {
    modifier1: Modifier1::SUBSCRIPTION,
    modifier2: 1,
};

/// A subscription, as a router gets it: every few seconds, and once more at the end. Specification section 7.6.
///
/// Its numbers are checked. Verifying the signature is left to the caller, who has the key.
///
/// ```
/// use wirekit_uwsgi::Var;
/// use wirekit_uwsgi::subscription::{SUBSCRIBE, Subscription};
///
/// let vars = [Var::new(b"key", b"shop.example"), Var::new(b"address", b"10.0.0.7:3031"), Var::new(b"load", b"3")];
/// let mut datagram = [0; 256];
/// let len = SUBSCRIBE.encode_vars_to_slice(&vars, &mut datagram)?;
///
/// let subscription = Subscription::parse(&datagram[..len])?;
/// assert_eq!((subscription.key(), subscription.address()), (&b"shop.example"[..], &b"10.0.0.7:3031"[..]));
/// assert_eq!(subscription.number("load"), Some(3)); // requests that it is serving
/// assert!(!subscription.ends());
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscription<'a> {
    packet: Packet<'a>,
    vars: Vars<'a>,
}

impl<'a> Subscription<'a> {
    /// Reads a datagram.
    ///
    /// # Errors
    ///
    /// As [`Packet::parse_datagram`] and [`Vars::parse`]; `WrongModifier`; `MissingVar` without `key` or `address`;
    /// `NumberSyntax` or `NumberOverflow` in a number; `BehindSignature` at a variable behind `sign`.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, Error> {
        let packet = Packet::parse_datagram(datagram)?;
        if packet.modifier1() != Modifier1::SUBSCRIPTION {
            return Err(Error::new(
                ErrorKind::WrongModifier {
                    found: packet.modifier1().0,
                },
                0,
            ));
        }
        if packet.modifier2() > UNSUBSCRIBE.modifier2 {
            return Err(Error::new(
                ErrorKind::WrongModifier {
                    found: packet.modifier2(),
                },
                3,
            ));
        }
        let vars = packet.vars()?;
        for name in ["key", "address"] {
            if vars.get(name.as_bytes()).is_none() {
                return Err(Error::new(ErrorKind::MissingVar { name }, datagram.len()));
            }
        }
        let mut is_signed = false;
        for var in vars {
            // What stands there is not signed: an address that was appended to another sender's datagram.
            if is_signed {
                let key = packet.offset_of(Some(var.key));
                let at = key.saturating_sub(size_of::<u16>());
                return Err(Error::new(ErrorKind::BehindSignature, at));
            }
            is_signed = var.key == b"sign";
            let max = match var.key {
                b"modifier1" | b"modifier2" => u64::from(u8::MAX),
                b"cores" | b"load" | b"weight" | b"unix" | b"backup" => u64::MAX,
                _ => continue,
            };
            let at = packet.offset_of(Some(var.value));
            match content_length(var.value) {
                Ok(number) if number <= max => {}
                Ok(_) => return Err(Error::new(ErrorKind::NumberOverflow, at)),
                Err(error) => {
                    let kind = match error.kind() {
                        ErrorKind::ContentLengthOverflow => ErrorKind::NumberOverflow,
                        _ => ErrorKind::NumberSyntax,
                    };
                    return Err(Error::new(kind, at + error.offset()));
                }
            }
        }
        Ok(Self { packet, vars })
    }

    /// Whether this ends the subscription.
    pub const fn ends(&self) -> bool {
        self.packet.modifier2() == UNSUBSCRIBE.modifier2
    }

    /// `key`: the name that is served, such as a host.
    pub fn key(&self) -> &'a [u8] {
        self.vars.get(b"key").unwrap_or_default()
    }

    /// `address`: where requests for it go.
    pub fn address(&self) -> &'a [u8] {
        self.vars.get(b"address").unwrap_or_default()
    }

    /// `modifier1` and `modifier2` of those requests; zero where absent.
    pub fn header(&self) -> Header {
        let number = |name| u8::try_from(self.number(name).unwrap_or_default()).unwrap_or_default();
        Header {
            modifier1: Modifier1(number("modifier1")),
            modifier2: number("modifier2"),
        }
    }

    /// A number: `cores`, `load`, `weight`, `unix` (the sender's clock) or `backup`.
    pub fn number(&self, name: &str) -> Option<u64> {
        let value = self.vars.get(name.as_bytes())?;
        content_length(value).ok().filter(|_| !value.is_empty())
    }

    /// `sign`: the signature over [`Subscription::signed_bytes`].
    pub fn signature(&self) -> Option<&'a [u8]> {
        self.vars.get(b"sign")
    }

    /// What the signature is over: the block up to the variable `sign`; `None` without one.
    ///
    /// Nothing stands behind it. The sender's clock, `unix`, is covered, so a router can refuse an old datagram that
    /// somebody sends again; the packet's header is not, so the signature does not distinguish a subscription from its end.
    pub fn signed_bytes(&self) -> Option<&'a [u8]> {
        // In front of the value: its length, the key, the key's length.
        const BEFORE: usize = 2 + "sign".len() + 2;
        let end = self.packet.offset_of(Some(self.signature()?));
        self.packet
            .as_bytes()
            .get(HEADER_LEN..end.checked_sub(BEFORE)?)
    }

    /// Everything, with what has no accessor: `sni_key`, `sni_crt`, `sni_ca`, `notify`, `algo`, `proto`, ...
    pub const fn vars(&self) -> Vars<'a> {
        self.vars
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::Var;

    fn datagram(header: Header, vars: &[(&str, &str)]) -> Vec<u8> {
        let vars: Vec<Var<'_>> = vars
            .iter()
            .map(|(key, value)| Var::new(key.as_bytes(), value.as_bytes()))
            .collect();
        let mut out = Vec::new();
        header.encode_vars(&vars, &mut out).unwrap();
        out
    }

    #[test]
    fn a_subscription_says_who_serves_what() {
        let vars = [
            ("key", "a.example"),
            ("address", "127.0.0.1:9"),
            ("modifier1", "0"),
            ("modifier2", "2"),
            ("cores", "8"),
            ("load", ""),
            ("weight", "1"),
        ];
        let bytes = datagram(SUBSCRIBE, &vars);
        let subscription = Subscription::parse(&bytes).unwrap();
        assert_eq!(
            (subscription.key(), subscription.address()),
            (&b"a.example"[..], &b"127.0.0.1:9"[..])
        );
        assert_eq!(
            subscription.header(),
            Header {
                modifier1: Modifier1::WSGI,
                modifier2: 2
            }
        );
        assert_eq!(
            (
                subscription.number("cores"),
                subscription.number("load"),
                subscription.number("unix")
            ),
            (Some(8), None, None)
        );
        assert!(
            !subscription.ends()
                && Subscription::parse(&datagram(UNSUBSCRIBE, &vars))
                    .unwrap()
                    .ends()
        );
    }

    #[test]
    fn a_signature_is_over_what_stands_before_it() {
        let vars = [("key", "a"), ("address", "b"), ("unix", "7"), ("sign", "")];
        let unsigned = datagram(SUBSCRIBE, &vars[..3]);
        let signed = datagram(SUBSCRIBE, &vars);
        let subscription = Subscription::parse(&signed).unwrap();
        assert_eq!(subscription.signature(), Some(&b""[..]));
        assert_eq!(subscription.signed_bytes(), Some(&unsigned[4..]));
        let subscription = Subscription::parse(&unsigned).unwrap();
        assert_eq!(
            (subscription.signature(), subscription.signed_bytes()),
            (None, None)
        );
    }

    #[test]
    fn nothing_stands_behind_a_signature() {
        let signed = [("key", "a"), ("address", "b"), ("unix", "7"), ("sign", "c")];
        let end = datagram(SUBSCRIBE, &signed).len();
        for forged in [("address", "evil"), ("unix", "8"), ("sign", "c"), ("x", "")] {
            let mut vars = signed.to_vec();
            vars.push(forged);
            let error = Subscription::parse(&datagram(SUBSCRIBE, &vars)).unwrap_err();
            let found = (error.kind(), error.offset());
            assert_eq!(found, (ErrorKind::BehindSignature, end), "{forged:?}");
        }
    }

    #[test]
    fn what_is_no_subscription_is_refused() {
        let good = [("key", "a"), ("address", "b")];
        let wrong = |header, more: &[(&str, &str)]| {
            let bytes = datagram(header, more);
            let error = Subscription::parse(&bytes).unwrap_err();
            (error.kind(), error.offset())
        };
        assert_eq!(
            wrong(Header::WSGI, &good),
            (ErrorKind::WrongModifier { found: 0 }, 0)
        );
        assert_eq!(
            wrong(
                Header {
                    modifier2: 2,
                    ..SUBSCRIBE
                },
                &good
            ),
            (ErrorKind::WrongModifier { found: 2 }, 3)
        );
        assert_eq!(
            wrong(SUBSCRIBE, &[("key", "a")]),
            (ErrorKind::MissingVar { name: "address" }, 12)
        );
        // The values stand at 37 and 33.
        #[rustfmt::skip]
        let rows = [
            (("modifier1", "256"), (ErrorKind::NumberOverflow, 37)),
            (("modifier2", "3x"), (ErrorKind::NumberSyntax, 38)),
            (("cores", "-1"), (ErrorKind::NumberSyntax, 33)),
            (("cores", "18446744073709551616"), (ErrorKind::NumberOverflow, 52)),
        ];
        for (number, expected) in rows {
            let found = wrong(SUBSCRIBE, &[good[0], good[1], number]);
            assert_eq!(found, expected, "{number:?}");
        }
        let most = [
            good[0],
            good[1],
            ("modifier1", "255"),
            ("cores", "18446744073709551615"),
        ];
        assert!(Subscription::parse(&datagram(SUBSCRIBE, &most)).is_ok());
        let error = Subscription::parse(b"\xe0\x01\0\0").unwrap_err();
        assert_eq!(
            (error.kind(), error.offset()),
            (ErrorKind::DatagramTruncated { needed: 5 }, 4)
        );
        let error = Subscription::parse(b"\xe0\0\0\0a").unwrap_err();
        assert_eq!(
            (error.kind(), error.offset()),
            (ErrorKind::DatagramTrailing, 4)
        );
    }
}
