//! Four clients change the same things at once: no change is lost, and no answer contradicts what is read then.

use core::sync::atomic::{AtomicU32, Ordering};

use super::*;

/// The next number of a sequence that is the same each time (xorshift).
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// What the clients know of it all.
#[derive(Default)]
struct Known {
    /// How often the weight of each server was made one more.
    added: [AtomicU32; 2],
    /// Changes that were refused, as another had been faster.
    refused: AtomicU32,
}

/// Reads a weight, and makes it one more if nobody else did.
async fn add(fixture: &Fixture, known: &Known, at: usize) {
    let path = format!("/api/v1/upstreams/app/servers/{}", ["a", "b"][at]);
    let read = fixture.ask(&format!("GET {path}"), "", "").await;
    tokio::task::yield_now().await;
    let weight = json(&read)["weight"].as_u64().unwrap();
    let fields = format!("{JSON_TYPE}If-Match: {}", read.field("etag").unwrap());
    let patch = format!(r#"{{"weight":{}}}"#, weight + 1);
    let answer = fixture.ask(&format!("PATCH {path}"), &fields, &patch).await;
    match answer.status.0 {
        200 => {
            assert_eq!(json(&answer)["weight"], weight + 1);
            known.added[at].fetch_add(1, Ordering::Relaxed);
        }
        412 => {
            known.refused.fetch_add(1, Ordering::Relaxed);
        }
        status => panic!("{status}"),
    }
}

/// A server of this client's own: what is answered is what is read until the client changes it.
async fn own(fixture: &Fixture, client: usize, state: &mut Option<Value>, seed: &mut u64) {
    let path = format!("/api/v1/upstreams/app/servers/own-{client}");
    let read = fixture.ask(&format!("GET {path}"), "", "").await;
    match &*state {
        None => assert_eq!(read.status.0, 404),
        Some(known) => assert_eq!((read.status.0, &json(&read)), (200, known)),
    }
    let content = format!(
        r#"{{"address":"127.0.0.1:{}","weight":{}}}"#,
        1000 + client,
        next(seed) % 100 + 1
    );
    let any = format!("{JSON_TYPE}If-Match: *");
    let (line, fields, content) = match next(seed) % 5 {
        0 if state.is_none() => ("PUT", JSON_TYPE, content.as_str()),
        0 => ("PUT", any.as_str(), content.as_str()),
        1 => ("PATCH", any.as_str(), r#"{"max_failures":7,"weight":null}"#),
        2 => ("PATCH", any.as_str(), r#"{"state":"down"}"#),
        3 => ("PATCH", any.as_str(), r#"{"weight":0}"#),
        _ => ("DELETE", "", ""),
    };
    let target = if line == "DELETE" {
        format!("{path}?force=true")
    } else {
        path
    };
    let answer = fixture
        .ask(&format!("{line} {target}"), fields, content)
        .await;
    match (answer.status.0, line) {
        (201, "PUT") if state.is_none() => *state = Some(json(&answer)),
        (200, "PUT" | "PATCH") if state.is_some() => *state = Some(json(&answer)),
        (204, "DELETE") if state.is_some() => *state = None,
        (404, "PATCH" | "DELETE") if state.is_none() => {}
        (400, "PATCH") if content.contains(":0") => {}
        (status, _) => panic!("{line} {content}: {status}"),
    }
}

#[test]
fn four_clients_at_once_lose_no_change() {
    run(async {
        let (fixture, known) = (Arc::new(Fixture::new()), Arc::new(Known::default()));
        let clients: Vec<_> = (0..4_usize)
            .map(|client| {
                let (fixture, known) = (fixture.clone(), known.clone());
                tokio::spawn(async move {
                    let mut seed = 0x9E37_79B9_7F4A_7C15 + client as u64;
                    let mut state = None;
                    for _ in 0..250 {
                        match next(&mut seed) % 3 {
                            at @ (0 | 1) => {
                                let at = usize::try_from(at).unwrap();
                                add(&fixture, &known, at).await;
                            }
                            _ => own(&fixture, client, &mut state, &mut seed).await,
                        }
                    }
                })
            })
            .collect();
        for client in clients {
            client.await.unwrap();
        }
        for (at, id) in ["a", "b"].into_iter().enumerate() {
            let path = format!("GET /api/v1/upstreams/app/servers/{id}");
            let weight = json(&fixture.ask(&path, "", "").await)["weight"].clone();
            let added = known.added[at].load(Ordering::Relaxed);
            assert!(added > 100);
            assert_eq!(weight, added + 1, "{id}");
        }
        assert!(known.refused.load(Ordering::Relaxed) > 0, "the clients met");
    });
}
