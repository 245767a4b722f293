//! The document says what the routes do, and the routes do what it says.

use std::collections::BTreeSet;

use super::*;
use crate::control::view::openapi;

fn document() -> Value {
    serde_json::from_str(openapi::DOCUMENT).unwrap()
}

/// Method, path, name, parameters of the query and who may.
type Operations = BTreeSet<(String, String, String, Vec<String>, bool)>;

fn documented() -> Operations {
    let document = document();
    let parameters = &document["components"]["parameters"];
    let query = |operation: &Value| {
        let list = operation["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let mut names: Vec<String> = Vec::new();
        for parameter in list {
            let parameter = match parameter["$ref"].as_str() {
                Some(name) => parameters[name.rsplit('/').next().unwrap()].clone(),
                None => parameter,
            };
            if parameter["in"] == "query" && parameter["name"] != "version" {
                names.push(parameter["name"].as_str().unwrap().to_owned());
            }
        }
        names.sort();
        names
    };
    let mut operations = Operations::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if method == "parameters" {
                continue;
            }
            let name = operation["operationId"].as_str().unwrap();
            let is_open = operation["security"] == json!([]);
            let method = method.to_uppercase();
            operations.insert((
                method,
                path.clone(),
                name.to_owned(),
                query(operation),
                is_open,
            ));
        }
    }
    operations
}

fn routed() -> Operations {
    let api = routes::API.iter().map(|route| ("/api/v1", route));
    let pages = routes::PAGES.iter().map(|route| ("", route));
    let mut operations = Operations::new();
    for (prefix, route) in api.chain(pages) {
        for (method, operation) in route.methods {
            // The page is for people.
            if *operation == Operation::GetDashboard {
                continue;
            }
            let path = format!("{prefix}{}", route.path);
            let takes = |name: &&&str| **name != "force" || *method == "DELETE";
            let query = route.query.iter().filter(takes);
            let mut query: Vec<String> = query.map(|name| (*name).to_owned()).collect();
            query.sort();
            let is_open = route.guard == Guard::Open;
            operations.insert((
                (*method).to_owned(),
                path,
                format!("{operation:?}"),
                query,
                is_open,
            ));
        }
    }
    operations
}

#[test]
fn the_document_has_each_route_and_no_other() {
    let (documented, routed) = (documented(), routed());
    let missing: Vec<_> = routed.difference(&documented).collect();
    let unknown: Vec<_> = documented.difference(&routed).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "missing {missing:?}, unknown {unknown:?}"
    );
}

#[test]
fn the_document_has_each_reason_and_no_other() {
    let document = document();
    let listed = &document["components"]["schemas"]["Problem"]["properties"]["reason"]["enum"];
    let reasons: Vec<&str> = Fault::ALL.iter().map(|fault| fault.as_str()).collect();
    assert_eq!(*listed, json!(reasons));
    for fault in Fault::ALL {
        let status = fault.status().0.to_string();
        assert!(
            document["components"]["responses"][status.as_str()].is_object(),
            "{status}"
        );
    }
}

/// With all that an upstream may have, as each protocol has members of its own.
#[test]
fn resources_have_the_members_of_the_document() {
    run(async {
        let fixture = Fixture::new();
        let server = r#""servers":[{"id":"a","address":"127.0.0.1:1","drain_timeout":"1s"}]"#;
        let upstreams = [
            r#"{"protocol":"uwsgi","balance":"hash","hash_key":"$path","SERVER"}"#,
            r#"{"protocol":"http1","affinity":{"learn":"a","store":"redis://127.0.0.1:1/0"},"health":{"path":"/"},"SERVER"}"#,
            r#"{"protocol":"tcp","proxy_protocol":true,"SERVER"}"#,
        ];
        for (at, upstream) in upstreams.iter().enumerate() {
            let content = upstream.replace(r#""SERVER""#, server);
            let target = format!("PUT /api/v1/upstreams/u{at}");
            let answer = fixture.ask(&target, JSON_TYPE, &content).await;
            assert_eq!(answer.status.0, 201, "{}", json(&answer));
        }
        let slow = r#"{"address":"127.0.0.1:2","slow_start":"1s","drain_timeout":"1s"}"#;
        let target = "PUT /api/v1/upstreams/u2/servers/s";
        assert_eq!(fixture.ask(target, JSON_TYPE, slow).await.status.0, 201);
        let document = document();
        for (path, schema) in [
            ("/api/v1/upstreams/app", "Upstream"),
            ("/api/v1/upstreams/u0", "Upstream"),
            ("/api/v1/upstreams/u1", "Upstream"),
            ("/api/v1/upstreams/u2", "Upstream"),
            ("/api/v1/upstreams/u2/servers/s", "Server"),
            ("/api/v1/upstreams/app/servers/a", "Server"),
        ] {
            let resource = json(&fixture.ask(&format!("GET {path}"), "", "").await);
            let properties = &document["components"]["schemas"][schema]["properties"];
            for (name, _) in resource.as_object().unwrap() {
                assert!(properties[name].is_object(), "{schema} has no {name}");
            }
        }
    });
}

#[test]
fn the_document_is_read_without_a_token() {
    run(async {
        let fixture = Fixture::new();
        let request = request("GET /api/v1/openapi.json", "", "");
        let answer = fixture.controller.answer(&request).await;
        assert_eq!(answer.status.0, 200);
        assert_eq!(json(&answer), document());
    });
}
