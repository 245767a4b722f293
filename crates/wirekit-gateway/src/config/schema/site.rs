use core::ops::Range;
use core::time::Duration;
use std::collections::BTreeSet;
use std::path::PathBuf;

use toml::de::DeValue;

use super::Names;
use super::listener::is_host_pattern;
use crate::config::model::{Action, Coding, Location, Proxy, Redirect, Site, Static};
use crate::config::section::{Section, Setting, Size, word_settings};
use crate::config::text::Template;
use crate::config::upstream::Protocol;

word_settings! {
    Coding: "br" = Self::Brotli, "gzip" = Self::Gzip;
}

pub(super) fn sites(sections: Vec<Section<'_>>, names: &mut Names) -> Vec<Site> {
    let mut seen = BTreeSet::new();
    sections
        .into_iter()
        .map(|section| site(section, names, &mut seen))
        .collect()
}

fn site(mut section: Section<'_>, names: &mut Names, seen: &mut BTreeSet<String>) -> Site {
    let hosts = section.spanned::<Vec<String>>("hosts");
    let span = hosts.as_ref().map(|(_, span)| span.clone());
    let hosts: Vec<String> = hosts.map_or_else(
        || vec!["*".to_owned()],
        |(hosts, _)| hosts.iter().map(|host| host.to_ascii_lowercase()).collect(),
    );
    if hosts.is_empty() {
        section.wrong(
            span.clone(),
            "hosts",
            "names no host; allowed is at least one, \"*\" for any",
        );
    }
    for host in &hosts {
        if !is_host_pattern(host) {
            section.wrong(
                span.clone(),
                "hosts",
                format!("{host:?} is no host; allowed is a name without a port, one with \"*.\" in front, or \"*\""),
            );
        } else if !seen.insert(host.clone()) {
            section.wrong(
                span.clone(),
                "hosts",
                format!("{host:?} is there twice; allowed is each host in one site"),
            );
        }
    }
    let redirect_https = section.or("redirect_https", false);
    let hsts = field_value(&mut section, "hsts");
    let sections = section.array("location");
    if sections.is_empty() {
        section.wrong(
            None,
            "location",
            "is missing; allowed is at least one [[site.location]]",
        );
    }
    let mut paths = BTreeSet::new();
    let locations = sections
        .into_iter()
        .filter_map(|section| location(section, names, &mut paths))
        .collect();
    section.finish();
    Site {
        hosts,
        redirect_https,
        hsts,
        locations,
    }
}

/// Text that is sent as a field's value.
fn field_value(section: &mut Section<'_>, name: &'static str) -> String {
    let Some((value, span)) = section.spanned::<String>(name) else {
        return String::new();
    };
    if !value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        section.wrong(
            Some(span),
            name,
            format!("{value:?} is no field value; allowed is printable ASCII"),
        );
    }
    value
}

fn location(
    mut section: Section<'_>,
    names: &mut Names,
    paths: &mut BTreeSet<(String, bool)>,
) -> Option<Location> {
    let place = section.span();
    let (path, span) = match section.has("path") {
        true => section.spanned::<String>("path").unzip(),
        false => (section.required("path"), None),
    };
    let exact = section.or("exact", false);
    if let Some(path) = &path {
        if let Err(wrong) = check_path(path) {
            section.wrong(span, "path", wrong);
        } else if !paths.insert((path.clone(), exact)) {
            section.wrong(
                span,
                "path",
                format!("{path:?} is there twice in this site; allowed is each path once"),
            );
        }
    }
    let body = section.optional::<Size>("body").map(|size| size.0);
    let action = action(&mut section, names, path.as_deref().unwrap_or("/"), exact);
    section.finish();
    Some(Location {
        line: place.start,
        path: path?,
        exact,
        body,
        action: action?,
    })
}

/// Whether the path of a request, once it is normalised, can begin with this.
fn check_path(path: &str) -> Result<(), String> {
    let wrong = if !path.starts_with('/') {
        "does not begin with a slash"
    } else if path.contains(['?', '#']) {
        "has a query or a fragment"
    } else if path.contains("//") || path.split('/').any(|segment| matches!(segment, "." | "..")) {
        "has an empty or a dot segment, which no normalised path has"
    } else {
        return Ok(());
    };
    Err(format!(
        "{path:?} {wrong}; allowed is the start of a path, decoded, such as \"/static/\""
    ))
}

fn action(section: &mut Section<'_>, names: &mut Names, path: &str, exact: bool) -> Option<Action> {
    let kinds = ["upstream", "root", "redirect"];
    let there: Vec<&str> = kinds.into_iter().filter(|kind| section.has(kind)).collect();
    let [kind] = *there else {
        let wrong = if there.is_empty() {
            "does nothing; allowed is one of upstream, root and redirect".to_owned()
        } else {
            format!(
                "has {}; allowed is one of upstream, root and redirect",
                there.join(" and ")
            )
        };
        section.wrong(None, "path", wrong);
        // Their keys are known, so that they are not reported as unknown, too.
        let _ = (
            proxy(section, names),
            files(section, names, path, exact),
            redirect(section),
        );
        return None;
    };
    match kind {
        "upstream" => proxy(section, names).map(Action::Upstream),
        "root" => files(section, names, path, exact).map(Action::Static),
        _ => redirect(section).map(Action::Redirect),
    }
}

