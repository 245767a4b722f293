//! The control address.

use std::os::unix::fs::PermissionsExt;

use super::*;

/// The gateway with a control address, that address, and the folder of the token.
pub(super) fn start(text: &str) -> (Gateway, String, tempfile::TempDir) {
    start_with(text, "secret")
}

/// The same with another token.
pub(super) fn start_with(text: &str, token: &str) -> (Gateway, String, tempfile::TempDir) {
    let (folder, content) = (tempfile::tempdir().unwrap(), format!("{token}\n"));
    let token = folder.path().join("token");
    fs::write(&token, content).unwrap();
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
    let control = free_address();
    let token = token.display();
    let text = format!("{text}[control]\naddress = '{control}'\ntoken_file = '{token}'\n");
    (Gateway::start(&text), control, folder)
}

fn ask(address: &str, request: &str) -> String {
    ask_with(address, request, "")
}

pub(super) fn ask_with(address: &str, request: &str, fields: &str) -> String {
    ask_whole(address, request, fields, "")
}

pub(super) fn ask_whole(address: &str, request: &str, fields: &str, content: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(
            format!("{request} HTTP/1.1\r\nHost: localhost\r\n{fields}Connection: close\r\n\r\n{content}")
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
        ("OPTIONS *", "204 No Content", "\r\n\r\n"),
        ("GET http://localhost/health", "200 OK", "ok\n"),
        // The target names another host than the field, and counts (RFC 9112 section 3.2.2).
        (
            "GET http://evil.example/health",
            "403 Forbidden",
            "\"reason\":\"foreign_host\"}",
        ),
        (
            "GET /live",
            "426 Upgrade Required",
            "\"reason\":\"upgrade_required\"}",
        ),
        ("OPTIONS /live", "204 No Content", "\r\n\r\n"),
        (
            "GET /{",
            "400 Bad Request",
            "\"reason\":\"malformed_request\"}",
        ),
    ];
    for (request, status, end) in rows {
        let answer = ask(&control, request);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}\r\n")),
            "{request}: {answer}"
        );
        assert!(answer.ends_with(end), "{request}: {answer}");
    }
    let long = format!("X: {}\r\n", "x".repeat(20_000));
    let answer = ask_with(&control, "GET /health", &long);
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert!(
        answer.ends_with("\"reason\":\"head_too_large\"}"),
        "{answer}"
    );
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
pub(super) fn api(control: &str, request: &str, content: &str) -> serde_json::Value {
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

#[test]
fn a_change_serves_before_it_is_answered() {
    let answers = |text: &'static str| {
        server(move |mut stream| {
            read_packet(&mut stream);
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", text.len());
            stream
                .write_all(format!("{head}{text}").as_bytes())
                .unwrap();
        })
    };
    let (a, b) = (answers("from a"), answers("from b"));
    let (gateway, control, _folder) = start(&format!("workers = 2\n{}", upstream("uwsgi", &a)));
    assert!(gateway.get("/").ends_with("from a"));
    let token = "Authorization: Bearer secret\r\nContent-Type: application/json\r\nIf-Match: *\r\n";
    for address in [&b, &a, &b] {
        let content = format!(r#"{{"address":"{address}"}}"#);
        let fields = format!("{token}Content-Length: {}\r\n", content.len());
        let answer = ask_whole(
            &control,
            "PUT /api/v1/upstreams/app/servers/a",
            &fields,
            &content,
        );
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        let expected = if *address == b { "from b" } else { "from a" };
        for _ in 0..4 {
            assert!(gateway.get("/").ends_with(expected), "{address}");
        }
    }
    let path = "/api/v1/upstreams/app";
    let answer = ask_with(&control, &format!("GET {path}"), token);
    assert!(answer.ends_with("\"persisted\":false}"), "{answer}");
    gateway.signal("-HUP");
    gateway
        .messages
        .wait_for("info: the configuration was loaded anew");
    assert!(gateway.get("/").ends_with("from a"));
    let answer = ask_with(&control, &format!("GET {path}"), token);
    assert!(answer.ends_with("\"persisted\":true}"), "{answer}");
    let said = gateway.messages.all();
    assert!(!said.contains("secret"), "{said}");
}

#[test]
fn a_configuration_that_is_put_serves_and_is_written() {
    let (gateway, control, _folder) = start(SITE);
    assert!(gateway.get("/a.txt").ends_with("hello"));
    let file = gateway.folder.path().join("gateway.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let new = text.replace("path = '/'", "path = '/new/'\nalias = true");
    let fields = format!(
        "Authorization: Bearer secret\r\nContent-Type: application/toml\r\nIf-Match: *\r\nContent-Length: {}\r\n",
        new.len()
    );
    let answer = ask_whole(&control, "PUT /api/v1/config", &fields, &new);
    assert!(
        answer.starts_with("HTTP/1.1 204 No Content\r\n"),
        "{answer}"
    );
    assert!(gateway.get("/new/a.txt").ends_with("hello"));
    assert!(gateway.get("/a.txt").starts_with("HTTP/1.1 404 "));
    assert_eq!(fs::read_to_string(&file).unwrap(), new);
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o640
    );
    // What cannot be bound is not written.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap();
    let unfit = format!("{new}[[listen]]\naddress = '{taken}'\n");
    let fields = fields.replace(&new.len().to_string(), &unfit.len().to_string());
    let answer = ask_whole(&control, "PUT /api/v1/config", &fields, &unfit);
    assert!(answer.starts_with("HTTP/1.1 409 Conflict\r\n"), "{answer}");
    assert_eq!(fs::read_to_string(&file).unwrap(), new);
    let mut names: Vec<_> = fs::read_dir(gateway.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert!(
        !names
            .iter()
            .any(|name| name.to_string_lossy().starts_with(".tmp")),
        "{names:?}"
    );
}

#[test]
fn content_that_is_too_long_is_refused_before_it_is_sent() {
    let (_gateway, control, _folder) = start(SITE);
    let fields = "Authorization: Bearer secret\r\nContent-Length: 99999999\r\n";
    let answer = ask_with(&control, "PUT /api/v1/config", fields);
    assert!(
        answer.starts_with("HTTP/1.1 413 Content Too Large\r\n"),
        "{answer}"
    );
    assert!(
        answer.contains("\"reason\":\"content_too_large\""),
        "{answer}"
    );
}

/// The sockets that a process listens on, by the addresses that the system has for them.
fn listening(pid: u32) -> Vec<String> {
    let fds = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let links = fds.filter_map(|fd| fs::read_link(fd.ok()?.path()).ok());
    let sockets: Vec<String> = links
        .map(|link| link.display().to_string())
        .filter_map(|link| {
            Some(
                link.strip_prefix("socket:[")?
                    .trim_end_matches(']')
                    .to_owned(),
            )
        })
        .collect();
    let mut addresses = Vec::new();
    for table in ["tcp", "tcp6", "unix"] {
        let table = fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        for line in table.lines().skip(1) {
            let words: Vec<&str> = line.split_whitespace().collect();
            // proc(5): of TCP the state 0A listens, of unix sockets the flag 0x10000.
            let is_listening = words.get(3) == Some(&"0A") || words.get(3) == Some(&"00010000");
            if is_listening
                && words
                    .iter()
                    .any(|word| sockets.iter().any(|socket| socket == word))
            {
                addresses.push(words[1].to_owned());
            }
        }
    }
    addresses
}

#[test]
fn without_a_control_address_there_is_no_socket_for_it() {
    let gateway = Gateway::start(&format!("workers = 1\n{SITE}"));
    assert_eq!(listening(gateway.child.id()).len(), 1);
    let (gateway, _control, _folder) = start(&format!("workers = 1\n{SITE}"));
    assert_eq!(listening(gateway.child.id()).len(), 2);
}
