//! The gateway beside nginx: what a request costs each of them, in turns, and what memory they take.

mod backend;
mod clients;
mod load;
mod memory;
mod plane;
mod rate;
mod row;
mod server;
mod table;

use core::error::Error;
use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Parser;
use clients::Clients;
use load::Load;
use row::{ROWS, Row};
use server::{Application, Folder, Server};

/// Measures wirekit-gateway beside nginx: the CPU time of a request, of all threads of all processes of each.
///
/// Both serve at once, on ports of their own, and are asked in turns; the least of them counts. Their answers are compared
/// first. Build the gateway before: `cargo build --release -p wirekit-gateway`.
#[derive(Debug, Parser)]
#[command(name = "gateway")]
struct Arguments {
    /// Only rows whose name contains this
    filter: Option<String>,
    /// How often each row is asked, in some turns of each server
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Few requests, for their answers alone: no figures
    #[arg(long)]
    quick: bool,
    /// The gateway's program; the one that was built beside this one where none is said
    #[arg(long)]
    gateway: Option<PathBuf>,
}

type Failure = Box<dyn Error + Send + Sync>;

/// What a server is asked through.
const CONNECTIONS: usize = 32;
/// In how many turns a round of a row is asked: what else the machine does for a moment falls into some of them, and not into
/// all of one side.
const TURNS: usize = 5;

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    let filter = arguments.filter.as_deref().unwrap_or_default();
    let rows: Vec<&Row> = ROWS
        .iter()
        .filter(|row| row.name.contains(filter))
        .collect();
    let folder = Folder::new(arguments.gateway)?;
    let needs_application = rows.iter().any(|row| row.path.starts_with("/uwsgi"));
    let _application = needs_application
        .then(|| Application::start(&folder))
        .transpose()?;
    let needs_server = rows.iter().any(|row| row.nginx == "preread");
    let _behind = needs_server.then(|| Server::behind(&folder)).transpose()?;
    let mut out = io::stdout().lock();
    let rounds = if arguments.quick { 1 } else { arguments.rounds };
    if !arguments.quick {
        table::write_header(&mut out, rounds)?;
    }
    let mut pairs = rows
        .iter()
        .map(|row| Pair::start(row, &folder))
        .collect::<Result<Vec<_>, _>>()?;
    for round in 0..rounds {
        let (share, turns) = if arguments.quick {
            (100, 1)
        } else {
            (1, TURNS)
        };
        let mut order: Vec<&mut Pair> = pairs.iter_mut().collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for pair in order {
            pair.measure(round, share, turns)?;
        }
    }
    for pair in &pairs {
        match arguments.quick {
            true => writeln!(out, "{}: the answers agree", pair.row.name)?,
            false => table::write_row(&mut out, pair)?,
        }
    }
    if rate::NAME.contains(filter) {
        rate::write(&mut out, &folder, rounds, arguments.quick)?;
    }
    if plane::NAME.contains(filter) {
        plane::write(&mut out, &folder, rounds, arguments.quick)?;
    }
    if "memory".contains(filter) {
        memory::write(&mut out, &folder, arguments.quick)?;
    }
    Ok(())
}

/// nginx and the gateway, or two gateways, in one row.
struct Pair {
    row: &'static Row,
    /// nginx first.
    sides: [Side; 2],
}

struct Side {
    /// Closed before the server ends, which would wait for it.
    load: Load,
    server: Server,
    /// The least CPU time of a request so far, in microseconds.
    least: f64,
}

impl Pair {
    fn start(row: &'static Row, folder: &Folder) -> Result<Self, Failure> {
        let servers = [
            Server::nginx(folder, row.nginx)?,
            Server::gateway(folder, row.gateway)?,
        ];
        Self::of(row, servers, folder)
    }

    /// Two servers, which have to answer alike.
    fn of(row: &'static Row, servers: [Server; 2], folder: &Folder) -> Result<Self, Failure> {
        let [first, second] = servers;
        let sides = [
            Side::start(row, first, folder)?,
            Side::start(row, second, folder)?,
        ];
        let [first, second] = &sides;
        if first.load.answer() != second.load.answer() {
            let (one, other) = (first.load.answer(), second.load.answer());
            let (name, another) = (first.server.name(), second.server.name());
            return Err(format!("{}: {name} answers {one}, {another} {other}", row.name).into());
        }
        Ok(Self { row, sides })
    }

    /// A round: its requests in so many turns of each side, of which the least counts.
    fn measure(&mut self, round: u32, share: usize, turns: usize) -> Result<(), Failure> {
        let requests = (self.row.requests / CONNECTIONS / share).max(1);
        let turns = turns.min(requests);
        for turn in 0..turns {
            let [first, second] = &mut self.sides;
            let sides = match (turn + round as usize).is_multiple_of(2) {
                true => [first, second],
                false => [second, first],
            };
            for side in sides {
                let measured = side.measure(requests / turns);
                measured.map_err(|error| {
                    format!("{}: {}: {error}", self.row.name, side.server.name())
                })?;
            }
        }
        Ok(())
    }
}

impl Side {
    fn start(row: &Row, server: Server, folder: &Folder) -> Result<Self, Failure> {
        let clients = Clients::new(server.port(), row.through, &folder.certificate()?)?;
        let load = Load::open(&clients, CONNECTIONS, row.path)
            .map_err(|error| format!("{}: {}: {error}", row.name, server.name()))?;
        Ok(Self {
            server,
            load,
            least: f64::INFINITY,
        })
    }

    fn measure(&mut self, count: usize) -> Result<(), Failure> {
        let before = self.server.cpu()?;
        self.load.run(count)?;
        // What is written behind the answers, such as a log, belongs to them.
        std::thread::sleep(core::time::Duration::from_millis(20));
        let cpu = self.server.cpu()?.saturating_sub(before);
        let requests = (count * CONNECTIONS) as f64;
        self.least = self.least.min(cpu.as_secs_f64() * 1e6 / requests);
        Ok(())
    }
}
