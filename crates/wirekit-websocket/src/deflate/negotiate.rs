use core::fmt;

use super::written::{
    CLIENT_BITS, CLIENT_TAKEOVER, SERVER_BITS, SERVER_TAKEOVER, Side, WrittenParameters,
};
use super::{Direction, Parameters, Takeover, WindowBits};
use crate::Rsv;
use crate::extension::{Answer, Extension, Negotiate};
use crate::handshake::ErrorKind;

const TOKEN: &str = "permessage-deflate";

/// permessage-deflate in an opening handshake, at either end (RFC 7692 section 7.1).
///
/// ```
/// use wirekit_websocket::deflate::{PermessageDeflate, Takeover};
/// use wirekit_websocket::extension::{Extensions, negotiate};
///
/// // What browsers offer.
/// let offers = Extensions::parse(b"permessage-deflate; client_max_window_bits")?;
/// let mut deflate = PermessageDeflate::new();
/// let mut answer = String::new();
/// negotiate(offers, &mut [&mut deflate], &mut answer).unwrap();
/// assert_eq!(answer, "permessage-deflate");
/// assert_eq!(deflate.agreed().unwrap().client.takeover, Takeover::Kept);
/// # Ok::<(), wirekit_websocket::handshake::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PermessageDeflate {
    wish: Parameters,
    fallback: Fallback,
    agreed: Option<Parameters>,
    /// The answer's `server_max_window_bits`: "A server accepts [..] by including" what was offered, so 15 is answered
    /// where the client offered it (RFC 7692 section 7.1.2.1).
    answered_server_bits: Option<WindowBits>,
}

/// Whether a client makes a second offer, which asks for nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Fallback {
    #[default]
    Offered,
    None,
}

impl PermessageDeflate {
    /// Full windows, kept: the best compression and the most memory.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_wish(Parameters::DEFAULT)
    }

    /// At most this much in each direction.
    ///
    /// A server declines an offer that leaves it no way to keep the client's window down: one without
    /// `client_max_window_bits` (RFC 7692 section 7.1.2.2). A client always offers `client_max_window_bits`.
    ///
    /// A client with a wish makes a second offer after that one, without it, as in the example of RFC 7692 section 7.1.3: a
    /// server that cannot do with so small a window may take it, where it would have to go without compression or, as
    /// npm's ws does, refuse the handshake. So the server's window may be larger than the wish: [`agreed`](Self::agreed)
    /// says what it is. The client's own keeps to the wish.
    #[must_use]
    pub const fn with_wish(wish: Parameters) -> Self {
        Self {
            wish,
            fallback: Fallback::Offered,
            agreed: None,
            answered_server_bits: None,
        }
    }

    /// The same wish, to be kept by the server: a client makes no second offer, and refuses an answer with more.
    #[must_use]
    pub const fn without_fallback(mut self) -> Self {
        self.fallback = Fallback::None;
        self
    }

    /// What the last offer asks for.
    const fn least_wish(&self) -> Parameters {
        match self.fallback {
            Fallback::Offered => Parameters::DEFAULT,
            Fallback::None => self.wish,
        }
    }

    /// What was agreed, once the extension is in use.
    #[must_use]
    pub const fn agreed(&self) -> Option<Parameters> {
        self.agreed
    }
}

impl Negotiate for PermessageDeflate {
    fn token(&self) -> &str {
        TOKEN
    }

    fn rsv(&self) -> Rsv {
        Rsv::RSV1
    }

    fn write_offer(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        write_one_offer(&self.wish, out)?;
        let least = self.least_wish();
        if least != self.wish {
            out.write_str(", ")?;
            write_one_offer(&least, out)?;
        }
        Ok(())
    }

    fn accept(&mut self, offer: Extension<'_>) -> Answer {
        // "A server MUST decline an extension negotiation offer for this extension" whose parameters are unknown,
        // repeated or invalid (RFC 7692 section 7.1).
        let Ok(written) = WrittenParameters::read(offer, Side::Offer) else {
            return Answer::Declined;
        };
        let client_bits = match written.client_bits {
            Some(bits) => bits.unwrap_or(WindowBits::MAX),
            None if self.wish.client.window_bits < WindowBits::MAX => return Answer::Declined,
            None => WindowBits::MAX,
        };
        let server_bits = written.server_bits.unwrap_or(WindowBits::MAX);
        let server = Direction {
            takeover: written.server_takeover,
            window_bits: server_bits,
        }
        .within(self.wish.server);
        let client = Direction {
            takeover: written.client_takeover,
            window_bits: client_bits,
        }
        .within(self.wish.client);
        let is_answered = written.server_bits.is_some() || server.window_bits < WindowBits::MAX;
        self.answered_server_bits = is_answered.then_some(server.window_bits);
        self.agreed = Some(Parameters { server, client });
        Answer::Accepted
    }

