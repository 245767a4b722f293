//! The control address.

use std::os::unix::fs::PermissionsExt;

use super::*;

/// The gateway with a control address, that address, and the folder of the token.
fn start(text: &str) -> (Gateway, String, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    fs::write(&token, "secret\n").unwrap();
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
    let control = free_address();
    let token = token.display();
    let text = format!("{text}[control]\naddress = '{control}'\ntoken_file = '{token}'\n");
    (Gateway::start(&text), control, folder)
}

fn ask(address: &str, request: &str) -> String {
    ask_with(address, request, "")
}

fn ask_with(address: &str, request: &str, fields: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(
            format!("{request} HTTP/1.1\r\nHost: localhost\r\n{fields}Connection: close\r\n\r\n")
                .as_bytes(),
        )
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The value of the sample that begins so.
fn sample(text: &str, start: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.starts_with(start))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[test]
fn metrics_are_sums_of_all_workers_and_outlive_a_configuration() {
    let address = server(|mut stream| {
        read_packet(&mut stream);
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            .unwrap();
    });
    let (gateway, control, _folder) =
        start(&format!("workers = 2\n{}", upstream("uwsgi", &address)));
    for _ in 0..20 {
        assert!(gateway.get("/").ends_with("ok"));
    }
    assert!(gateway.get("/%zz").contains("malformed_path"));
    let served = "wirekit_gateway_requests_total{site=\"*\",location=\"/\",upstream=\"app\",server=\"a\",status=\"2xx\",reason=\"served\"} ";
    let refused = "wirekit_gateway_requests_total{site=\"\",location=\"\",upstream=\"\",server=\"\",status=\"4xx\",reason=\"malformed_path\"} ";
    let count = "wirekit_gateway_upstream_seconds_count{upstream=\"app\"} ";
    let wait = |expected: f64| {
        wait_until("all are counted", || {
            let text = ask(&control, "GET /metrics");
            sample(&text, served) == Some(expected) && sample(&text, refused) == Some(1.0)
        });
        ask(&control, "GET /metrics")
    };
    let text = wait(20.0);
    assert!(text.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    assert_eq!(sample(&text, refused), Some(1.0), "{text}");
    assert_eq!(sample(&text, count), Some(20.0), "{text}");
    assert_eq!(
        sample(&text, "wirekit_gateway_connections_accepted_total "),
        Some(21.0)
    );
    assert_eq!(
        sample(
            &text,
            "wirekit_gateway_server_requests{upstream=\"app\",server=\"a\"} "
        ),
        Some(0.0)
    );
    assert_eq!(
        sample(
            &text,
            "wirekit_gateway_server_up{upstream=\"app\",server=\"a\"} "
        ),
        Some(1.0)
    );
    assert!(sample(&text, "wirekit_gateway_sent_bytes_total ").unwrap() > 20.0 * 50.0);
    assert!(sample(&text, "wirekit_gateway_received_bytes_total ").unwrap() > 20.0 * 30.0);
    gateway.signal("-HUP");
    gateway
        .messages
        .wait_for("info: the configuration was loaded anew");
    assert!(gateway.get("/").ends_with("ok"));
    wait(21.0);
}

/// A site that needs no upstream.
const SITE: &str =
    "[[listen]]\naddress = 'ADDRESS'\n[[site]]\n[[site.location]]\npath = '/'\nroot = 'www'\n";

#[test]
fn health_and_metrics_are_there_to_be_read() {
    let (_gateway, control, _folder) = start(SITE);
    let rows = [
        ("GET /health", "200 OK", "ok\n"),
        ("HEAD /health", "200 OK", "\r\n\r\n"),
        (
            "POST /health",
            "405 Method Not Allowed",
            "\"reason\":\"method_not_allowed\"}",
        ),
        ("OPTIONS /health", "204 No Content", "\r\n\r\n"),
        ("GET /other", "404 Not Found", "\"reason\":\"not_found\"}"),
        ("GET /metrics?x", "200 OK", "\n"),
    ];
    for (request, status, end) in rows {
        let answer = ask(&control, request);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}\r\n")),
            "{request}: {answer}"
        );
        assert!(answer.ends_with(end), "{request}: {answer}");
    }
}

#[test]
fn what_serves_is_read_with_the_token() {
    let (_gateway, control, _folder) = start(&upstream("uwsgi", "127.0.0.1:9"));
    let path = "/api/v1/upstreams/app/servers/a";
    let answer = ask(&control, &format!("GET {path}"));
    assert!(
        answer.starts_with("HTTP/1.1 401 Unauthorized\r\n"),
        "{answer}"
    );
    assert!(
        answer.contains("\r\nWWW-Authenticate: Bearer\r\n"),
        "{answer}"
    );
    let answer = ask_with(
        &control,
        &format!("GET {path}"),
        "Authorization: Bearer secret\r\n",
    );
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let json = r#"{"id":"a","address":"127.0.0.1:9","weight":1,"state":"up","max_connections":0,"max_failures":1,"failure_timeout":"10s","persisted":true}"#;
    assert!(answer.ends_with(json), "{answer}");
}

