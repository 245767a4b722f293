//! Reading a table key by key: what is missing, wrong or unknown becomes a problem with its place, and reading goes on.

use core::cell::RefCell;
use core::ops::Range;
use core::time::Duration;
use std::collections::BTreeMap;
use std::path::PathBuf;

use ipnet::IpNet;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::lines::Places;
use super::model::Address;
use super::text::{self, Template};

/// One mistake: where, under which key, what is wrong and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) span: Range<usize>,
    pub(super) key: String,
    pub(super) text: String,
}

/// What is noted of one file: its mistakes, and where its keys stand.
#[derive(Debug, Default)]
pub(super) struct Mistakes {
    mistakes: RefCell<Vec<Mistake>>,
    pub(super) places: Places,
}

impl Mistakes {
    pub(super) fn add(&self, span: Range<usize>, key: impl Into<String>, text: impl Into<String>) {
        self.mistakes.borrow_mut().push(Mistake {
            span,
            key: key.into(),
            text: text.into(),
        });
    }

    /// What breaks the format itself, which belongs to no key.
    pub(super) fn add_broken(&self, broken: &[toml::de::Error]) {
        for error in broken {
            let span = error.span().unwrap_or(0..0);
            self.add(
                span,
                "",
                format!("{}; allowed is TOML 1.1", error.message()),
            );
        }
    }

    /// In the order of the file.
    pub(super) fn sorted(&self) -> Vec<Mistake> {
        let mut mistakes = self.mistakes.take();
        mistakes.sort_by_key(|mistake| mistake.span.start);
        mistakes
    }
}

/// A value that a key can have.
pub(super) trait Setting: Sized {
    /// What is allowed, for messages.
    fn allowed() -> String;

    /// The value, or what is wrong with it where that says more than what is allowed.
    fn read(value: &DeValue<'_>) -> Result<Self, Option<String>>;
}

/// A table of the file, of which keys are taken one after the other.
#[derive(Debug)]
pub(super) struct Section<'t> {
    /// What stands in front of a key in messages: `upstream.app.`.
    prefix: String,
    span: Range<usize>,
    entries: BTreeMap<&'t str, (Range<usize>, &'t Spanned<DeValue<'t>>)>,
    known: Vec<&'static str>,
    mistakes: &'t Mistakes,
}

