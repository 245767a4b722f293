use std::path::Path;
use std::time::SystemTime;

use super::certificate::{self, Fault, Loaded};
use super::verifier;
use crate::config::{Certificate, CertificateSource, Config, Place, Problem};
use crate::shell::acme::Store;

/// A certificate that ends so soon is worth a word.
const SOON: i64 = 14 * DAY;
const DAY: i64 = 24 * 60 * 60;

/// What is wrong with the files of a configuration, beside what [`Config::load`] finds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Findings {
    /// What clients will not take, or keeps the program from starting.
    pub problems: Vec<Problem>,
    /// What will be a problem soon.
    pub warnings: Vec<Problem>,
}

/// Reads the certificates and keys that a configuration names.
pub fn check(config: &Config, now: SystemTime) -> Findings {
    let now = now.duration_since(SystemTime::UNIX_EPOCH);
    let now = now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
    let mut findings = Findings::default();
    let file = config.file.clone().unwrap_or_default();
    for (name, certificate) in &config.certificates {
        let report = Report {
            file: &file,
            name,
            certificate,
            findings: &mut findings,
        };
        match &certificate.source {
            CertificateSource::Files { chain, key } => {
                report.look(Loaded::read(chain, key), chain, now);
            }
            CertificateSource::Acme(authority) => {
                if let Some(authority) = config.authorities.get(authority) {
                    stored(report, &Store::new(authority), now);
                }
            }
            CertificateSource::Given(_) => {}
        }
    }
    for (at, listener) in config.listeners.iter().enumerate() {
        let Some(clients) = &listener.client_certificates else {
            continue;
        };
        let read = certificate::authorities(&clients.authorities);
        let read = read.map_err(|fault| fault.to_string());
        let built = read.and_then(|read| verifier(&read, clients, super::provider()));
        if let Err(text) = built {
            let key = format!("listen[{at}].client_ca");
            let problem = problem(&file, clients.place, key, text);
            findings.problems.push(problem);
        }
    }
    findings
        .problems
        .sort_by_key(|problem| (problem.line, problem.column));
    findings
        .warnings
        .sort_by_key(|problem| (problem.line, problem.column));
    findings
}

/// A certificate that was ordered before: another one is ordered in its place where it is needed, so that nothing here keeps
/// the program from starting.
fn stored(report: Report<'_>, store: &Store, now: i64) {
    let [chain, key] = store.files(report.name);
    if !chain.exists() {
        return;
    }
    let (mut found, findings) = (Findings::default(), report.findings);
    let key_of_all = format!("certificate.{}.acme", report.name);
    let [_, at, _] = report.certificate.places;
    let report = Report {
        findings: &mut found,
        ..report
    };
    report.look(Loaded::read(&chain, &key), &chain, now);
    for problem in &mut found.problems {
        problem.text = format!("warning: {}", problem.text);
    }
    for problem in found.problems.into_iter().chain(found.warnings) {
        findings.warnings.push(Problem {
            line: at.line,
            column: at.column,
            key: key_of_all.clone(),
            ..problem
        });
    }
}

/// Something that is wrong with what a file names.
fn problem(file: &Path, place: Place, key: String, text: String) -> Problem {
    Problem {
        file: file.to_owned(),
        line: place.line,
        column: place.column,
        key,
        text,
    }
}

struct Report<'a> {
    file: &'a Path,
    name: &'a str,
    certificate: &'a Certificate,
    findings: &'a mut Findings,
}

impl Report<'_> {
    fn look(mut self, loaded: Result<Loaded, Fault>, chain: &Path, now: i64) {
        let [names_at, chain_at, key_at] = self.certificate.places;
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(fault) => {
                let place = match fault {
                    Fault::Chain(..) => chain_at,
                    Fault::Key(..) | Fault::Mismatch(_) => key_at,
                };
                return self.problem(place, fault.key(), fault.to_string());
            }
        };
        let chain = chain.display();
        let date = |time: i64| {
            let since = core::time::Duration::from_secs(time.unsigned_abs());
            httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + since)
        };
        if loaded.until <= now {
            let text = format!("{chain}: has expired on {}", date(loaded.until));
            self.problem(chain_at, "chain", text);
        } else if loaded.since > now {
            let text = format!("{chain}: is not good before {}", date(loaded.since));
            self.problem(chain_at, "chain", text);
        } else if loaded.until - now < SOON {
            let (days, until) = ((loaded.until - now) / DAY, date(loaded.until));
            let text = format!("warning: {chain}: expires in {days} days, on {until}");
            let warning = self.at(chain_at, "chain", text);
            self.findings.warnings.push(warning);
        }
        for name in &self.certificate.names {
            if !loaded.covers(name) {
                let text = format!(
                    "{name:?} is not in the certificate; it is for {}",
                    loaded.names.join(", ")
                );
                self.problem(names_at, "names", text);
            }
        }
    }

    fn at(&self, place: Place, key: &str, text: String) -> Problem {
        let key = format!("certificate.{}.{key}", self.name);
        problem(self.file, place, key, text)
    }

    fn problem(&mut self, place: Place, key: &str, text: String) {
        let problem = self.at(place, key, text);
        self.findings.problems.push(problem);
    }
}
