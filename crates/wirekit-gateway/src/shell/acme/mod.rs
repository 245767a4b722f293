//! Certificates by ACME (RFC 8555): ordered when there is none, and anew when two thirds of the time are over.

mod order;
mod store;

use core::time::Duration;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::tls::{Loaded, Tls};
use crate::config::{Authority, Certificate, CertificateSource, Config};
use order::Ordering;
pub(super) use store::Store;

/// How long after a failure the next try begins, and how long at most after many.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
const LAST_PAUSE: Duration = Duration::from_secs(6 * 60 * 60);
/// How long a pause is at most: a clock may be set, and a machine may sleep.
const MAX_SLEEP: Duration = Duration::from_secs(60 * 60);

/// The tasks that see to certificates, one an authority.
#[derive(Debug, Default)]
pub(super) struct Acme {
    tasks: JoinSet<()>,
}

impl Acme {
    /// Sees to the certificates of this configuration, and of no other.
    pub(super) fn restart(&mut self, config: &Arc<Config>, tls: &Arc<Tls>) {
        self.tasks = JoinSet::new();
        for (name, authority) in &config.authorities {
            let of_authority = |certificate: &Certificate| matches!(&certificate.source, CertificateSource::Acme(other) if other == name);
            let certificates = config.certificates.iter();
            let certificates: Vec<(String, Vec<String>)> = certificates
                .filter(|(_, certificate)| of_authority(certificate))
                .map(|(name, certificate)| (name.clone(), certificate.names.clone()))
                .collect();
            let keeper = Keeper {
                authority: authority.clone(),
                challenge: order::Challenge::of(config, authority),
                tls: tls.clone(),
                turn: Arc::default(),
            };
            for (name, names) in certificates {
                self.tasks.spawn(keeper.clone().keep(name, names));
            }
        }
    }
}

/// Sees to one certificate.
#[derive(Clone)]
struct Keeper {
    authority: Authority,
    challenge: order::Challenge,
    tls: Arc<Tls>,
    /// An authority gets one order after the other, so that they share an account.
    turn: Arc<Mutex<()>>,
}

impl Keeper {
    async fn keep(self, name: String, names: Vec<String>) {
        let store = Store::new(&self.authority);
        let mut failures = 0;
        loop {
            let due = match store.load(&name) {
                Some(loaded) if names.iter().all(|name| loaded.covers(name)) => due(&loaded),
                _ => SystemTime::UNIX_EPOCH,
            };
            if let Ok(rest) = due.duration_since(SystemTime::now()) {
                tokio::time::sleep(rest.min(MAX_SLEEP)).await;
                continue;
            }
            let ordering = Ordering {
                authority: &self.authority,
                challenge: self.challenge,
                store: &store,
                tls: &self.tls,
            };
            let turn = self.turn.lock().await;
            let ordered = ordering.order(&name, &names).await;
            drop(turn);
            match ordered {
                Ok(loaded) => {
                    failures = 0;
                    log::info!("certificate {name} is new, for {}", names.join(", "));
                    self.tls.set(&name, loaded.key);
                }
                Err(error) => {
                    let pause = pause(failures, random());
                    failures += 1;
                    log::error!(
                        "certificate {name} cannot be had, next try in {pause:?}: {}",
                        whole(&error)
                    );
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }
}

/// An error with what is behind it.
fn whole(error: &dyn core::error::Error) -> String {
    let causes = core::iter::successors(error.source(), |error| error.source());
    let texts = core::iter::once(error.to_string()).chain(causes.map(ToString::to_string));
    texts.collect::<Vec<_>>().join(": ")
}

/// When two thirds of the time for which a certificate is good are over.
fn due(loaded: &Loaded) -> SystemTime {
    let third = loaded.until.saturating_sub(loaded.since).max(0) / 3;
    let due = u64::try_from(loaded.until - third).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(due)
}

/// Twice as long after each failure, and from three quarters of that to five: many gateways that failed at once do not come
/// back at once.
fn pause(failures: u32, random: u8) -> Duration {
    let whole = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(failures.min(16)));
    let whole = whole.min(LAST_PAUSE);
    whole.mul_f64(0.75 + f64::from(random) / 510.0)
}

fn random() -> u8 {
    let mut byte = [0];
    let provider = rustls::crypto::ring::default_provider();
    let _ = provider.secure_random.fill(&mut byte);
    let [byte] = byte;
    byte
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_quarter_of_a_day() {
        let seconds = |failures, random| pause(failures, random).as_secs();
        assert_eq!((seconds(0, 0), seconds(0, 255)), (7, 12));
        assert_eq!((seconds(3, 0), seconds(3, 255)), (60, 100));
        assert_eq!(seconds(40, 255), 6 * 60 * 60 * 5 / 4);
    }
}
