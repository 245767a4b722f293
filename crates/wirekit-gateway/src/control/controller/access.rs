//! Who may ask: the Host, the token, the pages of other origins, and who guesses.

use core::net::IpAddr;
use core::time::Duration;
use std::collections::HashMap;

use subtle::ConstantTimeEq;

use super::request::{Peer, Request};
use crate::control::view::{Fault, Problem};

/// How many wrong tokens an address may send within [`WINDOW`].
const MAX_FAILURES: u32 = 20;

/// After so long wrong tokens are forgotten.
const WINDOW: Duration = Duration::from_secs(60);

/// How many addresses are remembered; those who came first are forgotten first.
const MAX_ADDRESSES: usize = 4096;

/// What is to be given, and by whom it was guessed.
#[derive(Debug)]
pub(crate) struct Access {
    token: Token,
    /// Origins whose pages may read answers.
    origins: Vec<String>,
    failures: HashMap<IpAddr, Failures>,
}

/// A secret: no message shows it.
struct Token(Vec<u8>);

impl core::fmt::Debug for Token {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Token(..)")
    }
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    first: Duration,
}

impl Access {
    /// Access for who has this token, and for pages of these origins.
    pub(crate) fn new(token: &[u8], origins: &[String]) -> Self {
        Self {
            token: Token(token.trim_ascii().to_vec()),
            origins: origins.to_vec(),
            failures: HashMap::new(),
        }
    }

    /// Whether the Host is one under which this is reached. A page whose own name was made to point here has that name there,
    /// and would be let in by the browser.
    ///
    /// # Errors
    ///
    /// [`Fault::ForeignHost`].
    pub(crate) fn check_host(&self, request: &Request) -> Result<(), Problem> {
        let Some(host) = request.field("host") else {
            // Of HTTP/1.0, which no browser speaks.
            return Ok(());
        };
        let name = without_port(host).to_ascii_lowercase();
        let address = name.trim_start_matches('[').trim_end_matches(']');
        let is_own = match address.parse::<IpAddr>() {
            Ok(address) => {
                let address = address.to_canonical();
                let is_local = |local: IpAddr| local.to_canonical() == address;
                address.is_loopback()
                    || matches!(request.peer, Peer::Tcp { local, .. } if is_local(local))
            }
            Err(_) => name == "localhost" || name.ends_with(".localhost"),
        };
        let mut origins = self.origins.iter();
        let mut is_listed = || {
            origins.any(|origin| {
                let (_, host) = origin.split_once("://").unwrap_or(("", origin));
                without_port(host).eq_ignore_ascii_case(&name)
            })
        };
        if is_own || is_listed() {
            return Ok(());
        }
        Err(Problem::new(
            Fault::ForeignHost,
            "the Host is neither this machine nor that of an origin in [control] allowed_origins",
        ))
    }

