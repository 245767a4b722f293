//! What memory the servers take.

use std::io::Write;

use crate::CONNECTIONS;
use crate::Failure;
use crate::clients::Clients;
use crate::load::Load;
use crate::row::Through;
use crate::server::{Folder, Server};
use crate::table;

/// Writes both rows: the process with a few busy connections, and what an idle one adds.
pub(crate) fn write(out: &mut impl Write, folder: &Folder, is_quick: bool) -> Result<(), Failure> {
    let (requests, idle) = if is_quick { (10, 50) } else { (1000, 2000) };
    let mut bytes = Vec::new();
    for server in [
        Server::nginx(folder, "debian")?,
        Server::gateway(folder, "files")?,
    ] {
        let clients = || Clients::new(server.port(), Through::Tcp, &folder.certificate()?);
        let mut busy = Load::open(&clients()?, CONNECTIONS, "/12.txt")?;
        busy.run(requests)?;
        let before = server.resident_len()?;
        let waiting = Load::open(&clients()?, idle, "/12.txt")?;
        let after = server.resident_len()?;
        // Closed before the server ends, which would wait for them.
        drop((busy, waiting));
        bytes.push((before, after.saturating_sub(before) / idle as u64));
    }
    let [nginx, gateway] = *bytes else {
        return Err("two servers were measured".into());
    };
    if is_quick {
        writeln!(out, "memory: {idle} connections were answered")?;
        return Ok(());
    }
    writeln!(out)?;
    table::write_bytes(
        out,
        "memory, the processes with 32 connections",
        nginx.0,
        gateway.0,
        12 << 20,
    )?;
    table::write_bytes(
        out,
        "memory, an idle keep-alive connection",
        nginx.1,
        gateway.1,
        2 << 10,
    )?;
    Ok(())
}
