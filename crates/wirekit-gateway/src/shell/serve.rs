//! The program's life: start, signals, stop.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::clients::Clients;
use super::log::Log;
use super::messages::{self, say};
use super::writer::Writing;
use super::{bind, builtin, run};
use crate::config::{Address, Config, Security};

/// Serves until a signal says to stop, and then until the last exchange ends or the deadline passes.
///
/// # Errors
///
/// An address cannot be bound, or a thread not be started; nothing is bound then.
pub fn serve(config: Config) -> io::Result<()> {
    can_serve(&config)?;
    messages::start(config.log.level);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // A signal that comes early must not find the program without hands.
    let mut signals = {
        let _guard = runtime.enter();
        Signals::new()?
    };
    let gateway = Gateway::start(config)?;
    gateway.say_ready();
    runtime.block_on(async {
        loop {
            match signals.next().await {
                Asked::Stop => return,
                Asked::Reopen => gateway.reopen(),
            }
        }
    });
    gateway.stop();
    Ok(())
}

/// Whether all that a configuration asks for is there.
fn can_serve(config: &Config) -> io::Result<()> {
    for listener in &config.listeners {
        if !matches!(listener.security, Security::Plain) {
            let text = format!("{}: TLS is not served by this version", listener.address);
            return Err(io::Error::new(io::ErrorKind::Unsupported, text));
        }
    }
    let mut upstreams = config.upstreams.iter();
    if config.control.is_some()
        || upstreams.any(|upstream| upstream.affinity.is_some() || upstream.health.is_some())
    {
        let text = "control, affinity and health are not served by this version";
        return Err(io::Error::new(io::ErrorKind::Unsupported, text));
    }
    Ok(())
}

/// What a signal asks for.
enum Asked {
    /// SIGTERM, SIGINT.
    Stop,
    /// SIGUSR1.
    Reopen,
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    reopen: Signal,
}

impl Signals {
    /// From now on they do not end the program.
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            reopen: signal(SignalKind::user_defined1())?,
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.reopen.recv() => Asked::Reopen,
        }
    }
}

/// The workers, and what they share.
struct Gateway {
    config: Arc<Config>,
    log: Log,
    writing: Option<Writing>,
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
}

impl Gateway {
    fn start(config: Config) -> io::Result<Self> {
        let workers = match usize::from(config.workers.unwrap_or(0)) {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            workers => workers,
        };
        let config = Arc::new(config);
        let (log, writing) = Log::start(&config.log)?;
        let clients = Clients::new(config.limits.connections_per_address);
        let sockets = bind(&config, workers)?;
        let (stop, stopped) = watch::channel(false);
        let threads = sockets
            .into_iter()
            .enumerate()
            .map(|(at, sockets)| {
                let (config, log, stopped) = (config.clone(), log.clone(), stopped.clone());
                let clients = clients.clone();
                std::thread::Builder::new()
                    .name(format!("worker-{at}"))
                    .spawn(move || run(&config, sockets, &clients, log, stopped))
            })
            .collect::<io::Result<_>>()?;
        Ok(Self {
            config,
            log,
            writing,
            stop,
            threads,
        })
    }

    fn say_ready(&self) {
        for listener in &self.config.listeners {
            match &listener.address {
                Address::Tcp(address) => say(&format!("ready http://{address}/")),
                address => say(&format!("ready {address}")),
            }
        }
        if let (None, Some(listener)) = (&self.config.file, self.config.listeners.first()) {
            for (path, what) in builtin::VISITS {
                say(&format!("  http://{}/{path:<10}  {what}", listener.address));
            }
        }
    }

    fn reopen(&self) {
        self.log.reopen();
        log::info!("the access log is opened anew");
    }

    fn stop(mut self) {
        log::info!(
            "stops; exchanges have {:?} to end",
            self.config.shutdown_timeout
        );
        let _ = self.stop.send(true);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
        for listener in &self.config.listeners {
            if let Address::Unix(path) = &listener.address {
                let _ = std::fs::remove_file(path);
            }
        }
        let Self { log, writing, .. } = self;
        drop(log);
        if let Some(writing) = writing {
            writing.finish();
        }
    }
}
