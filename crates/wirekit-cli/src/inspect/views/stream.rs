//! `--view stream`: the bytes of one connection, in their order.

use std::io;

use wirekit::tcp::reassembly::Origin;
use wirekit::tcp::track::Side;

use super::view::{Output, View};
use crate::arguments::Format;
use crate::events::latin1;
use crate::inspect::capture::Time;
use crate::inspect::conversation::connection::Connection;
use crate::inspect::conversation::depth::Depth;
use crate::inspect::conversation::filter::Filter;
use crate::inspect::conversation::tale::{GapCause, Tale, What};
use crate::inspect::conversation::totals::Totals;
use crate::inspect::text::json::Object;
use crate::inspect::text::paint::Paint;
use crate::inspect::text::put::{Put as _, seconds};
use crate::inspect::text::wording;

/// Bytes in a line of a dump.
const DUMP_LEN: usize = 16;

/// Each piece as it comes in order.
#[derive(Debug)]
pub(crate) struct Stream {
    format: Format,
    filter: Filter,
    /// One direction alone.
    from: Option<Side>,
    paint: Paint,
    start: Time,
}

/// Where something stands: when, who, and in which packet.
#[derive(Clone, Copy, Debug)]
struct Place {
    packet: u64,
    time: Time,
    from: Side,
}

impl Place {
    /// The same of what an earlier packet brought.
    fn brought_by(self, origin: Origin) -> Self {
        Self {
            packet: origin.packet,
            time: Time::from_duration(origin.time),
            ..self
        }
    }
}

impl Stream {
    pub(crate) fn new(format: Format, filter: Filter, from: Option<Side>, paint: Paint) -> Self {
        Self {
            format,
            filter,
            from,
            paint,
            start: Time::default(),
        }
    }

    fn piece(
        &self,
        place: Place,
        offset: u64,
        bytes: &[u8],
        out: &mut Output<'_>,
    ) -> io::Result<()> {
        match self.format {
            Format::Raw => out.writer.write_all(bytes),
            Format::Json => {
                let mut object = self.object(place, offset, bytes.len() as u64, &mut out.line);
                object.value("data", &latin1(bytes));
                object.end();
                out.end_line()
            }
            Format::Hex => {
                self.place(place, &mut out.line);
                out.end_line()?;
                for (line, at) in bytes.chunks(DUMP_LEN).zip((offset..).step_by(DUMP_LEN)) {
                    dump(at, line, &mut out.line);
                    out.end_line()?;
                }
                Ok(())
            }
            Format::Text => {
                self.place(place, &mut out.line);
                out.line.extend(bytes.escape_ascii());
                out.end_line()
            }
        }
    }

    fn gap(&self, place: Place, gap: (u64, u64, GapCause), out: &mut Output<'_>) -> io::Result<()> {
        let (offset, len, cause) = gap;
        match self.format {
            // Nothing of the stream stands for what is not there; stderr says how much it is.
            Format::Raw => Ok(()),
            Format::Json => {
                let mut object = self.object(place, offset, len, &mut out.line);
                object.plain("gap", cause.as_str());
                object.end();
                out.end_line()
            }
            Format::Hex | Format::Text => {
                self.place(place, &mut out.line);
                let words = wording::gap(offset, len, cause);
                self.paint.fault(&words, &mut out.line);
                out.end_line()
            }
        }
    }

    /// When, who, and in which packet.
    fn place(&self, place: Place, line: &mut Vec<u8>) {
        seconds(line, place.time.since(self.start));
        self.paint.arrow(place.from, line);
        line.number(place.packet);
        line.text("  ");
    }

    fn object<'o>(&self, place: Place, offset: u64, len: u64, out: &'o mut Vec<u8>) -> Object<'o> {
        let mut object = Object::new(out);
        object.number("packet", place.packet);
        object.key("timestamp").time(place.time);
        object
            .plain("from", place.from.as_str())
            .number("offset", offset)
            .number("len", len);
        object
    }
}

impl View for Stream {
    fn needs(&self) -> Depth {
        Depth::Bytes
    }

    fn begin(&mut self, start: Time) {
        self.start = start;
    }

    fn tale(
        &mut self,
        connection: &Connection,
        tale: Tale,
        out: &mut Output<'_>,
    ) -> io::Result<()> {
        if connection.is_kept(&self.filter) == Some(false)
            || self.from.is_some_and(|from| from != tale.from)
        {
            return Ok(());
        }
        let place = Place {
            packet: tale.packet,
            time: tale.time,
            from: tale.from,
        };
        match &tale.what {
            What::Bytes {
                offset,
                bytes,
                origin,
            } => self.piece(place.brought_by(*origin), *offset, bytes, out),
            What::Gap { offset, len, cause } => self.gap(place, (*offset, *len, *cause), out),
            _ => Ok(()),
        }
    }

    fn finished(&mut self, _connection: &Connection, _out: &mut Output<'_>) -> io::Result<()> {
        Ok(())
    }

    fn end(&mut self, _totals: &Totals, _out: &mut Output<'_>) -> io::Result<()> {
        Ok(())
    }
}

/// `00000010  47 45 54 20 ..  GET `.
fn dump(at: u64, bytes: &[u8], line: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = at.to_be_bytes().into_iter().skip(4);
    let byte = |byte: u8, line: &mut Vec<u8>| {
        for half in [byte >> 4, byte & 15] {
            line.extend(DIGITS.get(usize::from(half)));
        }
    };
    for digit in digits {
        byte(digit, line);
    }
    line.text("  ");
    let start = line.len();
    for &it in bytes {
        byte(it, line);
        line.push(b' ');
    }
    line.resize(start + 3 * DUMP_LEN + 1, b' ');
    for &it in bytes {
        line.push(if matches!(it, b' '..=b'~') { it } else { b'.' });
    }
}
