//! How many requests a second the threads of gunicorn answer behind each server.
//!
//! They keep connections of uwsgi, and nginx has none that it keeps: what it costs is a connection for each request, which
//! gunicorn takes on another thread than it serves it on.

use std::io::Write;
use std::time::Instant;

use crate::Failure;
use crate::clients::Clients;
use crate::load::Load;
use crate::row::Through;
use crate::server::{Application, Folder, Server};

pub(crate) const NAME: &str = "requests a second, gunicorn's gthread by uwsgi";

/// As many as gunicorn has threads in one worker.
const CONNECTIONS: usize = 16;

/// How many times what nginx lets through.
const GOAL: f64 = 2.0;

struct Side {
    load: Load,
    #[expect(dead_code, reason = "ends with this, behind the load")]
    server: Server,
    /// Requests a second, a number a round; sorted at the end.
    rates: Vec<f64>,
}

impl Side {
    fn best(&self) -> f64 {
        self.rates.last().copied().unwrap_or_default()
    }

    fn median(&self) -> f64 {
        let median = self.rates.get(self.rates.len() / 2);
        median.copied().unwrap_or_default()
    }
}

pub(crate) fn write(
    out: &mut impl Write,
    folder: &Folder,
    rounds: u32,
    is_quick: bool,
) -> Result<(), Failure> {
    let _application = match Application::start_gunicorn(folder) {
        Ok(application) => application,
        // Answers that nobody looks at are not right ones.
        Err(missing) if is_quick => return Err(missing),
        Err(missing) => {
            writeln!(out, "\n{NAME}: not measured: {missing}")?;
            return Ok(());
        }
    };
    let mut sides = Vec::new();
    for server in [
        Server::nginx(folder, "proxy")?,
        Server::gateway(folder, "proxy")?,
    ] {
        let clients = Clients::new(server.port(), Through::Tcp, &folder.certificate()?)?;
        let load = Load::open(&clients, CONNECTIONS, "/gunicorn")
            .map_err(|error| format!("{NAME}: {}: {error}", server.name()))?;
        sides.push(Side {
            load,
            server,
            rates: Vec::new(),
        });
    }
    if let [nginx, gateway] = &*sides
        && nginx.load.answer() != gateway.load.answer()
    {
        return Err(format!("{NAME}: the answers differ").into());
    }
    let count = if is_quick { 5 } else { 250 };
    for _ in 0..rounds {
        // The other one first in the next round.
        sides.reverse();
        for side in &mut sides {
            let start = Instant::now();
            side.load.run(count)?;
            let requests = (count * CONNECTIONS) as f64;
            side.rates.push(requests / start.elapsed().as_secs_f64());
        }
    }
    if rounds % 2 == 1 {
        sides.reverse();
    }
    if is_quick {
        writeln!(out, "{NAME}: the answers agree")?;
        return Ok(());
    }
    for side in &mut sides {
        side.rates.sort_by(f64::total_cmp);
    }
    let [nginx, gateway] = &*sides else {
        return Err("two servers were measured".into());
    };
    writeln!(out, "\n{NAME}; {CONNECTIONS} connections")?;
    for (name, pick) in [
        ("best", Side::best as fn(&Side) -> f64),
        ("median", Side::median),
    ] {
        let (nginx, gateway) = (pick(nginx), pick(gateway));
        let ratio = gateway / nginx;
        let missed = if ratio < GOAL { "  missed" } else { "" };
        writeln!(
            out,
            "{name:34}  nginx {nginx:>8.0}  gateway {gateway:>8.0}  ratio {ratio:>5.2}  goal {GOAL:>5.2}{missed}"
        )?;
    }
    Ok(())
}
