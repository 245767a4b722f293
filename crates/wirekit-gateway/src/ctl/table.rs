//! Aligned columns.

use serde_json::Value;

/// Rows under a heading; numbers stand at the right.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
    are_numbers: Vec<bool>,
}

impl Table {
    pub(super) fn new(heading: &[&str]) -> Self {
        Self {
            rows: vec![heading.iter().map(|name| (*name).to_owned()).collect()],
            are_numbers: vec![true; heading.len()],
        }
    }

    pub(super) fn row(&mut self, cells: Vec<String>) {
        for (is_number, cell) in self.are_numbers.iter_mut().zip(&cells) {
            let is_text = |byte: u8| !byte.is_ascii_digit() && !matches!(byte, b'.' | b'-');
            *is_number &= !cell.bytes().any(is_text);
        }
        self.rows
            .push(cells.iter().map(|cell| plain(cell)).collect());
    }

    pub(super) fn text(&self) -> String {
        let columns = self.are_numbers.len();
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let lines = self.rows.iter().map(|row| {
            let cells = row.iter().zip(widths.iter().zip(&self.are_numbers));
            let cells: Vec<String> = cells
                .map(|(cell, (width, is_number))| match is_number {
                    true => format!("{cell:>width$}"),
                    false => format!("{cell:<width$}"),
                })
                .collect();
            format!("{}\n", cells.join("  ").trim_end())
        });
        lines.collect()
    }
}

/// A member as a cell; `-` where there is none.
pub(super) fn cell(value: &Value, key: &str) -> String {
    match value.get(key) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(true)) => "yes".to_owned(),
        Some(Value::Bool(false)) => "no".to_owned(),
        Some(Value::Array(items)) => {
            let text = |item: &Value| {
                item.as_str()
                    .map_or_else(|| item.to_string(), str::to_owned)
            };
            items.iter().map(text).collect::<Vec<_>>().join(", ")
        }
        Some(other) => other.to_string(),
    }
}

/// Text whose control characters are spelled out: a terminal must not obey what a client sent.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for char in text.chars() {
        match char.is_control()
            || matches!(char, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        {
            true => plain.extend(char.escape_unicode()),
            false => plain.push(char),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_harmless() {
        let mut table = Table::new(&["NAME", "COUNT"]);
        table.row(vec!["a\u{1b}[2J".to_owned(), "5".to_owned()]);
        table.row(vec!["b".to_owned(), "10".to_owned()]);
        let text = "NAME        COUNT\na\\u{1b}[2J      5\nb              10\n";
        assert_eq!(table.text(), text);
    }
}
