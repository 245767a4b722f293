//! What the metrics say of servers: a resource of the API is what is configured, not how it is just now.

use serde_json::Value;

use super::client::{Ask, Client};

/// The metrics of the gateway as text; empty where it gives none.
pub(super) fn metrics(client: &Client) -> String {
    let answer = client.ask(&Ask::get("/metrics"));
    answer.map_or_else(
        |_| String::new(),
        |answer| String::from_utf8_lossy(&answer.content).into_owned(),
    )
}

/// Adds to a server whether checks or requests failed there, so that a worker leaves it out, and the requests that it has now.
pub(super) fn add(server: &mut Value, upstream: &str, metrics: &str) {
    let Value::Object(server) = server else {
        return;
    };
    let id = server.get("id").and_then(Value::as_str).unwrap_or_default();
    let sample = |name: &str| -> Option<u64> {
        let start = format!("wirekit_gateway_{name}{{upstream=\"{upstream}\",server=\"{id}\"}} ");
        let value = metrics.lines().find_map(|line| line.strip_prefix(&start));
        value?.parse().ok()
    };
    let (up, requests) = (sample("server_up"), sample("server_requests"));
    if let Some(up) = up {
        server.insert("failing".to_owned(), (up == 0).into());
    }
    if let Some(requests) = requests {
        server.insert("requests".to_owned(), requests.into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::add;

    #[test]
    fn a_server_has_what_its_own_samples_say() {
        let metrics = "# TYPE wirekit_gateway_server_up gauge\n\
            wirekit_gateway_server_up{upstream=\"app\",server=\"a\"} 0\n\
            wirekit_gateway_server_up{upstream=\"app\",server=\"ab\"} 1\n\
            wirekit_gateway_server_requests{upstream=\"app\",server=\"a\"} 7\n";
        let mut servers = ["a", "ab", "c"].map(|id| json!({"id": id}));
        servers.iter_mut().for_each(|it| add(it, "app", metrics));
        assert_eq!(
            servers,
            [
                json!({"id": "a", "failing": true, "requests": 7}),
                json!({"id": "ab", "failing": false}),
                json!({"id": "c"}),
            ]
        );
    }
}