impl<'t> Section<'t> {
    pub(super) fn new(
        prefix: String,
        span: Range<usize>,
        table: &'t DeTable<'t>,
        mistakes: &'t Mistakes,
    ) -> Self {
        let entries = table
            .iter()
            .map(|(key, value)| (key.get_ref().as_ref(), (key.span(), value)))
            .collect();
        Self {
            prefix,
            span,
            entries,
            known: Vec::new(),
            mistakes,
        }
    }

    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    pub(super) fn mistakes(&self) -> &'t Mistakes {
        self.mistakes
    }

    /// This table of an array is found by this id too, whatever its place among the others.
    pub(super) fn is_called(&self, id: &str) {
        if let Some((array, _)) = self.prefix.rsplit_once('[') {
            let places = &self.mistakes.places;
            places.note(&format!("{array}.{id}"), self.span.start);
        }
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// A mistake about a key of this table, at its value if it has one.
    pub(super) fn wrong(&self, place: Option<Range<usize>>, name: &str, text: impl Into<String>) {
        self.mistakes
            .add(place.unwrap_or_else(|| self.span()), self.key(name), text);
    }

    fn take(&mut self, name: &'static str) -> Option<(Range<usize>, &'t Spanned<DeValue<'t>>)> {
        self.known.push(name);
        let entry = self.entries.remove(name)?;
        self.mistakes.places.note(&self.key(name), entry.0.start);
        Some(entry)
    }

    /// Whether the key stands there and has not been taken.
    pub(super) fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// Where the value of a key stands that has not been taken.
    pub(super) fn place(&self, name: &str) -> Option<Range<usize>> {
        self.entries.get(name).map(|(_, value)| value.span())
    }

    /// The value with its place; `None` where the key is missing or its value wrong, which is then noted.
    pub(super) fn spanned<T: Setting>(&mut self, name: &'static str) -> Option<(T, Range<usize>)> {
        let (_, value) = self.take(name)?;
        match T::read(value.get_ref()) {
            Ok(setting) => Some((setting, value.span())),
            Err(wrong) => {
                let wrong = wrong.unwrap_or_else(|| shown(value.get_ref()));
                self.wrong(
                    Some(value.span()),
                    name,
                    format!("{wrong}; allowed is {}", T::allowed()),
                );
                None
            }
        }
    }

    pub(super) fn optional<T: Setting>(&mut self, name: &'static str) -> Option<T> {
        self.spanned(name).map(|(setting, _)| setting)
    }

    pub(super) fn or<T: Setting>(&mut self, name: &'static str, default: T) -> T {
        self.optional(name).unwrap_or(default)
    }

    /// As [`optional`](Self::optional), but a missing key is a mistake.
    pub(super) fn required<T: Setting>(&mut self, name: &'static str) -> Option<T> {
        if !self.has(name) {
            self.known.push(name);
            self.wrong(
                None,
                name,
                format!("is missing; allowed is {}", T::allowed()),
            );
            return None;
        }
        self.optional(name)
    }

    /// A table, or a mistake where the key has another value.
    pub(super) fn table(&mut self, name: &'static str) -> Option<Section<'t>> {
        let (_, value) = self.take(name)?;
        let key = self.key(name);
        as_section(key, value, self.mistakes)
    }

    /// The tables in a table, with their names.
    pub(super) fn tables(&mut self, name: &'static str) -> Vec<(String, Section<'t>)> {
        let Some((_, value)) = self.take(name) else {
            return Vec::new();
        };
        let Some(table) = value.get_ref().as_table() else {
            self.wrong(
                Some(value.span()),
                name,
                "is not a table; allowed are tables, each with a name",
            );
            return Vec::new();
        };
        table
            .iter()
            .filter_map(|(inner, value)| {
                let key = format!("{}.{}", self.key(name), inner.get_ref());
                let mut section = as_section(key.clone(), value, self.mistakes)?;
                section.span = inner.span();
                let start = inner.span().start;
                section.mistakes.places.note(&key, start);
                Some((inner.get_ref().to_string(), section))
            })
            .collect()
    }

    /// The tables of an array, such as `[[site]]`, each with its place among them in its name.
    pub(super) fn array(&mut self, name: &'static str) -> Vec<Section<'t>> {
        let Some((_, value)) = self.take(name) else {
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            self.wrong(
                Some(value.span()),
                name,
                format!("is not an array of tables; write [[{}]]", self.key(name)),
            );
            return Vec::new();
        };
        array
            .iter()
            .enumerate()
            .filter_map(|(at, value)| {
                let key = format!("{}[{at}]", self.key(name));
                self.mistakes.places.note(&key, value.span().start);
                as_section(key, value, self.mistakes)
            })
            .collect()
    }

    /// The keys of this table that nothing took are mistakes.
    pub(super) fn finish(mut self) {
        self.known.sort_unstable();
        self.known.dedup();
        for (name, (span, _)) in &self.entries {
            let text = match closest(name, &self.known) {
                Some(close) => format!(
                    "is unknown; did you mean {close}? allowed are {}",
                    self.known.join(", ")
                ),
                None => format!("is unknown; allowed are {}", self.known.join(", ")),
            };
            self.mistakes.add(span.clone(), self.key(name), text);
        }
    }

    /// Every key with its value as text, for tables whose keys the user chooses.
    pub(super) fn texts(self) -> Vec<(String, Range<usize>, String)> {
        let Self {
            prefix,
            entries,
            mistakes,
            ..
        } = self;
        entries
            .into_iter()
            .filter_map(|(name, (_, value))| match value.get_ref().as_str() {
                Some(text) => Some((name.to_owned(), value.span(), text.to_owned())),
                None => {
                    let wrong = shown(value.get_ref());
                    mistakes.add(
                        value.span(),
                        format!("{prefix}{name}"),
                        format!("{wrong}; allowed is text"),
                    );
                    None
                }
            })
            .collect()
    }
}

fn as_section<'t>(
    key: String,
    value: &'t Spanned<DeValue<'t>>,
    mistakes: &'t Mistakes,
) -> Option<Section<'t>> {
    match value.get_ref().as_table() {
        Some(table) => Some(Section::new(
            format!("{key}."),
            value.span(),
            table,
            mistakes,
        )),
        None => {
            let wrong = shown(value.get_ref());
            mistakes.add(value.span(), key, format!("{wrong}; allowed is a table"));
            None
        }
    }
}

/// A value in a message.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{text:?} is wrong"),
        DeValue::Integer(number) => format!("{number} is wrong"),
        DeValue::Boolean(truth) => format!("{truth} is wrong"),
        other => format!("a value of type {} is wrong", other.type_str()),
    }
}

