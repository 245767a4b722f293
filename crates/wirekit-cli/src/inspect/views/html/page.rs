//! The page around the ladders.

use std::io;

use super::ladder::Ladder;
use crate::inspect::conversation::connection::Connection;
use crate::inspect::conversation::totals::Totals;
use crate::inspect::text;
use crate::inspect::text::put::{Put as _, counted, duration, grouped};

const STYLE: &str = include_str!("page.css");

/// A connection's row and diagram.
#[derive(Debug)]
pub(super) struct Part {
    row: String,
    section: String,
}

impl Part {
    pub(super) fn new(connection: &Connection, ladder: &Ladder) -> Self {
        let ends = [end(connection.ends.client), end(connection.ends.server)];
        let [client, server] = &ends;
        let number = connection.number;
        let mut path = String::from(connection.transport_name());
        for application in connection.applications() {
            path.push_str(" › ");
            path.push_str(application.name());
        }
        let state = connection
            .states()
            .map_or_else(String::new, |[client, server]| {
                format!("{client} / {server}")
            });
        let notes: Vec<String> = connection
            .notes
            .iter()
            .map(|(name, count)| format!("{} {count}", name.replace('_', " ")))
            .collect();
        let packets = connection.packets.client + connection.packets.server;
        let cells = [
            format!("<a href=\"#connection-{number}\">{number}</a>"),
            escaped(client),
            escaped(server),
            escaped(&path),
            escaped(&state),
            grouped(packets),
            grouped(connection.payload_len.client),
            grouped(connection.payload_len.server),
            escaped(&duration(connection.duration())),
            escaped(&notes.join(", ")),
        ];
        let row = format!("<tr><td>{}</td></tr>\n", cells.join("</td><td>"));
        let mut section = format!(
            "<section id=\"connection-{number}\"><h2>#{number} {} → {} <small>{}, {}, {}</small></h2>\n",
            escaped(client),
            escaped(server),
            escaped(&path),
            counted(packets, "packet"),
            escaped(&duration(connection.duration())),
        );
        ladder.draw([client, server], &mut section);
        section.push_str("</section>\n");
        Self { row, section }
    }

    /// Bytes held.
    pub(super) fn held_len(&self) -> usize {
        self.row.len() + self.section.len()
    }
}

/// Writes the page.
pub(super) fn write<'a>(
    parts: impl Iterator<Item = &'a Part> + Clone,
    totals: &Totals,
    left_out: u64,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>wirekit inspect</title>\n<style>\n{STYLE}</style>\n<h1>Connections</h1>\n"
    )?;
    for line in text::totals::lines(totals) {
        writeln!(out, "<p>{}</p>", escaped(&line))?;
    }
    if left_out > 0 {
        let words = counted(left_out, "further connection");
        writeln!(
            out,
            "<p class=\"fault\">{words} not shown: keep fewer with --connection, --protocol or --port</p>"
        )?;
    }
    out.write_all(
        b"<table>\n<thead><tr><th>#</th><th>client</th><th>server</th><th>protocol</th><th>state</th><th>packets</th>\
          <th>bytes sent</th><th>bytes received</th><th>duration</th><th>notes</th></tr></thead>\n<tbody>\n",
    )?;
    for part in parts.clone() {
        out.write_all(part.row.as_bytes())?;
    }
    out.write_all(b"</tbody>\n</table>\n")?;
    for part in parts {
        out.write_all(part.section.as_bytes())?;
    }
    out.write_all(b"</html>\n")
}

fn end(end: core::net::SocketAddr) -> String {
    let mut text = Vec::new();
    text.end(end);
    String::from_utf8_lossy(&text).into_owned()
}

/// Text as it may stand in an element or an attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_from_the_wire_becomes_markup() {
        assert_eq!(
            escaped("<script>\"a\" & b</script>"),
            "&lt;script&gt;&quot;a&quot; &amp; b&lt;/script&gt;"
        );
    }
}