    /// The request's Origin, if its pages may read the answer.
    pub(crate) fn origin<'r>(&self, request: &'r Request) -> Option<&'r str> {
        let origin = request.field("origin")?;
        let mut origins = self.origins.iter();
        origins.any(|other| other == origin).then_some(origin)
    }

    /// Whether the request has the token.
    ///
    /// # Errors
    ///
    /// [`Fault::Unauthorized`], [`Fault::WrongToken`] and [`Fault::TooManyFailures`].
    pub(crate) fn check_token(&mut self, request: &Request, now: Duration) -> Result<(), Problem> {
        let address = match request.peer {
            Peer::Unix => IpAddr::from([127, 0, 0, 1]),
            Peer::Tcp { remote, .. } => remote.to_canonical(),
        };
        if let Some(wait) = self.wait(address, now) {
            let problem = Problem::new(
                Fault::TooManyFailures,
                "too many wrong tokens came from there",
            );
            return Err(problem.with_field("Retry-After", wait.as_secs().max(1).to_string()));
        }
        let mut lines = request.lines("authorization");
        let (Some(line), None) = (lines.next(), lines.next()) else {
            let problem = Problem::new(
                Fault::Unauthorized,
                "it takes the token of [control] token_file: Authorization: Bearer TOKEN",
            );
            return Err(problem.with_field("WWW-Authenticate", "Bearer"));
        };
        if self.token.is(line) {
            self.failures.remove(&address);
            return Ok(());
        }
        self.fail(address, now);
        let problem = Problem::new(Fault::WrongToken, "the token is another one");
        Err(problem.with_field("WWW-Authenticate", r#"Bearer error="invalid_token""#))
    }

    /// How long an address has to wait.
    fn wait(&self, address: IpAddr, now: Duration) -> Option<Duration> {
        let failures = self.failures.get(&address)?;
        let wait = (failures.first + WINDOW).checked_sub(now)?;
        (failures.count >= MAX_FAILURES).then_some(wait)
    }

    fn fail(&mut self, address: IpAddr, now: Duration) {
        if self.failures.len() >= MAX_ADDRESSES {
            self.failures
                .retain(|_, failures| failures.first + WINDOW > now);
        }
        if self.failures.len() >= MAX_ADDRESSES {
            let first = self
                .failures
                .iter()
                .min_by_key(|(_, failures)| failures.first);
            if let Some(first) = first.map(|(address, _)| *address) {
                self.failures.remove(&first);
            }
        }
        let failures = self.failures.entry(address).or_insert(Failures {
            count: 0,
            first: now,
        });
        if failures.first + WINDOW <= now {
            *failures = Failures {
                count: 0,
                first: now,
            };
        }
        failures.count += 1;
    }
}

impl Token {
    /// Whether this is `Bearer` with the token, in a time that does not say how much of it is right.
    fn is(&self, value: &[u8]) -> bool {
        let Some((scheme, given)) = value.split_at_checked(7) else {
            return false;
        };
        scheme.eq_ignore_ascii_case(b"bearer ") && bool::from(given.trim_ascii().ct_eq(&self.0))
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(fields: &[(&str, &str)]) -> Request {
        let fields = fields.iter();
        let fields = fields.map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
        Request {
            method: "GET".to_owned(),
            target: "/".to_owned(),
            fields: fields.collect(),
            content: Vec::new(),
            peer: Peer::Tcp {
                remote: IpAddr::from([192, 0, 2, 9]),
                local: IpAddr::from([192, 0, 2, 1]),
            },
        }
    }

    #[test]
    fn the_token_is_all_of_it_and_no_more() {
        let rows = [
            ("Bearer secret", true),
            ("bearer  secret ", true),
            ("Bearer secre", false),
            ("Bearer secrets", false),
            ("Bearer ", false),
            ("Basic secret", false),
            ("", false),
        ];
        for (value, is_right) in rows {
            let mut access = Access::new(b"secret\n", &[]);
            let request = request(&[("Authorization", value)]);
            let checked = access.check_token(&request, Duration::ZERO);
            assert_eq!(checked.is_ok(), is_right, "{value}");
        }
    }

    #[test]
    fn a_client_that_guesses_waits_and_others_do_not() {
        let mut access = Access::new(b"secret", &[]);
        let mut wrong = request(&[("Authorization", "Bearer no")]);
        let none = request(&[]);
        let at = Duration::from_secs;
        for _ in 0..MAX_FAILURES {
            assert_eq!(
                access.check_token(&none, at(0)).unwrap_err().fault,
                Fault::Unauthorized
            );
            assert_eq!(
                access.check_token(&wrong, at(0)).unwrap_err().fault,
                Fault::WrongToken
            );
        }
        let right = request(&[("Authorization", "Bearer secret")]);
        for request in [&wrong, &right] {
            let problem = access.check_token(request, at(59)).unwrap_err();
            assert_eq!(problem.fault, Fault::TooManyFailures);
            assert_eq!(problem.fields, [("Retry-After", "1".to_owned())]);
        }
        wrong.peer = Peer::Unix;
        assert_eq!(
            access.check_token(&wrong, at(59)).unwrap_err().fault,
            Fault::WrongToken
        );
        assert_eq!(access.check_token(&right, at(61)), Ok(()));
    }

    #[test]
    fn a_host_is_this_machine_or_one_that_is_listed() {
        let access = Access::new(
            b"secret",
            &[
                "https://admin.example".to_owned(),
                "http://gate:9000".to_owned(),
            ],
        );
        let rows = [
            ("localhost", true),
            ("LOCALHOST:9000", true),
            ("gateway.localhost", true),
            ("127.0.0.1:9000", true),
            ("127.8.0.1", true),
            ("[::1]:9000", true),
            ("192.0.2.1:9000", true),
            ("192.0.2.2:9000", false),
            ("admin.example", true),
            ("gate:9000", true),
            ("evil.example", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("", false),
        ];
        for (host, is_own) in rows {
            let checked = access.check_host(&request(&[("Host", host)]));
            assert_eq!(checked.is_ok(), is_own, "{host}");
        }
        assert_eq!(access.check_host(&request(&[])), Ok(()));
    }
}
