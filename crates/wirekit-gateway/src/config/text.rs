//! Values that a configuration writes as text: durations, sizes, addresses, templates.

use core::fmt;
use core::time::Duration;
use std::path::PathBuf;

use super::model::{Address, Service};

/// `"500ms"`, `"30s"`, `"5m"`, `"12h"`, `"7d"`: a whole number and a unit.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = number_and_unit(text)?;
    let milliseconds: u64 = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        "d" => 24 * 60 * 60 * 1000,
        _ => return None,
    };
    Some(Duration::from_millis(number.checked_mul(milliseconds)?))
}

/// `"512 B"`, `"32 KiB"`, `"1 MiB"`, `"2 GiB"`: a whole number and a unit, in bytes.
pub(super) fn size(text: &str) -> Option<u64> {
    let (number, unit) = number_and_unit(text)?;
    let bytes: u64 = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(bytes)
}

/// A time as a configuration has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown(pub(crate) Duration);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.0.as_millis();
        let units = [
            (86_400_000, "d"),
            (3_600_000, "h"),
            (60_000, "m"),
            (1000, "s"),
        ];
        let mut units = units.into_iter();
        match units.find(|(len, _)| milliseconds >= *len && milliseconds.is_multiple_of(*len)) {
            Some((len, unit)) => write!(f, "{}{unit}", milliseconds / len),
            None => write!(f, "{milliseconds}ms"),
        }
    }
}

/// Bytes as a configuration has them.
#[cfg(feature = "shell")]
pub(crate) fn size_text(bytes: u64) -> String {
    let mut units = [(30, "GiB"), (20, "MiB"), (10, "KiB")].into_iter();
    match units.find(|(bits, _)| bytes > 0 && bytes.is_multiple_of(1 << bits)) {
        Some((bits, unit)) => format!("{} {unit}", bytes >> bits),
        None => format!("{bytes} B"),
    }
}

fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let unit_at = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit_at);
    let unit = unit.strip_prefix(' ').unwrap_or(unit);
    Some((number.parse().ok()?, unit))
}

/// `127.0.0.1:80`, `[::]:80`, `unix:/run/app.sock` or `builtin:pages`.
pub(super) fn address(text: &str) -> Option<Address> {
    if let Some(name) = text.strip_prefix("builtin:") {
        let services = [Service::Pages, Service::Application];
        let service = services
            .into_iter()
            .find(|service| service.as_str() == name);
        return service.map(Address::Builtin);
    }
    match text.strip_prefix("unix:") {
        Some("") => None,
        Some(path) => Some(Address::Unix(PathBuf::from(path))),
        None => text.parse().ok().map(Address::Tcp),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Builtin(service) => write!(f, "builtin:{}", service.as_str()),
        }
    }
}

/// Text with variables in it, such as `https://$host$path`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Text(text) => f.write_str(&text.replace('$', "$$"))?,
                Part::Variable(variable) => write!(f, "${variable}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RemoteAddress => f.write_str("remote_address"),
            Self::Host => f.write_str("host"),
            Self::Path => f.write_str("path"),
            Self::Query => f.write_str("query"),
            Self::TlsClientName => f.write_str("tls_client_name"),
            Self::Cookie(name) => write!(f, "cookie_{name}"),
            Self::Header(name) => write!(f, "header_{}", name.replace('-', "_")),
            Self::Argument(name) => write!(f, "arg_{name}"),
        }
    }
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// Stands for itself.
    Text(String),
    /// What the request has there, or nothing.
    Variable(Variable),
}

/// What a template can take from a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Variable {
    /// `$remote_address`: the client's address, without its port; behind trusted proxies the one that they name.
    RemoteAddress,
    /// `$host`: the host that the request asks for, in lower case, without its port.
    Host,
    /// `$path`: the target's path as it came.
    Path,
    /// `$query`: what stands behind `?`, without it.
    Query,
    /// `$tls_client_name`: the name in the client's certificate.
    TlsClientName,
    /// `$cookie_NAME`: the first cookie of that name.
    Cookie(String),
    /// `$header_NAME`: the first field of that name, `_` in place of `-`.
    Header(String),
    /// `$arg_NAME`: the first argument of that name in the query, as it came.
    Argument(String),
}

/// The variables, for messages.
pub(super) const VARIABLES: &str = "$remote_address, $host, $path, $query, $tls_client_name, $cookie_NAME, $header_NAME and $arg_NAME; $$ is a dollar sign";

impl Variable {
    fn of(name: &str) -> Option<Self> {
        let named = |prefix| {
            name.strip_prefix(prefix)
                .filter(|name: &&str| !name.is_empty())
                .map(str::to_owned)
        };
        match name {
            "remote_address" => Some(Self::RemoteAddress),
            "host" => Some(Self::Host),
            "path" => Some(Self::Path),
            "query" => Some(Self::Query),
            "tls_client_name" => Some(Self::TlsClientName),
            _ => named("cookie_")
                .map(Self::Cookie)
                .or_else(|| named("header_").map(|name| Self::Header(name.replace('_', "-"))))
                .or_else(|| named("arg_").map(Self::Argument)),
        }
    }
}

