//! What happened when: a bar each connection, and a bar each exchange.

use core::fmt::Write as _;

use super::page::escaped;
use crate::inspect::capture::Time;
use crate::inspect::conversation::connection::Connection;
use crate::inspect::conversation::exchange::Exchange;
use crate::inspect::text::exchange::{notes, request};
use crate::inspect::text::put::{duration, grouped};

/// The span of time that all bars share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    pub(super) start: Time,
    /// Nanoseconds.
    pub(super) len: i64,
}

impl Axis {
    /// Where a time stands, in hundredths of a percent.
    fn place(self, time: Time) -> u64 {
        let at = i128::from(time.since(self.start).clamp(0, self.len));
        let place = at * 10_000 / i128::from(self.len.max(1));
        u64::try_from(place).unwrap_or_default()
    }

    /// A bar from one time to another.
    fn bar(self, class: &str, from: Time, to: Time, out: &mut String) {
        let (left, right) = (self.place(from), self.place(to));
        let width = right.saturating_sub(left);
        // Writing into a string cannot fail.
        let _ = write!(
            out,
            "<i class=\"{class}\" style=\"left:{}.{:02}%;width:{}.{:02}%\"></i>",
            left / 100,
            left % 100,
            width / 100,
            width % 100
        );
    }

    /// A bar of three colours: a request, what its answer kept waiting, the answer.
    fn phases(self, [start, sent, first_byte, end]: [Time; 4], out: &mut String) {
        let all = Self {
            start,
            len: end.since(start),
        };
        let [left, right] = [start, end].map(|time| self.place(time));
        let parts = [
            ("left", left),
            ("width", right.saturating_sub(left)),
            ("--sent", all.place(sent)),
            ("--first", all.place(first_byte)),
        ];
        out.push_str("<i class=\"phases\" style=\"");
        for (name, part) in parts {
            let _ = write!(out, "{name}:{}.{:02}%;", part / 100, part % 100);
        }
        out.push_str("\"></i>");
    }

    /// Its marks.
    pub(super) fn ticks(self, out: &mut String) {
        out.push_str("<div class=\"bars ticks\">");
        for tick in 0..5 {
            let at = self.len / 4 * tick;
            let _ = write!(
                out,
                "<span style=\"left:{}%\">{}</span>",
                tick * 25,
                escaped(&duration(at))
            );
        }
        out.push_str("</div>");
    }
}

/// A connection's bar.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    number: u64,
    first: Time,
    last: Time,
    class: &'static str,
    name: String,
}

impl Lane {
    pub(super) fn new(connection: &Connection, name: String) -> Self {
        let applications = connection.applications();
        Self {
            number: connection.number,
            first: connection.first,
            last: connection.last,
            class: applications
                .last()
                .map_or(connection.transport_name(), |it| it.name()),
            name,
        }
    }

    /// Bytes held beside it.
    pub(super) fn held_len(&self) -> usize {
        self.name.len()
    }

    pub(super) const fn last(&self) -> Time {
        self.last
    }

    pub(super) fn draw(&self, axis: Axis, out: &mut String) {
        let number = self.number;
        let _ = write!(
            out,
            "<a class=\"lane\" href=\"#connection-{number}\" tabindex=\"-1\" title=\"{0}\"><b>#{number} {0}</b><span class=\"bars\">",
            escaped(&self.name)
        );
        axis.bar(self.class, self.first, self.last, out);
        out.push_str("</span></a>\n");
    }
}

/// A row of the waterfall.
pub(super) fn row(exchange: &Exchange, axis: Axis, out: &mut String) {
    let times = exchange.times;
    let start = times.start.or(times.first_byte).unwrap_or(axis.start);
    let total = times.end.map(|end| duration(end.since(start)));
    let connection = exchange.connection;
    let mut asked = request(exchange);
    let notes = notes(exchange);
    if !notes.is_empty() {
        let _ = write!(asked, "  [{}]", notes.join(", "));
    }
    let status = exchange.status.map(|status| status.to_string());
    let class = match exchange.status {
        Some(400..) | None => " class=\"fault\"",
        Some(_) => "",
    };
    let _ = write!(
        out,
        "<tr><td>{}</td><td><a href=\"#connection-{connection}\">{connection}</a></td><td class=\"asked\">{}</td>\
         <td{class}>{}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"bars\">",
        exchange.number,
        escaped(&asked),
        status.unwrap_or_else(|| String::from("-")),
        grouped(exchange.request_len),
        grouped(exchange.response_len),
        escaped(total.as_deref().unwrap_or("-")),
    );
    let sent = times.sent.unwrap_or(start).max(start);
    let first_byte = times.first_byte.or(times.end).unwrap_or(sent).max(sent);
    let end = times.end.unwrap_or(first_byte).max(first_byte);
    axis.phases([start, sent, first_byte, end], out);
    out.push_str("</td></tr>\n");
}
