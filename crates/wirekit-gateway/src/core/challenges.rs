//! What an authority is answered that asks whether a name is ours (RFC 8555 section 8).

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Where an authority looks for the answer to its question: RFC 8555 section 8.3.
const PREFIX: &[u8] = b"/.well-known/acme-challenge/";

/// What this server says to an authority that asks whether a name is its own, shared by all workers.
#[derive(Clone, Debug, Default)]
pub struct Challenges {
    /// Key authorizations by token.
    answers: Arc<RwLock<BTreeMap<String, String>>>,
}

impl Challenges {
    /// From now on the token is answered.
    pub fn put(&self, token: &str, authorization: &str) {
        let mut answers = self.answers.write().unwrap_or_else(PoisonError::into_inner);
        answers.insert(token.to_owned(), authorization.to_owned());
    }

    /// Nobody asks for the token any more.
    pub fn remove(&self, token: &str) {
        let mut answers = self.answers.write().unwrap_or_else(PoisonError::into_inner);
        answers.remove(token);
    }

    /// The answer to a request for this path, if it is such a question and is awaited.
    #[must_use]
    pub fn answer(&self, path: &[u8]) -> Option<String> {
        let token = core::str::from_utf8(path.strip_prefix(PREFIX)?).ok()?;
        let answers = self.answers.read().unwrap_or_else(PoisonError::into_inner);
        answers.get(token).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_answered_while_an_authority_asks() {
        let challenges = Challenges::default();
        let path = b"/.well-known/acme-challenge/abc";
        assert_eq!(challenges.answer(path), None);
        challenges.put("abc", "abc.thumb");
        assert_eq!(challenges.answer(path).as_deref(), Some("abc.thumb"));
        assert_eq!(challenges.answer(b"/.well-known/acme-challenge/"), None);
        assert_eq!(challenges.answer(b"/abc"), None);
        challenges.clone().remove("abc");
        assert_eq!(challenges.answer(path), None);
    }
}