/// From there on `sendfile` costs less than a copy, by loopback, where a copy costs least.
const SENDFILE_ABOVE: u64 = 64 << 10;

/// Each worker holds files of up to 64 MiB together: a few of this length must have room.
const MAX_SENDFILE_ABOVE: u64 = 16 << 20;

fn files(section: &mut Section<'_>, names: &Names, path: &str, exact: bool) -> Option<Static> {
    let root = section.spanned::<PathBuf>("root").map(|(root, span)| {
        let root = names.path(root);
        if !root.is_dir() {
            section.wrong(
                Some(span),
                "root",
                format!(
                    "{} is no folder; allowed is one that is there",
                    root.display()
                ),
            );
        }
        root
    });
    let alias = section.spanned::<bool>("alias");
    if let Some((true, span)) = &alias
        && !exact
        && !path.ends_with('/')
    {
        // `/i` with an alias would make `/i../` a way out of the folder's name.
        section.wrong(
            Some(span.clone()),
            "alias",
            format!("{path:?} does not end with a slash; allowed is an alias for a path that does, or that is exact"),
        );
    }
    let index = section.spanned::<Vec<String>>("index");
    if let Some((index, span)) = &index {
        for name in index {
            if name.is_empty() || name.contains('/') || name.starts_with('.') {
                section.wrong(
                    Some(span.clone()),
                    "index",
                    format!("{name:?} is no file's name; allowed are names without a slash or a dot in front"),
                );
            }
        }
    }
    let sendfile_above = match section.spanned::<Size>("sendfile_above") {
        Some((Size(len), _)) if len <= MAX_SENDFILE_ABOVE => len,
        Some((_, span)) => {
            section.wrong(
                Some(span),
                "sendfile_above",
                "is out of range; allowed is from 0 B to 16 MiB",
            );
            SENDFILE_ABOVE
        }
        None => SENDFILE_ABOVE,
    };
    let files = Static {
        root: root.unwrap_or_default().into(),
        alias: alias.is_some_and(|(alias, _)| alias),
        index: index.map_or_else(|| vec!["index.html".to_owned()], |(index, _)| index),
        precompressed: section.or("precompressed", vec![Coding::Brotli, Coding::Gzip]),
        cache_control: field_value(section, "cache_control"),
        file_age: section.or("file_age", Duration::from_secs(1)),
        sendfile_above,
    };
    Some(files)
}

fn proxy(section: &mut Section<'_>, names: &mut Names) -> Option<Proxy> {
    let upstream = section
        .spanned::<String>("upstream")
        .and_then(|(name, span)| {
            names
                .upstream(&name, &[Protocol::Uwsgi, Protocol::Http1])
                .map_err(|wrong| section.wrong(Some(span), "upstream", wrong))
                .ok()
        });
    let websocket = section.or("websocket", true);
    let is_uwsgi = upstream.is_none_or(|place| {
        names
            .upstreams
            .values()
            .any(|(other, protocol)| *other == place && *protocol == Protocol::Uwsgi)
    });
    let params = section
        .table("params")
        .map_or_else(Vec::new, |params| self::params(params, is_uwsgi));
    Some(Proxy {
        upstream: upstream?,
        websocket,
        params,
    })
}

/// The variables that a request brings itself, which no parameter may replace.
const OWN_VARIABLES: [&str; 9] = [
    "REQUEST_METHOD",
    "REQUEST_URI",
    "PATH_INFO",
    "QUERY_STRING",
    "SERVER_PROTOCOL",
    "REMOTE_ADDR",
    "REMOTE_PORT",
    "CONTENT_LENGTH",
    "CONTENT_TYPE",
];

fn params(section: Section<'_>, is_uwsgi: bool) -> Vec<(String, Template)> {
    let mistakes = section.mistakes();
    let add = |span: Range<usize>, name: &str, text: String| {
        mistakes.add(span, format!("params.{name}"), text)
    };
    if !is_uwsgi {
        mistakes.add(
            section.span(),
            "params",
            "stands at an upstream without variables; allowed is an upstream that speaks uwsgi",
        );
    }
    let mut params = Vec::new();
    for (name, span, text) in section.texts() {
        let is_name = !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        if !is_name {
            add(
                span,
                &name,
                format!("{name:?} is no variable's name; allowed are A to Z, 0 to 9 and _"),
            );
        } else if name.starts_with("HTTP_") || OWN_VARIABLES.contains(&name.as_str()) {
            add(
                span,
                &name,
                format!("{name} comes from the request; allowed is any other name"),
            );
        } else {
            match Template::parse(&text) {
                Ok(template) => params.push((name, template)),
                Err(variable) => {
                    let variables = crate::config::text::VARIABLES;
                    add(
                        span,
                        &name,
                        format!("{variable} is no variable; allowed is text with {variables}"),
                    );
                }
            }
        }
    }
    params
}

fn redirect(section: &mut Section<'_>) -> Option<Redirect> {
    let mut table = section.table("redirect")?;
    let status = match table.spanned::<u16>("status") {
        Some((status, _)) if matches!(status, 301 | 302 | 303 | 307 | 308) => status,
        Some((status, span)) => {
            table.wrong(
                Some(span),
                "status",
                format!("{status} is no redirection; allowed are 301, 302, 303, 307 and 308"),
            );
            308
        }
        None => 308,
    };
    let to = table.required("to");
    table.finish();
    Some(Redirect { status, to: to? })
}
