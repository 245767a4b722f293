//! Requests to a plane without sockets, whose changes serve at once.

use core::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use super::*;
use crate::config::Config;
use crate::control::model::State;
use crate::control::{Persist, Refused};

const TEXT: &str = "[[listen]]\naddress = '127.0.0.1:80'\n[log]\naccess = ''\n[[site]]\n[[site.location]]\npath = '/'\nupstream = 'app'\n[upstream.app]\nprotocol = 'http1'\n[[upstream.app.server]]\nid = 'a'\naddress = '127.0.0.1:1'\n[[upstream.app.server]]\nid = 'b'\naddress = '127.0.0.1:2'\n";

/// A controller, and the folder of its file.
pub(super) struct Fixture {
    pub(super) controller: Arc<Controller>,
    _folder: tempfile::TempDir,
    file: PathBuf,
}

impl Fixture {
    /// Within a runtime.
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gateway.toml");
        std::fs::write(&file, TEXT).unwrap();
        let config = Arc::new(Config::load(&file).unwrap());
        let (plane, mut submitted) = Plane::new(State::loaded(config, 0), None);
        let plane = Arc::new(plane);
        let served = plane.clone();
        tokio::spawn(async move {
            while let Some(submission) = submitted.recv().await {
                let current = served.state();
                let outcome = if submission.state.revision() == current.revision() {
                    if let Some(Persist { file, text }) = submission.persist {
                        std::fs::write(file, text).unwrap();
                    }
                    let state = Arc::new(submission.state.numbered(current.revision() + 1));
                    served.set_state(state.clone());
                    Ok(state)
                } else {
                    Err(Refused::Stale)
                };
                let _ = submission.done.send(outcome);
            }
        });
        let origins = ["https://admin.example".to_owned()];
        Self {
            controller: Arc::new(Controller::new(plane, b"secret", &origins)),
            _folder: folder,
            file,
        }
    }

    /// Asks with the token; `fields` are lines.
    pub(super) async fn ask(&self, line: &str, fields: &str, content: &str) -> Answer {
        let fields = format!("Authorization: Bearer secret\n{fields}");
        self.controller
            .answer(&request(line, &fields, content))
            .await
    }

    async fn tag(&self, path: &str) -> String {
        let answer = self.ask(&format!("GET {path}"), "", "").await;
        answer.field("etag").unwrap().to_owned()
    }
}

pub(super) fn request(line: &str, fields: &str, content: &str) -> Request {
    let (method, target) = line.split_once(' ').unwrap();
    let fields = fields.lines().filter_map(|line| line.split_once(": "));
    let mut fields: Vec<_> = fields
        .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
        .collect();
    if !fields.iter().any(|(name, _)| name == "Host") {
        fields.push(("Host".to_owned(), b"localhost".to_vec()));
    }
    Request {
        method: method.to_owned(),
        target: target.to_owned(),
        fields,
        content: content.as_bytes().to_vec(),
        peer: Peer::Tcp {
            remote: IpAddr::from([127, 0, 0, 1]),
            local: IpAddr::from([127, 0, 0, 1]),
        },
    }
}

pub(super) fn json(answer: &Answer) -> Value {
    serde_json::from_slice(answer.content.as_deref().unwrap_or(b"null")).unwrap()
}

/// Runs it within a runtime.
pub(super) fn run<F: Future<Output = ()>>(future: F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future);
}

const JSON_TYPE: &str = "Content-Type: application/json\n";
const SERVER: &str = "/api/v1/upstreams/app/servers/a";