/// The known key that differs from `name` in at most two letters, if it is long enough for that to mean something.
fn closest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    known
        .iter()
        .map(|known| (distance(name, known), *known))
        .filter(|(distance, known)| *distance <= 2 && *distance * 2 < known.len())
        .min()
        .map(|(_, known)| known)
}

/// How many letters must be put in, left out or changed.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (slot, y) in row.iter_mut().skip(1).zip(b.chars()) {
            let above = *slot;
            let changed = diagonal + usize::from(x != y);
            left = changed.min(above + 1).min(left + 1);
            diagonal = above;
            *slot = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// A setting that is written as text.
macro_rules! text_settings {
    ($($type:ty: $allowed:expr, $read:expr;)*) => {$(
        impl Setting for $type {
            fn allowed() -> String {
                $allowed.to_owned()
            }

            fn read(value: &DeValue<'_>) -> Result<Self, Option<String>> {
                let read: fn(&str) -> Result<Self, Option<String>> = $read;
                read(value.as_str().ok_or(None)?)
            }
        }
    )*};
}

text_settings! {
    String: "text", |text| Ok(text.to_owned());
    PathBuf: "a path, relative to this file", |text| if text.is_empty() { Err(None) } else { Ok(Self::from(text)) };
    Duration: "a whole number with ms, s, m, h or d, such as \"30s\"", |text| text::duration(text).ok_or(None);
    Size: "a whole number with B, KiB, MiB or GiB, such as \"1 MiB\"", |text| text::size(text).map(Self).ok_or(None);
    Address: "an address with a port, such as \"127.0.0.1:80\" or \"[::]:80\", or \"unix:/run/app.sock\"",
        |text| text::address(text).ok_or(None);
    Peers: "a network such as \"10.0.0.0/8\", one address, or \"unix:\" for who connects by a unix socket", |text| match text {
        "unix:" => Ok(Self::Unix),
        _ => {
            let network = text.parse().or_else(|_| text.parse::<core::net::IpAddr>().map(IpNet::from));
            network.map(Self::Network).map_err(|_| None)
        }
    };
    Template: format!("text with {}", text::VARIABLES),
        |text| Self::parse(text).map_err(|name| Some(format!("{name} is no variable")));
}

/// Some of the peers that may be trusted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Peers {
    Network(IpNet),
    Unix,
}

/// Bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size(pub(super) u64);

impl Setting for bool {
    fn allowed() -> String {
        "true or false".to_owned()
    }

    fn read(value: &DeValue<'_>) -> Result<Self, Option<String>> {
        value.as_bool().ok_or(None)
    }
}

macro_rules! integer_settings {
    ($($type:ty),*) => {$(
        impl Setting for $type {
            fn allowed() -> String {
                format!("a whole number from 0 to {}", Self::MAX)
            }

            fn read(value: &DeValue<'_>) -> Result<Self, Option<String>> {
                let number = value.as_integer().ok_or(None)?;
                Self::from_str_radix(number.as_str(), number.radix()).map_err(|_| None)
            }
        }
    )*};
}

integer_settings!(u16, u32);

impl<T: Setting> Setting for Vec<T> {
    fn allowed() -> String {
        format!("an array, each of whose elements is {}", T::allowed())
    }

    fn read(value: &DeValue<'_>) -> Result<Self, Option<String>> {
        let array = value.as_array().ok_or(None)?;
        array
            .iter()
            .map(|element| {
                T::read(element.get_ref())
                    .map_err(|wrong| Some(wrong.unwrap_or_else(|| shown(element.get_ref()))))
            })
            .collect()
    }
}

/// A choice between words.
macro_rules! word_settings {
    ($($type:ty: $($word:literal = $value:expr),*;)*) => {$(
        impl Setting for $type {
            fn allowed() -> String {
                [$(concat!("\"", $word, "\"")),*].join(", ")
            }

            fn read(value: &DeValue<'_>) -> Result<Self, Option<String>> {
                match value.as_str() {
                    $(Some($word) => Ok($value),)*
                    _ => Err(None),
                }
            }
        }
    )*};
}
pub(super) use word_settings;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_key_is_guessed() {
        let known = ["address", "weight", "id"];
        let rows = [
            ("adress", Some("address")),
            ("wieght", Some("weight")),
            ("weights", Some("weight")),
            ("ip", None),
            ("port", None),
        ];
        for (name, expected) in rows {
            assert_eq!(closest(name, &known), expected, "{name}");
        }
    }
}
