//! The gateway's own cookie: the id of a server, and a code that only a gateway with the key can make.

use core::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Cause, cookie};
use crate::config::Keys;

/// RFC 2104 section 5 lets a code be cut to half of what the hash gives.
const CODE_LEN: usize = 16;
/// More cookies of one name are believed by nobody, as each costs a code.
const MAX_COOKIES: usize = 8;

/// The cookie that keeps the users of an upstream on their servers.
///
/// Its value is `ID.EXPIRES.CODE`: the id of a server, the Unix time at which it ends or 0, and the first half of
/// HMAC-SHA-256 of both and of the names of upstream and cookie, in base64url. A value of another upstream, or of another
/// form, is no route; what is a route was signed, byte for byte, by a gateway with one of the keys.
#[derive(Clone, Debug)]
pub struct RouteCookie {
    name: String,
    path: String,
    max_age: Option<u64>,
    /// One a key, which have read what comes before the value.
    codes: Vec<Code>,
}

type Code = Hmac<Sha256>;

/// What a value says that was signed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Route {
    /// The server's id.
    pub server: String,
    /// When it ends, in Unix time; 0 for never.
    pub expires: u64,
}

impl RouteCookie {
    /// The cookie of this name of an upstream.
    pub fn new(upstream: &str, cookie: &str, keys: &Keys) -> Self {
        let code = |key: &[u8]| {
            let mut code = Code::new_from_slice(key).ok()?;
            // With lengths, so that no two lists of names are the same bytes.
            for part in ["wirekit-gateway route 1", upstream, cookie] {
                code.update(&(part.len() as u64).to_le_bytes());
                code.update(part.as_bytes());
            }
            Some(code)
        };
        Self {
            name: cookie.to_owned(),
            path: "/".to_owned(),
            max_age: None,
            codes: keys.iter().filter_map(code).collect(),
        }
    }

    /// Sets the path.
    #[must_use]
    pub fn path(self, path: &str) -> Self {
        let path = path.to_owned();
        Self { path, ..self }
    }

    /// Sets how long browsers keep it, and how long it is a route.
    #[must_use]
    pub fn max_age(self, max_age: Option<Duration>) -> Self {
        let max_age = max_age.map(|age| age.as_secs().max(1));
        Self { max_age, ..self }
    }

    /// The cookie's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value for a server from this Unix time on.
    pub fn sign(&self, server: &str, unix_time: u64) -> String {
        let expires = self.max_age.map_or(0, |age| unix_time.saturating_add(age));
        let signed = format!("{server}.{expires}");
        let code = self.codes.first().map(|code| {
            let code = code.clone().chain_update(&signed).finalize().into_bytes();
            URL_SAFE_NO_PAD.encode(code.get(..CODE_LEN).unwrap_or_default())
        });
        format!("{signed}.{}", code.unwrap_or_default())
    }

    /// What a value says at this Unix time.
    ///
    /// # Errors
    ///
    /// [`Cause::Forged`] where it was not signed here, and [`Cause::Expired`].
    pub fn verify(&self, value: &[u8], unix_time: u64) -> Result<Route, Cause> {
        let text = core::str::from_utf8(value).map_err(|_| Cause::Forged)?;
        let (signed, code) = text.rsplit_once('.').ok_or(Cause::Forged)?;
        let mut room = [0; CODE_LEN + 2];
        let len = URL_SAFE_NO_PAD
            .decode_slice(code, &mut room)
            .map_err(|_| Cause::Forged)?;
        let code = room.get(..len).filter(|code| code.len() == CODE_LEN);
        let code = code.ok_or(Cause::Forged)?;
        // In a time that says nothing of how much of it is right.
        let is_signed = |key: &Code| {
            let key = key.clone().chain_update(signed);
            key.verify_truncated_left(code).is_ok()
        };
        if !self.codes.iter().any(is_signed) {
            return Err(Cause::Forged);
        }
        let (server, expires) = signed.rsplit_once('.').ok_or(Cause::Forged)?;
        let expires = expires.parse().map_err(|_| Cause::Forged)?;
        match expires {
            1.. if expires <= unix_time => Err(Cause::Expired),
            _ => Ok(Route {
                server: server.to_owned(),
                expires,
            }),
        }
    }

    /// The routes that the lines of `Cookie` fields have, in an order that is not theirs: a site that may set cookies for the domain
    /// can add one, and moves the user once at most. None where no cookie has the name.
    ///
    /// # Errors
    ///
    /// Why none of them is a route, where there are some.
    pub fn routes<'a>(
        &self,
        lines: impl Iterator<Item = &'a [u8]>,
        unix_time: u64,
    ) -> Result<Vec<Route>, Cause> {
        let mut values: Vec<&[u8]> = cookie::values(lines, &self.name).collect();
        values.sort_unstable();
        values.dedup();
        if values.len() > MAX_COOKIES {
            return Err(Cause::Duplicated);
        }
        let (mut routes, mut wrong) = (Vec::new(), None);
        for value in values {
            match self.verify(value, unix_time) {
                Ok(route) => routes.push(route),
                // What was signed once says more than what never was.
                Err(cause) => wrong = wrong.max(Some(cause)),
            }
        }
        // Of one server the one that lasts: it is the first.
        let lasts = |route: &Route| {
            if route.expires == 0 {
                u64::MAX
            } else {
                route.expires
            }
        };
        routes.sort_unstable_by(|a, b| (&a.server, lasts(b)).cmp(&(&b.server, lasts(a))));
        routes.dedup_by(|a, b| a.server == b.server);
        match wrong.filter(|_| routes.is_empty()) {
            Some(cause) => Err(cause),
            None => Ok(routes),
        }
    }

    /// Whether a route is to be signed anew: half of its time is over, or it has none and others have.
    pub fn is_due(&self, route: &Route, unix_time: u64) -> bool {
        self.max_age
            .is_some_and(|age| route.expires.saturating_sub(unix_time) <= age / 2)
    }

    /// The value of `Set-Cookie` (RFC 6265 section 4.1) that puts a user on a server.
    ///
    /// Scripts have no use for it; other sites' requests are not the user's, whom links bring all the same.
    pub fn set(&self, server: &str, unix_time: u64, is_secure: bool) -> String {
        let Self { name, path, .. } = self;
        let value = self.sign(server, unix_time);
        let max_age = self.max_age.map(|age| format!("; Max-Age={age}"));
        let max_age = max_age.unwrap_or_default();
        let secure = if is_secure { "; Secure" } else { "" };
        format!("{name}={value}; Path={path}{max_age}; HttpOnly; SameSite=Lax{secure}")
    }
}

#[cfg(test)]
mod tests;