#[test]
fn each_fault_has_its_status_and_reason() {
    let any = format!("{JSON_TYPE}If-Match: *\n");
    let any = any.as_str();
    let rows: &[(&str, &str, &str, u16, &str)] = &[
        ("GET /other", "", "", 404, "not_found"),
        ("GET /apix", "", "", 404, "not_found"),
        ("GET /api/v2/upstreams", "", "", 404, "not_found"),
        ("GET /api/v1/upstreams/other", "", "", 404, "not_found"),
        (
            "GET /api/v1/upstreams/app/servers/c",
            "",
            "",
            404,
            "not_found",
        ),
        ("GET /api/v1/upstreams/%ff", "", "", 404, "not_found"),
        (
            "GET /api/v1/upstreams?version=2",
            "",
            "",
            400,
            "unknown_version",
        ),
        (
            "GET /api/upstreams?version=",
            "",
            "",
            400,
            "unknown_version",
        ),
        (
            "GET /api/upstreams",
            "Accept: application/vnd.wirekit.v2+json",
            "",
            406,
            "not_acceptable",
        ),
        (
            "GET /api/v1/upstreams",
            "Accept: application/vnd.wirekit.v2+json",
            "",
            400,
            "versions_disagree",
        ),
        (
            "GET /api/v1/upstreams",
            "Accept: text/html",
            "",
            406,
            "not_acceptable",
        ),
        (
            "GET /api/v1/config",
            "Accept: application/json",
            "",
            406,
            "not_acceptable",
        ),
        ("GET /api/v1/upstreams?limit=0", "", "", 400, "invalid"),
        ("GET /api/v1/upstreams?limit=x", "", "", 400, "invalid"),
        ("GET /api/v1/upstreams?limits=1", "", "", 400, "invalid"),
        (
            "GET /api/v1/upstreams?limit=1&limit=2",
            "",
            "",
            400,
            "invalid",
        ),
        ("POST /api/v1/upstreams", "", "", 405, "method_not_allowed"),
        ("GET /health", "Host: evil.example", "", 403, "foreign_host"),
        (
            "GET /metrics",
            "Host: evil.example",
            "",
            403,
            "foreign_host",
        ),
        (
            "GET /api/v1/upstreams",
            "Host: evil.example",
            "",
            403,
            "foreign_host",
        ),
        (
            "PUT /api/v1/upstreams/app/servers/a",
            JSON_TYPE,
            "{\"address\":\"127.0.0.1:3\"}",
            428,
            "precondition_required",
        ),
        (
            "PATCH /api/v1/upstreams/app/servers/a",
            JSON_TYPE,
            "{}",
            428,
            "precondition_required",
        ),
        (
            "PATCH /api/v1/upstreams/app/servers/a",
            "Content-Type: application/json\nIf-Match: \"x\"",
            "{}",
            412,
            "precondition_failed",
        ),
        (
            "PUT /api/v1/upstreams/app/servers/c",
            any,
            "{\"address\":\"127.0.0.1:3\"}",
            412,
            "precondition_failed",
        ),
        (
            "PUT /api/v1/upstreams/app/servers/a",
            "Content-Type: application/json\nIf-None-Match: *",
            "{\"address\":\"127.0.0.1:3\"}",
            412,
            "precondition_failed",
        ),
        (
            "PATCH /api/v1/upstreams/app/servers/a",
            "Content-Type: application/json\nIf-Match: x",
            "{}",
            400,
            "malformed_request",
        ),
        (
            "PUT /api/v1/upstreams/app/servers/a",
            "Content-Type: text/plain",
            "{}",
            415,
            "unsupported_media_type",
        ),
        (
            "PUT /api/v1/upstreams/app/servers/a",
            "",
            "{}",
            415,
            "unsupported_media_type",
        ),
        (
            "PUT /api/v1/config",
            JSON_TYPE,
            "{}",
            415,
            "unsupported_media_type",
        ),
        (
            "PUT /api/v1/upstreams/app/servers/a",
            any,
            "{",
            400,
            "invalid",
        ),
        (
            "PUT /api/v1/upstreams/app/servers/a",
            any,
            "[]",
            400,
            "invalid",
        ),
        (
            "PUT /api/v1/upstreams/app/servers/a",
            any,
            "{}",
            400,
            "invalid",
        ),
        (
            "PUT /api/v1/upstreams/app/servers/a%20",
            JSON_TYPE,
            "{\"address\":\"127.0.0.1:3\"}",
            400,
            "invalid",
        ),
        (
            "PUT /api/v1/upstreams/app/servers/a",
            any,
            "{\"address\":\"127.0.0.1:2\"}",
            409,
            "address_twice",
        ),
        (
            "PUT /api/v1/upstreams/none/servers/a",
            JSON_TYPE,
            "{\"address\":\"127.0.0.1:2\"}",
            404,
            "not_found",
        ),
        (
            "PATCH /api/v1/upstreams/app/servers/c",
            any,
            "{}",
            404,
            "not_found",
        ),
        (
            "DELETE /api/v1/upstreams/app/servers/c",
            "",
            "",
            404,
            "not_found",
        ),
        (
            "DELETE /api/v1/upstreams/app/servers/a?force=yes",
            "",
            "",
            400,
            "invalid",
        ),
        (
            "DELETE /api/v1/upstreams/app/servers/a",
            "If-Match: \"x\"",
            "",
            412,
            "precondition_failed",
        ),
        ("DELETE /api/v1/upstreams/app", "", "", 409, "in_use"),
        ("DELETE /api/v1/upstreams/other", "", "", 404, "not_found"),
        (
            "PATCH /api/v1/upstreams/app",
            any,
            "{\"protocol\":\"uwsgi\"}",
            409,
            "in_use",
        ),
        (
            "PATCH /api/v1/upstreams/app",
            any,
            "{\"servers\":[]}",
            400,
            "invalid",
        ),
        (
            "DELETE /api/v1/upstreams/app/servers/a/drain",
            "",
            "",
            404,
            "not_found",
        ),
        (
            "GET /api/v1/upstreams/app/servers/a/drain",
            "",
            "",
            404,
            "not_found",
        ),
        (
            "PUT /api/v1/config",
            "Content-Type: application/toml",
            "",
            428,
            "precondition_required",
        ),
        (
            "PUT /api/v1/config",
            "Content-Type: application/toml\nIf-Match: *",
            "worker = 1",
            400,
            "invalid",
        ),
    ];
    run(async {
        let fixture = Fixture::new();
        let revision = fixture.controller.plane.state().revision();
        for (line, fields, content, status, reason) in rows {
            let answer = fixture.ask(line, fields, content).await;
            let text = String::from_utf8_lossy(answer.content.as_deref().unwrap_or_default());
            assert_eq!(answer.status.0, *status, "{line}: {text}");
            assert_eq!(
                answer.field("content-type"),
                Some("application/problem+json"),
                "{line}"
            );
            let json = json(&answer);
            assert_eq!(
                (&json["status"], &json["reason"]),
                (&(*status).into(), &(*reason).into()),
                "{line}: {text}"
            );
            assert!(!text.contains("secret"), "{text}");
        }
        assert_eq!(
            fixture.controller.plane.state().revision(),
            revision,
            "nothing was changed"
        );
        let answer = fixture.ask("POST /api/v1/upstreams", "", "").await;
        assert_eq!(answer.field("allow"), Some("GET, HEAD, OPTIONS"));
        let answer = fixture.ask(&format!("PATCH {SERVER}"), "", "{}").await;
        assert_eq!(
            answer.field("accept-patch"),
            Some("application/merge-patch+json, application/json")
        );
    });
}

