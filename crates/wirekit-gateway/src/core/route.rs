//! Which site and location a request belongs to.

use std::collections::HashMap;

use super::reason::Reason;
use crate::config::{Config, Protocol};

/// The sites and locations of a configuration, ready to be looked up.
#[derive(Clone, Debug)]
pub struct Router {
    exact: HashMap<String, usize>,
    /// What follows `*`, such as `.shop.example`; the longest first.
    wildcards: Vec<(String, usize)>,
    any: Option<usize>,
    sites: Vec<Locations>,
}

/// The locations of a site, by their place in the configuration.
#[derive(Clone, Debug)]
struct Locations {
    exact: HashMap<Vec<u8>, usize>,
    /// The longest first.
    prefixes: Vec<(Vec<u8>, usize)>,
}

/// Where a request belongs: places in [`Config::sites`] and [`Site::locations`](crate::config::Site::locations).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Route {
    /// The site.
    pub site: usize,
    /// The location in it.
    pub location: usize,
}

impl Router {
    /// Reads the sites of a configuration.
    pub fn new(config: &Config) -> Self {
        let mut router = Self {
            exact: HashMap::new(),
            wildcards: Vec::new(),
            any: None,
            sites: config.sites.iter().map(Locations::new).collect(),
        };
        for (at, site) in config.sites.iter().enumerate() {
            for host in &site.hosts {
                match host.strip_prefix('*') {
                    Some("") => router.any = Some(at),
                    Some(suffix) => router.wildcards.push((suffix.to_owned(), at)),
                    None => {
                        router.exact.insert(host.clone(), at);
                    }
                }
            }
        }
        router
            .wildcards
            .sort_by_key(|(suffix, _)| core::cmp::Reverse(suffix.len()));
        router
    }

    /// The site of a host: one that names it, else the longest `*.` that fits, else the one for any.
    ///
    /// `host` is as a request has it: in any case, with or without a port. A dot at its end, which makes a name absolute,
    /// does not count.
    pub fn site(&self, host: &[u8]) -> Option<usize> {
        if self.exact.is_empty() && self.wildcards.is_empty() {
            return self.any;
        }
        let host = without_port(host);
        let host = host.strip_suffix(b".").unwrap_or(host);
        let host = host.to_ascii_lowercase();
        let host = core::str::from_utf8(&host).unwrap_or_default();
        let wildcard = || {
            let fits = |suffix: &str| {
                host.strip_suffix(suffix)
                    .is_some_and(|label| !label.is_empty())
            };
            self.wildcards
                .iter()
                .find(|(suffix, _)| fits(suffix))
                .map(|(_, site)| *site)
        };
        self.exact.get(host).copied().or_else(wildcard).or(self.any)
    }

    /// The location of a path in its normal form: one that is exactly that, else the longest that it begins with.
    pub fn location(&self, site: usize, path: &[u8]) -> Option<usize> {
        let locations = self.sites.get(site)?;
        let prefix = || {
            locations
                .prefixes
                .iter()
                .find(|(prefix, _)| path.starts_with(prefix))
                .map(|(_, location)| *location)
        };
        locations.exact.get(path).copied().or_else(prefix)
    }

    /// Site and location of a request.
    ///
    /// # Errors
    ///
    /// [`Reason::UnknownHost`], [`Reason::NotFound`].
    pub fn route(&self, host: &[u8], path: &[u8]) -> Result<Route, Reason> {
        let site = self.site(host).ok_or(Reason::UnknownHost)?;
        let location = self.location(site, path).ok_or(Reason::NotFound)?;
        Ok(Route { site, location })
    }
}

impl Locations {
    fn new(site: &crate::config::Site) -> Self {
        let mut locations = Self {
            exact: HashMap::new(),
            prefixes: Vec::new(),
        };
        for (at, location) in site.locations.iter().enumerate() {
            let path = location.path.clone().into_bytes();
            if location.exact {
                locations.exact.insert(path, at);
            } else {
                locations.prefixes.push((path, at));
            }
        }
        locations
            .prefixes
            .sort_by_key(|(prefix, _)| core::cmp::Reverse(prefix.len()));
        locations
    }
}

/// Whether a request for the path can be written for a server: no variable of uwsgi has a line end, as applications make fields of them.
pub(crate) fn can_be_written(protocol: Protocol, path: &[u8]) -> bool {
    protocol != Protocol::Uwsgi || !path.iter().any(|byte| matches!(byte, b'\r' | b'\n'))
}

/// `a.example` of `a.example:80`, `[::1]` of `[::1]:80`.
pub fn without_port(host: &[u8]) -> &[u8] {
    let colon = host.iter().rposition(|byte| *byte == b':');
    match colon.and_then(|colon| host.split_at_checked(colon)) {
        // The colons of an address without a port stand inside brackets.
        Some((name, port)) if !port.contains(&b']') => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn router() -> Router {
        let mut text = String::new();
        let sites: [(&str, &[&str]); 4] = [
            (
                "'a.example'",
                &[
                    "path = '/'",
                    "path = '/static/'",
                    "path = '/static/deep/'",
                    "path = '/only'\nexact = true",
                ],
            ),
            ("'*.a.example', '[::1]'", &["path = '/'"]),
            ("'*.b.a.example'", &["path = '/x'"]),
            ("'*'", &["path = '/'"]),
        ];
        for (hosts, locations) in sites {
            text += &format!("[[site]]\nhosts = [{hosts}]\n");
            for location in locations {
                text += &format!("[[site.location]]\n{location}\nredirect = {{ to = '/' }}\n");
            }
        }
        Router::new(&Config::parse(&text, Path::new("gateway.toml")).unwrap())
    }

    #[test]
    fn the_host_chooses_the_site() {
        let rows = [
            ("a.example", 0),
            ("A.Example:8080", 0),
            ("a.example.", 0),
            ("x.a.example", 1),
            ("x.y.a.example", 1),
            ("x.b.a.example", 2),
            ("b.a.example", 1),
            (".a.example", 3),
            ("[::1]:80", 1),
            ("[::1]", 1),
            ("other", 3),
            ("", 3),
        ];
        let router = router();
        for (host, site) in rows {
            assert_eq!(router.site(host.as_bytes()), Some(site), "{host}");
        }
    }

    #[test]
    fn the_longest_prefix_wins_and_an_exact_path_before_it() {
        let rows = [
            ("/", Some(0)),
            ("/static", Some(0)),
            ("/static/", Some(1)),
            ("/static/a", Some(1)),
            ("/static/deep/a", Some(2)),
            ("/only", Some(3)),
            ("/only/", Some(0)),
            ("", None),
        ];
        let router = router();
        for (path, location) in rows {
            assert_eq!(router.location(0, path.as_bytes()), location, "{path}");
        }
    }

    #[test]
    fn a_request_without_a_place_is_refused() {
        let router = router();
        assert_eq!(router.route(b"x.b.a.example", b"/y"), Err(Reason::NotFound));
        let text =
            "[[site]]\nhosts = ['a']\n[[site.location]]\npath = '/'\nredirect = { to = '/' }\n";
        let router = Router::new(&Config::parse(text, Path::new("gateway.toml")).unwrap());
        assert_eq!(router.route(b"b", b"/"), Err(Reason::UnknownHost));
    }
}
