//! The parameters of permessage-deflate as an offer or an answer has them (RFC 7692 section 7.1).

use super::{Takeover, WindowBits};
use crate::extension::Extension;
use crate::handshake::ErrorKind;

pub(super) const SERVER_TAKEOVER: &str = "server_no_context_takeover";
pub(super) const CLIENT_TAKEOVER: &str = "client_no_context_takeover";
pub(super) const SERVER_BITS: &str = "server_max_window_bits";
pub(super) const CLIENT_BITS: &str = "client_max_window_bits";

/// Who wrote the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Offer,
    Answer,
}

/// The parameters as they were written.
#[derive(Clone, Copy, Debug)]
pub(super) struct WrittenParameters {
    pub(super) server_takeover: Takeover,
    pub(super) client_takeover: Takeover,
    pub(super) server_bits: Option<WindowBits>,
    /// In an offer it may stand without a value.
    pub(super) client_bits: Option<Option<WindowBits>>,
}

impl WrittenParameters {
    pub(super) fn read(extension: Extension<'_>, side: Side) -> Result<Self, ErrorKind> {
        let mut written = Self {
            server_takeover: Takeover::Kept,
            client_takeover: Takeover::Kept,
            server_bits: None,
            client_bits: None,
        };
        for parameter in extension.parameters() {
            let bits = || {
                let bits = parameter
                    .value()
                    .map(|value| value.to_u8().and_then(WindowBits::new));
                bits.map(|bits| bits.ok_or(ErrorKind::ParameterValue))
                    .transpose()
            };
            let repeated = match parameter.name() {
                SERVER_TAKEOVER | CLIENT_TAKEOVER if parameter.value().is_some() => {
                    return Err(ErrorKind::ParameterValue);
                }
                SERVER_TAKEOVER => {
                    core::mem::replace(&mut written.server_takeover, Takeover::Dropped)
                        == Takeover::Dropped
                }
                CLIENT_TAKEOVER => {
                    core::mem::replace(&mut written.client_takeover, Takeover::Dropped)
                        == Takeover::Dropped
                }
                SERVER_BITS => written
                    .server_bits
                    .replace(bits()?.ok_or(ErrorKind::ParameterValue)?)
                    .is_some(),
                CLIENT_BITS => {
                    let bits = bits()?;
                    if side == Side::Answer && bits.is_none() {
                        return Err(ErrorKind::ParameterValue);
                    }
                    written.client_bits.replace(bits).is_some()
                }
                _ => return Err(ErrorKind::ParameterUnknown),
            };
            if repeated {
                return Err(ErrorKind::ParameterRepeated);
            }
        }
        Ok(written)
    }
}