#[test]
fn who_has_no_token_reads_nothing() {
    run(async {
        let fixture = Fixture::new();
        for line in [
            "GET /api",
            "GET /api/v1/config",
            "DELETE /api/v1/upstreams/app",
            "POST /api/v1/upstreams",
        ] {
            for (fields, reason) in [
                ("", "unauthorized"),
                ("Authorization: Bearer other", "wrong_token"),
            ] {
                let answer = fixture.controller.answer(&request(line, fields, "")).await;
                assert_eq!(
                    (answer.status.0, &json(&answer)["reason"]),
                    (401, &reason.into()),
                    "{line}"
                );
                assert!(
                    answer
                        .field("www-authenticate")
                        .unwrap()
                        .starts_with("Bearer")
                );
            }
        }
        for line in ["GET /health", "GET /metrics"] {
            let mut request = request(line, "", "");
            assert_eq!(
                fixture.controller.answer(&request).await.status.0,
                200,
                "{line}"
            );
            request.peer = Peer::Tcp {
                remote: IpAddr::from([192, 0, 2, 1]),
                local: IpAddr::from([192, 0, 2, 2]),
            };
            assert_eq!(
                fixture.controller.answer(&request).await.status.0,
                401,
                "{line}"
            );
        }
    });
}

#[test]
fn members_that_are_wrong_are_pointed_at() {
    let rows = [
        (
            SERVER,
            r#"{"address":"127.0.0.1:1","weight":0}"#,
            "#/weight",
        ),
        (SERVER, r#"{"address":1}"#, "#/address"),
        (
            "/api/v1/upstreams/app/servers/a/drain",
            r#"{"deadline":"0s"}"#,
            "#/deadline",
        ),
        (
            SERVER,
            r#"{"address":"127.0.0.1:1","wieght":1}"#,
            "#/wieght",
        ),
        (
            SERVER,
            r#"{"address":"127.0.0.1:1","weight":null}"#,
            "#/weight",
        ),
        (SERVER, r#"{"address":"127.0.0.1:1","id":"b"}"#, "#/id"),
        (
            SERVER,
            r#"{"address":"127.0.0.1:1","weight":1.5}"#,
            "#/weight",
        ),
        (SERVER, r#"{"address":"127.0.0.1:1","weight":1e999}"#, ""),
        (
            "/api/v1/upstreams/app",
            r#"{"protocol":"http1","servers":[{"id":"a","address":"x"}]}"#,
            "#/servers/0/address",
        ),
        (
            "/api/v1/upstreams/app",
            r#"{"protocol":"http1","servers":[1]}"#,
            "#/servers/0",
        ),
        (
            "/api/v1/upstreams/app",
            r#"{"protocol":"http1","servers":{}}"#,
            "#/servers",
        ),
        (
            "/api/v1/upstreams/app",
            r#"{"protocol":"http1","health":{"rise":0},"servers":[{"id":"a","address":"127.0.0.1:1"}]}"#,
            "#/health/rise",
        ),
    ];
    run(async {
        let fixture = Fixture::new();
        for (path, content, pointer) in rows {
            let fields = format!("{JSON_TYPE}If-Match: *");
            let answer = fixture.ask(&format!("PUT {path}"), &fields, content).await;
            assert_eq!(answer.status.0, 400, "{content}");
            let json = json(&answer);
            let given = json["errors"][0]["pointer"].as_str();
            assert_eq!(given.unwrap_or_default(), pointer, "{content}: {json}");
        }
    });
}

#[test]
fn a_version_is_named_by_path_type_or_query() {
    run(async {
        let fixture = Fixture::new();
        let versioned = "application/vnd.wirekit.v1+json";
        let accept = format!("Accept: {versioned}");
        let rows = [
            ("/api/v1/upstreams", "", JSON),
            ("/api/upstreams", "", JSON),
            ("/api/upstreams?version=1", "Accept: */*", JSON),
            ("/api/v1/upstreams?version=1", &accept, versioned),
            (
                "/api/upstreams",
                "Accept: application/json;q=0.5, application/vnd.wirekit.v1+json",
                versioned,
            ),
        ];
        for (target, fields, content_type) in rows {
            let answer = fixture.ask(&format!("GET {target}"), fields, "").await;
            assert_eq!(answer.status.0, 200, "{target}");
            assert_eq!(
                answer.field("content-type"),
                Some(content_type),
                "{target} {fields}"
            );
            assert_eq!(answer.field("vary"), Some("Accept, Origin"));
        }
    });
}

#[test]
fn a_server_is_made_changed_and_removed() {
    run(async {
        let fixture = Fixture::new();
        let path = "/api/v1/upstreams/app/servers/c";
        let put = format!("PUT {path}");
        let answer = fixture
            .ask(&put, JSON_TYPE, r#"{"address":"127.0.0.1:3"}"#)
            .await;
        assert_eq!(
            (answer.status.0, answer.field("location")),
            (201, Some(path))
        );
        let made = json(&answer);
        assert_eq!(
            (&made["weight"], &made["persisted"]),
            (&1.into(), &false.into())
        );
        let tag = fixture.tag(path).await;
        assert_eq!(answer.field("etag"), Some(tag.as_str()));
        // What is read can be put as it is.
        let fields = format!("{JSON_TYPE}If-Match: {tag}");
        let answer = fixture.ask(&put, &fields, &made.to_string()).await;
        assert_eq!((answer.status.0, json(&answer)), (200, made));
        let fields = format!("Content-Type: application/merge-patch+json\nIf-Match: {tag}");
        let answer = fixture
            .ask(&format!("PATCH {path}"), &fields, r#"{"weight":7}"#)
            .await;
        assert_eq!(
            (answer.status.0, &json(&answer)["weight"]),
            (200, &7.into())
        );
        let answer = fixture
            .ask(&format!("PATCH {path}"), &fields, r#"{"weight":8}"#)
            .await;
        assert_eq!(answer.status.0, 412, "it was changed since");
        let patch = "Content-Type: application/merge-patch+json\nIf-Match: *";
        let answer = fixture
            .ask(&format!("PATCH {path}"), patch, r#"{"weight":null}"#)
            .await;
        assert_eq!(&json(&answer)["weight"], &1, "null is the default");
        let answer = fixture.ask(&format!("DELETE {path}"), "", "").await;
        assert_eq!(
            (answer.status.0, &json(&answer)["state"]),
            (202, &"drain".into())
        );
        while fixture.ask(&format!("GET {path}"), "", "").await.status.0 != 404 {
            tokio::task::yield_now().await;
        }
        let answer = fixture
            .ask(&format!("DELETE {SERVER}?force=true"), "", "")
            .await;
        assert_eq!((answer.status.0, answer.content), (204, None));
        let answer = fixture
            .ask("DELETE /api/v1/upstreams/app/servers/b", "", "")
            .await;
        assert_eq!(
            (answer.status.0, &json(&answer)["reason"]),
            (409, &"last_server".into())
        );
    });
}

#[test]
fn an_upstream_is_made_and_removed() {
    run(async {
        let fixture = Fixture::new();
        let path = "/api/v1/upstreams/new";
        let content = r#"{"protocol":"uwsgi","servers":[{"id":"x","address":"unix:/run/x"}]}"#;
        let answer = fixture
            .ask(&format!("PUT {path}"), JSON_TYPE, content)
            .await;
        assert_eq!(
            (answer.status.0, answer.field("location")),
            (201, Some(path))
        );
        let made = json(&answer);
        let fields = format!("{JSON_TYPE}If-Match: {}", answer.field("etag").unwrap());
        let answer = fixture
            .ask(&format!("PUT {path}"), &fields, &made.to_string())
            .await;
        assert_eq!((answer.status.0, json(&answer)), (200, made));
        let answer = fixture.ask(&format!("DELETE {path}"), "", "").await;
        assert_eq!(answer.status.0, 204);
        assert_eq!(
            fixture.ask(&format!("GET {path}"), "", "").await.status.0,
            404
        );
    });
}

#[test]
fn a_server_drains_until_it_does_not() {
    run(async {
        let fixture = Fixture::new();
        let drain = format!("{SERVER}/drain");
        let state = async |expected: &str| {
            let answer = fixture.ask(&format!("GET {SERVER}"), "", "").await;
            assert_eq!(json(&answer)["state"], expected);
        };
        let content = r#"{"deadline":"30s"}"#;
        let answer = fixture
            .ask(&format!("PUT {drain}"), JSON_TYPE, content)
            .await;
        let expected = json!({"deadline": "30s", "leaves": false});
        assert_eq!((answer.status.0, json(&answer)), (201, expected));
        state("drain").await;
        let fields = format!("{JSON_TYPE}If-Match: {}", answer.field("etag").unwrap());
        assert_eq!(
            fixture
                .ask(&format!("PUT {drain}"), &fields, "{}")
                .await
                .status
                .0,
            200
        );
        assert_eq!(
            fixture
                .ask(&format!("DELETE {drain}"), "", "")
                .await
                .status
                .0,
            204
        );
        state("up").await;
    });
}

#[test]
fn the_configuration_is_put_as_a_whole_and_stays() {
    run(async {
        let fixture = Fixture::new();
        let answer = fixture.ask("GET /api/v1/config", "", "").await;
        assert_eq!(answer.content.as_deref(), Some(TEXT.as_bytes()));
        let fields = format!(
            "Content-Type: application/toml\nIf-Match: {}",
            answer.field("etag").unwrap()
        );
        let wrong = TEXT.replace("path = '/'", "path = 'x'");
        let answer = fixture.ask("PUT /api/v1/config", &fields, &wrong).await;
        let problem = json(&answer);
        assert_eq!(
            (answer.status.0, &problem["errors"][0]["line"]),
            (400, &7.into()),
            "{problem}"
        );
        assert_eq!(&problem["errors"][0]["pointer"], "#/site/0/location/0/path");
        let text = TEXT.replace("127.0.0.1:2", "127.0.0.1:7");
        let answer = fixture.ask("PUT /api/v1/config", &fields, &text).await;
        assert_eq!(answer.status.0, 204);
        assert_eq!(
            answer.field("etag").unwrap(),
            fixture.tag("/api/v1/config").await
        );
        assert_eq!(std::fs::read_to_string(&fixture.file).unwrap(), text);
        let server = json(
            &fixture
                .ask("GET /api/v1/upstreams/app/servers/b", "", "")
                .await,
        );
        assert_eq!(
            (&server["address"], &server["persisted"]),
            (&"127.0.0.1:7".into(), &true.into())
        );
        let answer = fixture.ask("PUT /api/v1/config", &fields, TEXT).await;
        assert_eq!(answer.status.0, 412);
        std::fs::write(&fixture.file, format!("{text}# by hand\n")).unwrap();
        let fields = "Content-Type: application/toml\nIf-Match: *";
        let answer = fixture.ask("PUT /api/v1/config", fields, TEXT).await;
        assert_eq!(
            (answer.status.0, &json(&answer)["reason"]),
            (409, &"conflict".into())
        );
    });
}

#[test]
fn a_configuration_is_checked_without_any_change() {
    run(async {
        let fixture = Fixture::new();
        let fields = "Content-Type: application/toml";
        let answer = fixture
            .ask("POST /api/v1/config/checks", fields, TEXT)
            .await;
        assert_eq!(json(&answer), json!({"valid": true, "problems": []}));
        let answer = fixture
            .ask(
                "POST /api/v1/config/checks",
                fields,
                &format!("workers = 0\n{TEXT}"),
            )
            .await;
        let checked = json(&answer);
        assert_eq!((answer.status.0, &checked["valid"]), (200, &false.into()));
        assert_eq!(
            (
                &checked["problems"][0]["line"],
                &checked["problems"][0]["key"]
            ),
            (&1.into(), &"workers".into())
        );
    });
}

#[test]
fn a_list_goes_on_where_its_page_ended() {
    run(async {
        let fixture = Fixture::new();
        let list = "/api/v1/upstreams/app/servers";
        let answer = fixture.ask(&format!("GET {list}?limit=1"), "", "").await;
        let next =
            format!("<{list}?limit=1>; rel=\"first\", <{list}?limit=1&after=a>; rel=\"next\"");
        assert_eq!(answer.field("link"), Some(next.as_str()));
        assert_eq!(
            (&json(&answer)["items"][0]["id"], &json(&answer)["total"]),
            (&"a".into(), &2.into())
        );
        let answer = fixture
            .ask(&format!("GET {list}?limit=1&after=a"), "", "")
            .await;
        assert_eq!(&json(&answer)["items"][0]["id"], "b");
        assert!(!answer.field("link").unwrap().contains("next"));
    });
}

#[test]
fn who_has_it_already_gets_it_not_again() {
    run(async {
        let fixture = Fixture::new();
        let tag = fixture.tag(SERVER).await;
        let fields = format!("If-None-Match: {tag}");
        let answer = fixture.ask(&format!("GET {SERVER}"), &fields, "").await;
        assert_eq!(
            (answer.status.0, answer.field("etag"), &answer.content),
            (304, Some(tag.as_str()), &None)
        );
    });
}

#[test]
fn pages_of_listed_origins_may_ask_and_no_others() {
    run(async {
        let fixture = Fixture::new();
        let listed = "Origin: https://admin.example\nAccess-Control-Request-Method: PATCH";
        let preflight = request(&format!("OPTIONS {SERVER}"), listed, "");
        let answer = fixture.controller.answer(&preflight).await;
        assert_eq!(answer.status.0, 204);
        assert_eq!(
            answer.field("access-control-allow-origin"),
            Some("https://admin.example")
        );
        assert_eq!(
            answer.field("access-control-allow-methods"),
            Some("GET, HEAD, PUT, PATCH, DELETE, OPTIONS")
        );
        let other = "Origin: https://evil.example\nAccess-Control-Request-Method: PATCH";
        let answer = fixture
            .controller
            .answer(&request(&format!("OPTIONS {SERVER}"), other, ""))
            .await;
        assert_eq!(
            answer.field("allow"),
            Some("GET, HEAD, PUT, PATCH, DELETE, OPTIONS")
        );
        assert!(
            !answer
                .fields
                .iter()
                .any(|(name, _)| name.starts_with("Access-Control"))
        );
        let answer = fixture
            .ask(
                &format!("GET {SERVER}"),
                "Origin: https://admin.example",
                "",
            )
            .await;
        assert_eq!(
            answer.field("access-control-allow-origin"),
            Some("https://admin.example")
        );
    });
}