#[test]
fn health_says_that_the_gateway_drains() {
    let (address, has_request, go_on) = held();
    let (mut gateway, control, _folder) = start(&upstream("uwsgi", &address));
    let mut busy = gateway.connect();
    busy.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    has_request.recv_timeout(PATIENCE).unwrap();
    gateway.signal("-TERM");
    gateway.messages.wait_for("info: stops");
    assert!(ask(&control, "GET /health").starts_with("HTTP/1.1 503 "));
    assert!(ask(&control, "GET /metrics").starts_with("HTTP/1.1 200 "));
    go_on.send(()).unwrap();
    let mut answer = String::new();
    busy.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("late"), "{answer}");
    assert_eq!(gateway.child.wait().unwrap().code(), Some(0));
}

/// The content of an answer of the API.
fn api(control: &str, request: &str, content: &str) -> serde_json::Value {
    let len = content.len();
    let fields = format!(
        "Authorization: Bearer secret\r\nContent-Type: application/json\r\nContent-Length: {len}\r\n\r\n{content}"
    );
    let mut stream = TcpStream::connect(control).unwrap();
    let head = format!("{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{fields}");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, content) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(content).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

#[test]
fn the_last_failures_are_a_list_with_the_newest_first() {
    let text = upstream("uwsgi", &free_address()) + "max_failures = 0\n";
    let (gateway, control, _folder) = start(&format!("workers = 2\n{text}"));
    for at in 0..5 {
        let page = gateway.get(&format!("/{at}?token=hidden"));
        assert!(page.starts_with("HTTP/1.1 502 "), "{page}");
    }
    let page = gateway.get("/%zz");
    let (_, reference) = page.rsplit_once("malformed_path ").unwrap();
    let reference = reference.split('<').next().unwrap();
    wait_until("all are there", || {
        api(&control, "GET /api/v1/requests", "")["total"] == 6
    });
    let paths = |target: &str| -> Vec<String> {
        let list = api(&control, &format!("GET /api/v1/requests{target}"), "");
        let items = list["items"].as_array().unwrap().iter();
        let path = |item: &serde_json::Value| item["path"].as_str().unwrap().to_owned();
        items.map(path).collect()
    };
    assert_eq!(paths("?status=502"), ["/4", "/3", "/2", "/1", "/0"]);
    assert_eq!(paths("?reason=connect_refused&limit=2"), ["/4", "/3"]);
    assert_eq!(paths(&format!("?reference={reference}")), ["/%zz"]);
    assert_eq!(paths("?upstream=other"), [""; 0]);
    let target = "GET /api/v1/requests?status=502&limit=2";
    let answer = ask_with(&control, target, "Authorization: Bearer secret\r\n");
    assert!(!answer.contains("hidden"), "{answer}");
    let (_, next) = answer
        .split_once("</api/v1/requests?limit=2&status=502>; rel=\"first\", <")
        .unwrap();
    let next = next
        .split('>')
        .next()
        .unwrap()
        .trim_start_matches("/api/v1/requests");
    assert_eq!(paths(next), ["/2", "/1"]);
    let failure = &api(&control, "GET /api/v1/requests?status=502", "")["items"][0];
    for (key, value) in [
        ("reason", "connect_refused"),
        ("phase", "connect"),
        ("server", "a"),
        ("location", "/"),
    ] {
        assert_eq!(failure[key], value, "{failure}");
    }
    assert_eq!(
        failure["tries"][0]["reason"], "connect_refused",
        "{failure}"
    );
    let wrong = api(&control, "GET /api/v1/requests?reason=none", "");
    assert_eq!(wrong["reason"], "invalid");
}

#[test]
fn the_plane_explains_as_the_program_does() {
    let (_gateway, control, _folder) = start(&upstream("uwsgi", "127.0.0.1:1"));
    let question = r#"{"method": "GET", "url": "http://a//b", "fields": ["Cookie: a=b"], "remote": "192.0.2.1"}"#;
    let answer = api(&control, "POST /api/v1/explain", question);
    assert_eq!(answer["server"], "a", "{answer}");
    assert!(answer["why"].to_string().contains(".toml:"), "{answer}");
    for wrong in [
        "",
        "[]",
        "{}",
        r#"{"url": 1}"#,
        r#"{"url": "/", "remote": "x"}"#,
        r#"{"url": "/", "fields": [1]}"#,
        r#"{"url": "/", "other": 1}"#,
    ] {
        let answer = api(&control, "POST /api/v1/explain", wrong);
        assert_eq!(answer["reason"], "invalid", "{wrong}: {answer}");
    }
}