impl Template {
    /// Text and variables: a `$` and letters, digits and `_` behind it. `$$` is a dollar sign.
    ///
    /// # Errors
    ///
    /// The name that no variable has.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            literal.push_str(before);
            if let Some(after) = after.strip_prefix('$') {
                literal.push('$');
                rest = after;
                continue;
            }
            let end = after
                .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
                .unwrap_or(after.len());
            let (name, behind) = after.split_at(end);
            let variable = Variable::of(name).ok_or_else(|| format!("${name}"))?;
            if !literal.is_empty() {
                parts.push(Part::Text(core::mem::take(&mut literal)));
            }
            parts.push(Part::Variable(variable));
            rest = behind;
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self { parts })
    }

    /// `$remote_address`.
    pub(super) fn remote_address() -> Self {
        Self {
            parts: vec![Part::Variable(Variable::RemoteAddress)],
        }
    }

    /// Its pieces in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Whether it is the same for every request.
    pub fn is_constant(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Text(_)))
    }

    /// The text with each variable's value in its place, as `value` gives it.
    pub fn expand<'v>(&self, mut value: impl FnMut(&Variable) -> Option<&'v [u8]>) -> Vec<u8> {
        let mut out = Vec::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.extend_from_slice(text.as_bytes()),
                Part::Variable(variable) => {
                    out.extend_from_slice(value(variable).unwrap_or_default())
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_whole_number_and_a_unit() {
        let rows = [
            ("500ms", Some(Duration::from_millis(500))),
            ("30s", Some(Duration::from_secs(30))),
            ("5m", Some(Duration::from_secs(300))),
            ("12h", Some(Duration::from_secs(43_200))),
            ("7d", Some(Duration::from_secs(604_800))),
            ("0s", Some(Duration::ZERO)),
            ("30", None),
            ("s", None),
            ("", None),
            ("-1s", None),
            ("1.5s", None),
            ("+5s", None),
            ("30 s", Some(Duration::from_secs(30))),
            ("30  s", None),
            ("30S", None),
            ("18446744073709551615d", None),
        ];
        for (text, expected) in rows {
            assert_eq!(duration(text), expected, "{text}");
        }
    }

    #[test]
    fn a_size_is_a_whole_number_and_a_binary_unit() {
        let rows = [
            ("512 B", Some(512)),
            ("32 KiB", Some(32 << 10)),
            ("1MiB", Some(1 << 20)),
            ("2 GiB", Some(2 << 30)),
            ("1 MB", None),
            ("4096", None),
            ("17179869184 GiB", None),
        ];
        for (text, expected) in rows {
            assert_eq!(size(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_shown_is_read_as_the_same() {
        for text in ["500ms", "0ms", "1001ms", "30s", "5m", "12h", "7d", "90s"] {
            let read = duration(text).unwrap();
            assert_eq!(Shown(read).to_string(), text);
        }
        for text in ["0 B", "1025 B", "4 KiB", "1 MiB", "3 GiB"] {
            assert_eq!(size_text(size(text).unwrap()), text);
        }
        for text in [
            "$cookie_id$header_user_agent$arg_q",
            "a$$b$host$path",
            "$query",
            "$remote_address-$tls_client_name",
        ] {
            assert_eq!(Template::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_address_has_a_port_or_is_a_unix_socket() {
        for text in [
            "127.0.0.1:80",
            "[::]:80",
            "unix:/run/app.sock",
            "builtin:pages",
            "builtin:application",
        ] {
            assert_eq!(
                address(text).map(|address| address.to_string()),
                Some(text.to_owned())
            );
        }
        for text in [
            "127.0.0.1",
            "localhost:80",
            "unix:",
            "::1:80",
            ":80",
            "",
            "builtin:",
            "builtin:other",
        ] {
            assert_eq!(address(text), None, "{text}");
        }
    }

    #[test]
    fn a_template_is_text_and_variables() {
        let text = |text: &str| Part::Text(text.to_owned());
        let rows = [
            ("", vec![]),
            ("plain", vec![text("plain")]),
            ("$$5", vec![text("$5")]),
            ("$host", vec![Part::Variable(Variable::Host)]),
            (
                "https://$host$path!",
                vec![
                    text("https://"),
                    Part::Variable(Variable::Host),
                    Part::Variable(Variable::Path),
                    text("!"),
                ],
            ),
            (
                "$header_x_user",
                vec![Part::Variable(Variable::Header("x-user".to_owned()))],
            ),
            (
                "$cookie_id",
                vec![Part::Variable(Variable::Cookie("id".to_owned()))],
            ),
            (
                "$arg_q",
                vec![Part::Variable(Variable::Argument("q".to_owned()))],
            ),
        ];
        for (from, parts) in rows {
            assert_eq!(Template::parse(from), Ok(Template { parts }), "{from}");
        }
        for (from, name) in [
            ("$nothing", "$nothing"),
            ("a$", "$"),
            ("$cookie_", "$cookie_"),
            ("$ host", "$"),
        ] {
            assert_eq!(Template::parse(from), Err(name.to_owned()), "{from}");
        }
    }

    #[test]
    fn variables_that_a_request_lacks_are_empty() {
        let template = Template::parse("https://$host$path?$query").unwrap();
        let out = template.expand(|variable| match variable {
            Variable::Host => Some(b"a.example"),
            Variable::Path => Some(b"/x"),
            _ => None,
        });
        assert_eq!(out, b"https://a.example/x?");
    }
}
