//! What memory the servers take.

use std::io::Write;

use crate::CONNECTIONS;
use crate::Failure;
use crate::clients::Clients;
use crate::load::Load;
use crate::row::Through;
use crate::server::{Folder, Server};
use crate::table;

/// What a server takes in bytes.
struct Memory {
    /// All its processes, with a few busy connections.
    processes: u64,
    /// What an idle connection adds.
    idle: u64,
}

/// Writes the rows: the process with a few busy connections, and what an idle one adds, with TLS and without.
pub(crate) fn write(out: &mut impl Write, folder: &Folder, is_quick: bool) -> Result<(), Failure> {
    let (requests, idle) = if is_quick { (10, 50) } else { (1000, 2000) };
    let of = |server: Server, through| measure(&server, through, folder, requests, idle);
    let nginx = of(Server::nginx(folder, "debian")?, Through::Tcp)?;
    let gateway = of(Server::gateway(folder, "files")?, Through::Tcp)?;
    let nginx_tls = of(Server::nginx(folder, "tls")?, Through::Tls)?;
    let gateway_tls = of(Server::gateway(folder, "tls")?, Through::Tls)?;
    if is_quick {
        writeln!(
            out,
            "memory: {idle} connections were answered, and {idle} with TLS"
        )?;
        return Ok(());
    }
    writeln!(out)?;
    for (name, nginx, gateway, goal) in [
        (
            "memory, the processes with 32 connections",
            nginx.processes,
            gateway.processes,
            12 << 20,
        ),
        (
            "memory, an idle keep-alive connection",
            nginx.idle,
            gateway.idle,
            2 << 10,
        ),
        // No figure was promised: nginx's is what there is to be had.
        (
            "memory, an idle connection with TLS 1.3",
            nginx_tls.idle,
            gateway_tls.idle,
            nginx_tls.idle,
        ),
    ] {
        table::write_bytes(out, name, nginx, gateway, goal)?;
    }
    Ok(())
}

fn measure(
    server: &Server,
    through: Through,
    folder: &Folder,
    requests: usize,
    idle: usize,
) -> Result<Memory, Failure> {
    let clients = Clients::new(server.port(), through, &folder.certificate()?)?;
    let mut busy = Load::open(&clients, CONNECTIONS, "/12.txt")?;
    busy.run(requests)?;
    let processes = server.resident_len()?;
    let waiting = Load::open(&clients, idle, "/12.txt")?;
    let added = server.resident_len()?.saturating_sub(processes);
    // Closed before the server ends, which would wait for them.
    drop((busy, waiting));
    Ok(Memory {
        processes,
        idle: added / idle as u64,
    })
}
