//! The last exchanges that failed, as a list.

use std::time::SystemTime;

use crate::core::failure::Failure;
use crate::core::reason::Reason;

/// Which failures are wanted: those that have all of this.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// The status that the client got.
    pub(crate) status: Option<u16>,
    /// Why they failed.
    pub(crate) reason: Option<Reason>,
    /// The upstream's name.
    pub(crate) upstream: Option<String>,
    /// What the error page called it.
    pub(crate) reference: Option<String>,
}

impl Filter {
    fn has(&self, failure: &Failure) -> bool {
        let is = |wanted: &Option<String>, found: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| Some(wanted) == found)
        };
        let reference = failure.reference.to_string();
        self.status.is_none_or(|status| status == failure.status)
            && self.reason.is_none_or(|reason| reason == failure.reason)
            && is(&self.upstream, failure.upstream.as_deref())
            && is(&self.reference, Some(&reference))
    }

    /// Those that are wanted, each with a name that sorts the newest before all others.
    pub(crate) fn list(&self, failures: Vec<Failure>) -> Vec<(String, Failure)> {
        let wanted = failures.into_iter().filter(|failure| self.has(failure));
        let mut named: Vec<(String, Failure)> =
            wanted.map(|failure| (name(&failure), failure)).collect();
        named.sort_by(|(a, _), (b, _)| a.cmp(b));
        named
    }
}

fn name(failure: &Failure) -> String {
    let since = failure.time.duration_since(SystemTime::UNIX_EPOCH);
    let micros = since.map_or(0, |since| since.as_micros());
    let before = u64::MAX - u64::try_from(micros).unwrap_or(u64::MAX);
    format!("{before:016x}-{}", failure.reference)
}
