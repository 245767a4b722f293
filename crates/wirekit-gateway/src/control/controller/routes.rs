//! What there is to ask for, as a table.

use super::content;

/// Who may ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    /// Everyone: there is nothing in it of this gateway.
    Open,
    /// Who has the token.
    Token,
    /// Who has the token, or is on the same machine.
    Local,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// The page of the dashboard.
    GetDashboard,
    /// Whether the gateway takes requests.
    GetHealth,
    /// What was counted, as Prometheus reads it.
    GetMetrics,
    /// Opens the WebSocket that says every second what serves.
    OpenLive,
    /// Links to what there is.
    GetRoot,
    /// The API as programs read it.
    GetOpenapi,
    /// All upstreams.
    ListUpstreams,
    /// One upstream.
    GetUpstream,
    /// Makes an upstream, or another of it.
    PutUpstream,
    /// Changes a part of an upstream.
    PatchUpstream,
    /// Removes an upstream.
    DeleteUpstream,
    /// The servers of an upstream.
    ListServers,
    /// One server.
    GetServer,
    /// The last exchanges that failed.
    ListRequests,
    /// What would happen to a request.
    Explain,
    /// Makes a server, or another of it.
    PutServer,
    /// Changes a part of a server.
    PatchServer,
    /// Removes a server, once it has no more requests or at once.
    DeleteServer,
    /// Whether a server drains.
    GetDrain,
    /// A server keeps whom it has and gets nobody new.
    PutDrain,
    /// A server is again what it was.
    DeleteDrain,
    /// Users that stay at a server.
    ListSessions,
    /// One of them.
    GetSession,
    /// Forgets which server a user has.
    DeleteSession,
    /// Connections of clients.
    ListConnections,
    /// One connection.
    GetConnection,
    /// Ends a connection.
    DeleteConnection,
    /// The certificates of listeners.
    ListCertificates,
    /// One certificate.
    GetCertificate,
    /// Makes a certificate, or another of it.
    PutCertificate,
    /// Removes a certificate.
    DeleteCertificate,
    /// The configuration's text.
    GetConfig,
    /// Another configuration.
    PutConfig,
    /// What is wrong with a configuration.
    CheckConfig,
}

/// A path and what its methods do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route {
    /// Where it is; of the API without `/api` and the version. `{name}` stands for any segment.
    pub(crate) path: &'static str,
    /// What each method does. HEAD is GET without content, and OPTIONS says what there is.
    pub(crate) methods: &'static [(&'static str, Operation)],
    /// Who may ask for it.
    pub(crate) guard: Guard,
    /// The parameters that its query may have, beside `version`.
    pub(crate) query: &'static [&'static str],
    /// The type of its content, where it is not JSON.
    pub(crate) content_type: Option<&'static str>,
}

