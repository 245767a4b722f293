//! What is changed, and what is answered to it.

use super::*;

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
