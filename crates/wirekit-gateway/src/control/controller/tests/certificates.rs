//! Certificates that are put: what fits is taken, and no key is ever shown.

use super::*;

/// A chain and a key, as PEM.
fn made(name: &str) -> (String, String) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

fn content(names: &[&str], chain: &str, key: &str) -> String {
    json!({"names": names, "chain": chain, "key": key}).to_string()
}

const SHOP: &str = "/api/v1/certificates/shop";

#[test]
fn a_certificate_that_does_not_fit_says_where() {
    run(async {
        let fixture = Fixture::new();
        let (chain, key) = made("shop.example");
        let (_, other) = made("shop.example");
        let rows = [
            (content(&[], "x", &key), 400, "#/chain"),
            (content(&[], &key, &key), 400, "#/chain"),
            (content(&[], &chain, "x"), 400, "#/key"),
            (content(&[], &chain, &chain), 400, "#/key"),
            (content(&[], &chain, &other), 409, "#/key"),
            (content(&["other.example"], &chain, &key), 400, "#/names/0"),
            (json!({"chain": chain}).to_string(), 400, "#/key"),
            (json!({"key": key}).to_string(), 400, "#/chain"),
            (json!({"chain": 1, "key": key}).to_string(), 400, "#/chain"),
            (
                json!({"chain": chain, "key": key, "other": 1}).to_string(),
                400,
                "#/other",
            ),
        ];
        for (content, status, pointer) in rows {
            let answer = fixture
                .ask(&format!("PUT {SHOP}"), JSON_TYPE, &content)
                .await;
            let problem = json(&answer);
            assert_eq!(answer.status.0, status, "{problem}");
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
            let is_conflict = problem["reason"] == "key_mismatch";
            assert_eq!(is_conflict, status == 409, "{problem}");
            // The lines of a key are nobody's to read.
            let secret = key.lines().nth(1).unwrap();
            assert!(!problem.to_string().contains(secret), "{problem}");
        }
        assert_eq!(
            json(&fixture.ask("GET /api/v1/certificates", "", "").await)["total"],
            0
        );
    });
}

#[test]
fn a_certificate_is_put_and_goes_and_its_key_is_not_shown() {
    run(async {
        let fixture = Fixture::new();
        let (chain, key) = made("shop.example");
        let content = content(&["SHOP.example"], &chain, &key);
        let put = format!("PUT {SHOP}");
        let answer = fixture.ask(&put, JSON_TYPE, &content).await;
        assert_eq!(answer.status.0, 201);
        assert_eq!(answer.field("location"), Some(SHOP));
        let put_json = json(&answer);
        assert_eq!(put_json["names"], json!(["shop.example"]));
        assert_eq!(
            (&put_json["source"], &put_json["persisted"]),
            (&"api".into(), &false.into())
        );
        let got = fixture.ask(&format!("GET {SHOP}"), "", "").await;
        assert_eq!(json(&got), put_json);
        assert!(!put_json.to_string().contains("PRIVATE"));
        let state = fixture.controller.plane.state();
        assert!(!format!("{state:?}").contains("PRIVATE"));
        // What is there is not overwritten unseen.
        let answer = fixture.ask(&put, JSON_TYPE, &content).await;
        assert_eq!(answer.status.0, 428);
        let again = format!("{JSON_TYPE}If-Match: {}", fixture.tag(SHOP).await);
        assert_eq!(fixture.ask(&put, &again, &content).await.status.0, 200);
        let delete = format!("DELETE {SHOP}");
        let answer = fixture.ask(&delete, "If-Match: \"other\"", "").await;
        assert_eq!(answer.status.0, 412);
        assert_eq!(fixture.ask(&delete, "", "").await.status.0, 204);
        assert_eq!(fixture.ask(&delete, "", "").await.status.0, 404);
    });
}
