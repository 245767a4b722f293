//! `wirekit parse`: the events of a protocol's bytes.

use std::io::Write;
use std::path::PathBuf;

use crate::arguments::ParseOptions;
use crate::commands::hex::Hex;
use crate::events::{self, Event};
use crate::io::{self, Failure, Io, Status};

/// How much is read at a time.
const READ_LEN: usize = 1 << 16;

/// Runs `wirekit parse`.
pub(crate) fn run(options: &ParseOptions, io: &mut Io<'_>) -> Result<Status, Failure> {
    let mut decoder = events::decoder(options)?;
    let name = options.file.clone().unwrap_or_else(|| PathBuf::from("-"));
    let mut input = io::open(io.stdin, options.file.as_deref())?;
    let mut hex = options.hex.then(Hex::default);
    let step = options.split.map_or(READ_LEN, core::num::NonZeroUsize::get);
    let (mut buffer, mut decoded, mut events) = (vec![0; READ_LEN], Vec::new(), Vec::new());
    loop {
        let count =
            io::read(&mut *input, &mut buffer).map_err(|e| Failure::Read(name.clone(), e))?;
        let mut bytes = buffer.get(..count).unwrap_or_default();
        if let Some(hex) = &mut hex {
            decoded.clear();
            hex.decode(bytes, &mut decoded)?;
            bytes = &decoded;
        }
        for piece in bytes.chunks(step) {
            decoder.feed(piece, &mut events);
            if let Some(status) = print(&mut events, io.stdout)? {
                return Ok(status);
            }
        }
        if count == 0 {
            break;
        }
        io.stdout.flush().map_err(Failure::Write)?;
    }
    hex.map_or(Ok(()), Hex::finish)?;
    decoder.finish(&mut events);
    Ok(print(&mut events, io.stdout)?.unwrap_or(Status::Well))
}

/// Prints events; the answer is the exit status when one of them ends the list.
fn print(events: &mut Vec<Event>, out: &mut dyn Write) -> Result<Option<Status>, Failure> {
    for event in events.drain(..) {
        event.write(out).map_err(Failure::Write)?;
        match event.name() {
            "error" => return Ok(Some(Status::Broken)),
            "incomplete" => return Ok(Some(Status::Incomplete)),
            "switch" => return Ok(Some(Status::Well)),
            _ => {}
        }
    }
    Ok(None)
}
