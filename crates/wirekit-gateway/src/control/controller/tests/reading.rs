//! What is read.

use super::*;

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