const fn route(path: &'static str, methods: &'static [(&'static str, Operation)]) -> Route {
    Route {
        path,
        methods,
        guard: Guard::Token,
        query: &[],
        content_type: None,
    }
}

impl Route {
    const fn guard(self, guard: Guard) -> Self {
        Self { guard, ..self }
    }

    const fn content_type(self, content_type: &'static str) -> Self {
        Self {
            content_type: Some(content_type),
            ..self
        }
    }

    const fn query(self, query: &'static [&'static str]) -> Self {
        Self { query, ..self }
    }
}

/// What stands beside the API.
pub(crate) const PAGES: &[Route] = &[
    route("/", &[("GET", Operation::GetDashboard)]).guard(Guard::Open),
    route("/health", &[("GET", Operation::GetHealth)]).guard(Guard::Local),
    route("/metrics", &[("GET", Operation::GetMetrics)]).guard(Guard::Local),
    // Its first message has the token.
    route(super::live::PATH, &[("GET", Operation::OpenLive)]).guard(Guard::Open),
];

/// Where in a list to go on, and how much of it is wanted.
const PAGED: &[&str] = &["limit", "after"];

/// What stands under `/api/v1`.
pub(crate) const API: &[Route] = &[
    route("", &[("GET", Operation::GetRoot)]),
    route("/openapi.json", &[("GET", Operation::GetOpenapi)]).guard(Guard::Open),
    route("/upstreams", &[("GET", Operation::ListUpstreams)]).query(PAGED),
    route(
        "/upstreams/{upstream}",
        &[
            ("GET", Operation::GetUpstream),
            ("PUT", Operation::PutUpstream),
            ("PATCH", Operation::PatchUpstream),
            ("DELETE", Operation::DeleteUpstream),
        ],
    ),
    route(
        "/upstreams/{upstream}/servers",
        &[("GET", Operation::ListServers)],
    )
    .query(PAGED),
    route(
        "/upstreams/{upstream}/servers/{server}",
        &[
            ("GET", Operation::GetServer),
            ("PUT", Operation::PutServer),
            ("PATCH", Operation::PatchServer),
            ("DELETE", Operation::DeleteServer),
        ],
    )
    .query(&["force"]),
    route(
        "/upstreams/{upstream}/servers/{server}/drain",
        &[
            ("GET", Operation::GetDrain),
            ("PUT", Operation::PutDrain),
            ("DELETE", Operation::DeleteDrain),
        ],
    ),
    route("/sessions", &[("GET", Operation::ListSessions)]).query(PAGED),
    route(
        "/sessions/{session}",
        &[
            ("GET", Operation::GetSession),
            ("DELETE", Operation::DeleteSession),
        ],
    ),
    route("/connections", &[("GET", Operation::ListConnections)]).query(PAGED),
    route(
        "/connections/{connection}",
        &[
            ("GET", Operation::GetConnection),
            ("DELETE", Operation::DeleteConnection),
        ],
    ),
    route("/certificates", &[("GET", Operation::ListCertificates)]).query(PAGED),
    route(
        "/certificates/{certificate}",
        &[
            ("GET", Operation::GetCertificate),
            ("PUT", Operation::PutCertificate),
            ("DELETE", Operation::DeleteCertificate),
        ],
    ),
    route("/requests", &[("GET", Operation::ListRequests)]).query(super::requests::FILTERS),
    route("/explain", &[("POST", Operation::Explain)]),
    route(
        "/config",
        &[("GET", Operation::GetConfig), ("PUT", Operation::PutConfig)],
    )
    .content_type(content::TOML),
    route("/config/checks", &[("POST", Operation::CheckConfig)]),
];

/// The route of a path, and what stands for each `{name}`, still encoded.
pub(crate) fn find<'p>(
    routes: &'static [Route],
    path: &'p str,
) -> Option<(&'static Route, Vec<&'p str>)> {
    routes
        .iter()
        .find_map(|route| Some((route, matched(route.path, path)?)))
}

fn matched<'p>(template: &str, path: &'p str) -> Option<Vec<&'p str>> {
    let mut names = Vec::new();
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    loop {
        match (template.next(), path.next()) {
            (None, None) => return Some(names),
            (Some(wanted), Some(segment)) if wanted.starts_with('{') && !segment.is_empty() => {
                names.push(segment);
            }
            (Some(wanted), Some(segment)) if wanted == segment => {}
            _ => return None,
        }
    }
}

impl Route {
    /// What this method does; HEAD does what GET does.
    pub(crate) fn operation(&self, method: &str) -> Option<Operation> {
        let method = if method == "HEAD" { "GET" } else { method };
        let mut methods = self.methods.iter();
        methods
            .find(|(other, _)| *other == method)
            .map(|(_, operation)| *operation)
    }

    /// The value of `Allow`.
    pub(crate) fn allow(&self) -> String {
        let mut allowed = Vec::new();
        for (method, _) in self.methods {
            allowed.push(*method);
            if *method == "GET" {
                allowed.push("HEAD");
            }
        }
        allowed.push("OPTIONS");
        allowed.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_by_its_segments() {
        type Found = Option<(&'static str, &'static [&'static str])>;
        let rows: [(&str, Found); 8] = [
            ("", Some(("", &[]))),
            ("/upstreams", Some(("/upstreams", &[]))),
            ("/upstreams/app", Some(("/upstreams/{upstream}", &["app"]))),
            (
                "/upstreams/a%2Fb",
                Some(("/upstreams/{upstream}", &["a%2Fb"])),
            ),
            (
                "/upstreams/app/servers/a",
                Some(("/upstreams/{upstream}/servers/{server}", &["app", "a"])),
            ),
            ("/upstreams/", None),
            ("/upstreams//servers", None),
            ("/others", None),
        ];
        for (path, expected) in rows {
            let found = find(API, path);
            let found = found.map(|(route, names)| (route.path, names));
            assert_eq!(
                found,
                expected.map(|(path, names)| (path, names.to_vec())),
                "{path}"
            );
        }
    }

    #[test]
    fn what_is_allowed_has_head_with_get_and_always_options() {
        let (route, _) = find(PAGES, "/health").unwrap();
        assert_eq!(route.allow(), "GET, HEAD, OPTIONS");
    }
}
