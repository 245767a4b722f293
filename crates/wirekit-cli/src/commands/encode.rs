//! `wirekit encode`: the bytes of JSON events.

use std::io::{BufRead, BufReader};

use serde_json::{Map, Value};

use crate::arguments::EncodeOptions;
use crate::events::{self, Rejection};
use crate::io::{Failure, Io, Status};

/// Runs `wirekit encode`.
pub(crate) fn run(options: &EncodeOptions, io: &mut Io<'_>) -> Result<Status, Failure> {
    let mut encoder = events::encoder(options);
    let mut input = BufReader::new(&mut *io.stdin);
    let (mut line, mut out) = (Vec::new(), Vec::new());
    let mut number = 0_u64;
    let outcome = loop {
        line.clear();
        number += 1;
        let count = input
            .read_until(b'\n', &mut line)
            .map_err(|error| Failure::Read("-".into(), error))?;
        if count == 0 {
            break encoder.finish(&mut out);
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let encoded = event(&line).and_then(|event| match event.get("event") {
            // What `parse` says about its input stands for no bytes.
            Some(Value::String(name))
                if matches!(name.as_str(), "error" | "incomplete" | "switch") =>
            {
                Ok(())
            }
            _ => encoder.encode(&event, &mut out),
        });
        io.stdout.write_all(&out).map_err(Failure::Write)?;
        out.clear();
        if encoded.is_err() {
            break encoded;
        }
    };
    io.stdout
        .write_all(&out)
        .and_then(|()| io.stdout.flush())
        .map_err(Failure::Write)?;
    let Err(rejection) = outcome else {
        return Ok(Status::Well);
    };
    writeln!(io.stderr, "wirekit: line {number}: {rejection}").map_err(Failure::Write)?;
    Ok(match rejection {
        Rejection::Malformed(_) => Status::Usage,
        Rejection::Rule(_) => Status::Broken,
        Rejection::Incomplete(_) => Status::Incomplete,
    })
}

/// One line's event.
fn event(line: &[u8]) -> Result<Map<String, Value>, Rejection> {
    match serde_json::from_slice(line) {
        Ok(Value::Object(event)) => Ok(event),
        Ok(_) => Err(Rejection::Malformed("an event is a JSON object".into())),
        Err(error) => Err(Rejection::Malformed(format!(
            "column {}: not JSON",
            error.column()
        ))),
    }
}