    fn write_answer(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let agreed = self.agreed.unwrap_or_default();
        out.write_str(TOKEN)?;
        write_takeovers(&agreed, out)?;
        if let Some(bits) = self.answered_server_bits {
            write!(out, "; {SERVER_BITS}={}", bits.get())?;
        }
        if agreed.client.window_bits < WindowBits::MAX {
            write!(out, "; {CLIENT_BITS}={}", agreed.client.window_bits.get())?;
        }
        Ok(())
    }

    fn confirm(&mut self, answer: Extension<'_>) -> Result<(), ErrorKind> {
        let written = WrittenParameters::read(answer, Side::Answer)?;
        // An answer does not say which offer it accepts, so it must do for the one that asks least. Sections 7.1.1.1 and
        // 7.1.2.1: the server accepts what was asked of it by saying so.
        let least = self.least_wish().server;
        if least.takeover == Takeover::Dropped && written.server_takeover == Takeover::Kept {
            return Err(ErrorKind::ParameterMissing);
        }
        let server_bits = written.server_bits.unwrap_or(WindowBits::MAX);
        if server_bits > least.window_bits {
            let missing = written.server_bits.is_none();
            return Err(if missing {
                ErrorKind::ParameterMissing
            } else {
                ErrorKind::ParameterValue
            });
        }
        let client_bits = written.client_bits.flatten().unwrap_or(WindowBits::MAX);
        self.agreed = Some(Parameters {
            server: Direction {
                takeover: written.server_takeover,
                window_bits: server_bits,
            },
            client: Direction {
                takeover: written.client_takeover,
                window_bits: client_bits,
            }
            .within(self.wish.client),
        });
        Ok(())
    }
}

fn write_one_offer(wish: &Parameters, out: &mut dyn fmt::Write) -> fmt::Result {
    out.write_str(TOKEN)?;
    write_takeovers(wish, out)?;
    if wish.server.window_bits < WindowBits::MAX {
        write!(out, "; {SERVER_BITS}={}", wish.server.window_bits.get())?;
    }
    write!(out, "; {CLIENT_BITS}")?;
    if wish.client.window_bits < WindowBits::MAX {
        write!(out, "={}", wish.client.window_bits.get())?;
    }
    Ok(())
}

