//! What is refused, and how it is said.

use super::*;

#[test]
fn each_fault_has_its_status_and_reason() {
    let any = format!("{JSON_TYPE}If-Match: *\n");
    let any = any.as_str();
    let rows: &[(&str, &str, &str, u16, &str)] = &[
        (
            "GET /api/v1/upstreams",
            "If-None-Match: x",
            "",
            400,
            "malformed_request",
        ),
        (
            "GET /api/v1/upstreams",
            "If-None-Match: ",
            "",
            400,
            "malformed_request",
        ),
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
