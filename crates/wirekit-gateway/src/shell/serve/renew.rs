//! Another configuration, while the program serves.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::oneshot;

use super::{Gateway, can_serve, remove_sockets, say_ready};
use crate::config::{Config, Listener, LoadError};
use crate::control::model::State;
use crate::control::{Persist, Refused, Submission};
use crate::shell::inherit::Inherited;
use crate::shell::listen::{bind, share};
use crate::shell::log::Log;
use crate::shell::messages;
use crate::shell::tls::Tls;
use crate::shell::worker::Order;
use crate::shell::writer::Writing;

impl Gateway {
    /// Goes on with what the configuration says now, if that is right.
    pub(super) async fn reload(&mut self) {
        let loaded = match &self.config.file {
            Some(file) => Config::load(file),
            None => Config::builtin(),
        };
        match loaded {
            Ok(config) => match self.renew(config).await {
                Ok(()) => {
                    let state = State::loaded(self.config.clone(), self.generation);
                    self.plane.set_state(Arc::new(state));
                    log::info!("the configuration was loaded anew");
                }
                Err(error) => log::error!("the configuration stays as it was: {error}"),
            },
            Err(error) => {
                if let LoadError::Wrong(problems) = &error {
                    for problem in problems {
                        log::error!("{problem}");
                    }
                }
                log::error!("the configuration stays as it was: {error}");
            }
        }
    }

    /// Goes on with what somebody asks for by the control address, unless it was made from what no longer serves.
    pub(super) async fn change(&mut self, submission: Submission) {
        let Submission {
            state,
            persist,
            done,
        } = submission;
        let outcome = if state.revision() == self.plane.state().revision() {
            self.go_on_with(state, persist).await
        } else {
            Err(Refused::Stale)
        };
        let _ = done.send(outcome);
    }

    /// What is to be written is there whole before anything changes, and takes the file's place once it serves.
    async fn go_on_with(
        &mut self,
        state: State,
        persist: Option<Persist>,
    ) -> Result<Arc<State>, Refused> {
        let unwritten = |error: io::Error| Refused::Unwritten(error.to_string());
        let file = persist
            .as_ref()
            .map(written)
            .transpose()
            .map_err(unwritten)?;
        let before = self.config.clone();
        let renewed = self.renew(Config::clone(state.config())).await;
        renewed.map_err(|error| Refused::Unfit(error.to_string()))?;
        if let Some((file, path)) = file
            && let Err(error) = file.persist(path)
        {
            if let Err(error) = self.renew(Config::clone(&before)).await {
                log::error!("what serves is not what the file says: {error}");
            }
            return Err(unwritten(error.error));
        }
        let state = Arc::new(state.numbered(self.generation));
        self.plane.set_state(state.clone());
        Ok(state)
    }

    async fn renew(&mut self, config: Config) -> io::Result<()> {
        can_serve(&config)?;
        if config.workers != self.config.workers {
            log::warn!("workers: another number of them takes a start of the program");
        }
        if config.control != self.config.control {
            log::warn!("control: another one takes a start of the program");
        }
        let is_in = |listeners: &[Listener], one: &Listener| {
            listeners.iter().any(|other| other.address == one.address)
        };
        let before = self.config.clone();
        let new: Vec<&Listener> = config
            .listeners
            .iter()
            .filter(|listener| !is_in(&before.listeners, listener))
            .collect();
        let log = self.log_for(&config)?;
        let tls = Arc::new(Tls::load(&config, &self.tls)?);
        // Nothing is changed before all that is new is there.
        let count = self.workers.len();
        let sockets = bind(&new, count, &before.listeners, &mut Inherited::default())?;
        let shares = share(&sockets, count)?;
        let (log, writing) = log;
        self.writings.extend(writing);
        self.plane.set_log(log.clone());
        self.log = log;
        self.plane.set_tls(tls.clone());
        self.tls = tls;
        self.clients = self.clients.with_max(config.limits.connections_per_address);
        self.generation += 1;
        let config = Arc::new(config);
        self.config = config.clone();
        self.verdicts = self.checker.renew(&config);
        messages::start(config.log.level);
        let mut renewed = Vec::new();
        for (worker, sockets) in self.workers.iter().zip(shares) {
            let (done, is_done) = oneshot::channel();
            let order = Order::Renew(self.renewal(sockets), done);
            if worker.orders.send(order).is_ok() {
                renewed.push(is_done);
            }
        }
        for is_done in renewed {
            let _ = is_done.await;
        }
        self.sockets.extend(sockets);
        self.sockets.retain(|bound| {
            let mut listeners = config.listeners.iter();
            listeners.any(|listener| listener.address == *bound.address())
        });
        self.acme.restart(&self.config, &self.tls);
        let gone = before.listeners.iter();
        remove_sockets(gone.filter(|listener| !is_in(&config.listeners, listener)));
        let listeners = config.listeners.iter();
        say_ready(
            &config,
            listeners.filter(|listener| !is_in(&before.listeners, listener)),
        );
        Ok(())
    }

    /// The log that a configuration asks for: another one only where it is another.
    fn log_for(&self, config: &Config) -> io::Result<(Log, Option<Writing>)> {
        match config.log.access == self.config.log.access {
            true => Ok((self.log.with_format(config.log.format), None)),
            false => Log::start(&config.log),
        }
    }
}

/// A file with that text, beside the one whose place it takes, and the path of that one.
fn written(persist: &Persist) -> io::Result<(tempfile::NamedTempFile, PathBuf)> {
    use io::Write;

    // What is a link stays one.
    let path = persist.file.canonicalize()?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(persist.text.as_bytes())?;
    file.as_file()
        .set_permissions(std::fs::metadata(&path)?.permissions())?;
    file.as_file().sync_all()?;
    Ok((file, path))
}