fn write_takeovers(parameters: &Parameters, out: &mut dyn fmt::Write) -> fmt::Result {
    for (direction, name) in [
        (parameters.server, SERVER_TAKEOVER),
        (parameters.client, CLIENT_TAKEOVER),
    ] {
        if direction.takeover == Takeover::Dropped {
            write!(out, "; {name}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::String;

    use super::*;
    use crate::extension::{Extensions, confirm, negotiate};

    /// Takeover and window bits, the server's and the client's: `K15 K15`.
    fn short(parameters: Parameters) -> String {
        let one = |direction: Direction| {
            let takeover = if direction.takeover == Takeover::Kept {
                'K'
            } else {
                'D'
            };
            std::format!("{takeover}{}", direction.window_bits.get())
        };
        std::format!("{} {}", one(parameters.server), one(parameters.client))
    }

    fn direction(text: &str) -> Direction {
        let takeover = if text.starts_with('K') {
            Takeover::Kept
        } else {
            Takeover::Dropped
        };
        Direction {
            takeover,
            window_bits: WindowBits::new(text.get(1..).unwrap().parse().unwrap()).unwrap(),
        }
    }

    /// `D10 K15`, or `D10! K15` where the server is to keep to it.
    fn wish(text: &str) -> PermessageDeflate {
        let (server, client) = text.split_once(' ').unwrap();
        let deflate = PermessageDeflate::with_wish(Parameters {
            server: direction(server.trim_end_matches('!')),
            client: direction(client),
        });
        if server.ends_with('!') {
            deflate.without_fallback()
        } else {
            deflate
        }
    }

    // RFC 7692 section 6 for the bit, and section 7.1 for what stands where nothing is agreed.
    #[test]
    fn an_extension_has_its_bit_and_its_defaults() {
        assert_eq!(wish("K15 K15").rsv(), Rsv::RSV1);
        assert_eq!(short(Parameters::default()), "K15 K15");
        assert_eq!(Parameters::default(), Parameters::DEFAULT);
    }

    #[test]
    fn server_answers_offers() {
        #[rustfmt::skip]
        let rows: [(&str, &str, &str, &str); 24] = [
            // The offers of RFC 7692 section 7.1.3, and what browsers send.
            ("K15 K15", "permessage-deflate", "permessage-deflate", "K15 K15"),
            ("K15 K15", "permessage-deflate; client_max_window_bits; server_max_window_bits=10",
             "permessage-deflate; server_max_window_bits=10", "K10 K15"),
            ("K15 K15", "permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate; client_max_window_bits",
             "permessage-deflate; server_max_window_bits=10", "K10 K15"),
            ("K15 K15", "permessage-deflate; client_max_window_bits", "permessage-deflate", "K15 K15"),
            ("D15 D15", "permessage-deflate; client_max_window_bits",
             "permessage-deflate; server_no_context_takeover; client_no_context_takeover", "D15 D15"),
            // Section 7.1.1: either end may ask for either flag.
            ("K15 K15", "permessage-deflate; server_no_context_takeover",
             "permessage-deflate; server_no_context_takeover", "D15 K15"),
            ("K15 K15", "permessage-deflate; client_no_context_takeover",
             "permessage-deflate; client_no_context_takeover", "K15 D15"),
            // Section 7.1.2.1: included with the same or a smaller value, or unasked.
            ("K15 K15", "permessage-deflate; server_max_window_bits=15",
             "permessage-deflate; server_max_window_bits=15", "K15 K15"),
            ("K12 K15", "permessage-deflate; server_max_window_bits=15",
             "permessage-deflate; server_max_window_bits=12", "K12 K15"),
            ("K12 K15", "permessage-deflate; server_max_window_bits=8",
             "permessage-deflate; server_max_window_bits=8", "K8 K15"),
            ("K12 K15", "permessage-deflate", "permessage-deflate; server_max_window_bits=12", "K12 K15"),
            ("K15 K15", "permessage-deflate; server_max_window_bits=\"1\\0\"",
             "permessage-deflate; server_max_window_bits=10", "K10 K15"),
            // Section 7.1.2.2: only where the client offered it.
            ("K15 K11", "permessage-deflate; client_max_window_bits",
             "permessage-deflate; client_max_window_bits=11", "K15 K11"),
            ("K15 K11", "permessage-deflate; client_max_window_bits=9",
             "permessage-deflate; client_max_window_bits=9", "K15 K9"),
            ("K15 K11", "permessage-deflate", "", ""),
            ("K15 K11", "permessage-deflate, permessage-deflate; client_max_window_bits=15",
             "permessage-deflate; client_max_window_bits=11", "K15 K11"),
            // Section 7.1: unknown, repeated, wrong: declined.
            ("K15 K15", "permessage-deflate; x", "", ""),
            ("K15 K15", "permessage-deflate; server_no_context_takeover=1", "", ""),
            ("K15 K15", "permessage-deflate; client_no_context_takeover; client_no_context_takeover", "", ""),
            ("K15 K15", "permessage-deflate; server_max_window_bits", "", ""),
            ("K15 K15", "permessage-deflate; server_max_window_bits=7", "", ""),
            ("K15 K15", "permessage-deflate; client_max_window_bits=16", "", ""),
            ("K15 K15", "permessage-deflate; client_max_window_bits=08", "", ""),
            ("K15 K15", "permessage-deflate; client_max_window_bits; client_max_window_bits=9, permessage-deflate",
             "permessage-deflate", "K15 K15"),
        ];
        for (wished, offer, answer, agreed) in rows {
            let mut deflate = wish(wished);
            let mut out = String::new();
            let offers = Extensions::parse(offer.as_bytes()).unwrap();
            negotiate(offers, &mut [&mut deflate], &mut out).unwrap();
            assert_eq!(out, answer, "{wished}: {offer}");
            assert_eq!(
                deflate.agreed().map(short).unwrap_or_default(),
                agreed,
                "{wished}: {offer}"
            );
            if !answer.is_empty() {
                // The client that sent such an offer takes the answer.
                let answer = Extensions::parse(out.as_bytes()).unwrap();
                assert!(
                    confirm([answer], &mut [&mut PermessageDeflate::new()]).is_ok(),
                    "{out}"
                );
            }
        }
    }

    #[test]
    fn client_offers_its_wish_and_checks_the_answer() {
        type Answers<'a> = &'a [(&'a str, Result<&'a str, ErrorKind>)];
        #[rustfmt::skip]
        let rows: [(&str, &str, Answers<'_>); 4] = [
            ("K15 K15", "permessage-deflate; client_max_window_bits", &[
                ("permessage-deflate", Ok("K15 K15")),
                ("permessage-deflate; server_no_context_takeover", Ok("D15 K15")), // section 7.1.1.1: unasked
                ("permessage-deflate; client_no_context_takeover; client_max_window_bits=9", Ok("K15 D9")),
                ("permessage-deflate; server_max_window_bits=12", Ok("K12 K15")),
                ("permessage-deflate; client_max_window_bits", Err(ErrorKind::ParameterValue)), // section 7.1.2.2
                ("permessage-deflate; server_max_window_bits", Err(ErrorKind::ParameterValue)),
                ("permessage-deflate; server_max_window_bits=16", Err(ErrorKind::ParameterValue)),
                ("permessage-deflate; server_no_context_takeover=yes", Err(ErrorKind::ParameterValue)),
                ("permessage-deflate; level=9", Err(ErrorKind::ParameterUnknown)),
                ("permessage-deflate; server_max_window_bits=9; server_max_window_bits=9", Err(ErrorKind::ParameterRepeated)),
            ]),
            // Section 5.1: the answer may be to either offer, and need not say which.
            ("D10 K12", "permessage-deflate; server_no_context_takeover; server_max_window_bits=10; client_max_window_bits=12, \
                permessage-deflate; client_max_window_bits", &[
                ("permessage-deflate; server_no_context_takeover; server_max_window_bits=10", Ok("D10 K12")),
                ("permessage-deflate", Ok("K15 K12")),
                ("permessage-deflate; server_no_context_takeover; server_max_window_bits=12", Ok("D12 K12")),
                ("permessage-deflate; server_max_window_bits=16", Err(ErrorKind::ParameterValue)),
            ]),
            ("D10! K15", "permessage-deflate; server_no_context_takeover; server_max_window_bits=10; client_max_window_bits", &[
                ("permessage-deflate; server_no_context_takeover; server_max_window_bits=10", Ok("D10 K15")),
                ("permessage-deflate; server_no_context_takeover; server_max_window_bits=8", Ok("D8 K15")),
                ("permessage-deflate; server_max_window_bits=10", Err(ErrorKind::ParameterMissing)), // section 7.1.1.1
                ("permessage-deflate; server_no_context_takeover", Err(ErrorKind::ParameterMissing)), // section 7.1.2.1
                ("permessage-deflate; server_no_context_takeover; server_max_window_bits=11", Err(ErrorKind::ParameterValue)),
            ]),
            ("K15 D12", "permessage-deflate; client_no_context_takeover; client_max_window_bits=12, \
                permessage-deflate; client_max_window_bits", &[
                ("permessage-deflate", Ok("K15 D12")), // section 7.1.1.2: a hint, which binds the client alone
                ("permessage-deflate; client_max_window_bits=10", Ok("K15 D10")),
                ("permessage-deflate; client_max_window_bits=14", Ok("K15 D12")), // section 7.1.2.2: at most
            ]),
        ];
        for (wished, offer, answers) in rows {
            let mut out = String::new();
            wish(wished).write_offer(&mut out).unwrap();
            assert_eq!(out, offer);
            for (answer, expected) in answers {
                let mut deflate = wish(wished);
                let result = confirm(
                    [Extensions::parse(answer.as_bytes()).unwrap()],
                    &mut [&mut deflate],
                );
                let found = result
                    .map(|_| short(deflate.agreed().unwrap()))
                    .map_err(|error| error.kind());
                assert_eq!(found, expected.map(String::from), "{wished}: {answer}");
            }
        }
    }
}
