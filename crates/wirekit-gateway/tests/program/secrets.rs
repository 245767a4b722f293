//! The token of the control address stands in its file, and nowhere else.

use super::control::start_with;
use super::*;

const TOKEN: &str = "t0ken-that-nobody-may-see";

/// What this sends back to that, up to the end of the connection.
fn say(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn none_has(what: &str, text: &str) {
    assert!(!text.contains(TOKEN), "{what}: {text}");
    // Nor in another spelling.
    assert!(!text.contains("dDBrZW4tdGhhdC1ub2JvZHk"), "{what}: {text}");
}

#[test]
fn the_token_is_in_no_log_page_error_or_output() {
    let text = format!(
        "{}max_failures = 0\n",
        upstream("http1", &free_address()).replace("[log]\n", "[log]\nlevel = 'debug'\n")
    );
    let (gateway, control, folder) = start_with(&text, TOKEN);
    let authorization = format!("Authorization: Bearer {TOKEN}\r\n");
    // Right and wrong requests of the plane, each with the token where it belongs, or nearly.
    let targets = [
        "/",
        "/health",
        "/metrics",
        "/live",
        "/other",
        "/api",
        "/api/v9",
        "/api/v1",
        "/api/v1/config",
        "/api/v1/upstreams",
        "/api/v1/upstreams/app/servers/a",
        "/api/v1/requests",
        "/api/v1/sessions",
        "/api/v1/connections",
        "/api/v1/certificates",
        "/api/v1/openapi.json",
        "/api/v1/upstreams?limit=x",
    ];
    let before = [
        authorization.clone(),
        authorization.replace("Bearer", "Basic"),
        authorization.replace("Bearer ", "Bearer x"),
        format!("{authorization}{authorization}"),
        authorization.replace("\r\n", "\u{1}\r\n"),
        format!("{authorization}Accept: text/{TOKEN}\r\n").replace(TOKEN, "x") + &authorization,
        format!("{authorization}If-Match: x\r\n"),
        format!("{authorization}Transfer-Encoding: x\r\n"),
    ];
    for target in targets {
        for method in ["GET", "PUT", "DELETE", "OPTIONS", "BREW"] {
            // What changes something is not the subject.
            if method == "DELETE" && target.ends_with("/a") {
                continue;
            }
            for fields in &before {
                let request = format!(
                    "{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{fields}\r\n"
                );
                none_has(&request, &say(&control, &request));
            }
        }
    }
    // Clients of sites have secrets of the same form.
    let rows = [
        ("GET", "/x", authorization.as_str()),
        ("GET", "/%zz", &authorization),
        ("GET", &format!("/?token={TOKEN}"), ""),
        (
            "POST",
            "/x",
            &format!("{authorization}Content-Length: 99999999999\r\n"),
        ),
        ("GET", "/x", &authorization.replace("\r\n", "\u{1}\r\n")),
        ("GET", "/x", &format!("Cookie: a={TOKEN}\r\n")),
    ];
    let (mut count, mut answers) = (0, String::new());
    for (method, target, fields) in rows {
        let request =
            format!("{method} {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{fields}\r\n");
        answers += &say(&gateway.address, &request);
        count += 1;
    }
    none_has("error pages", &answers);
    let list = || {
        let request = format!(
            "GET /api/v1/requests HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{authorization}\r\n"
        );
        say(&control, &request)
    };
    wait_until("all are listed", || {
        list().matches("\"reference\"").count() >= count
    });
    none_has("failures", &list());
    none_has("messages", &gateway.messages.all());

    // What the program says of its configuration.
    let file = gateway.folder.path().join("gateway.toml");
    let run = |words: &[&str]| {
        let output = Command::new(PROGRAM)
            .arg("--config")
            .arg(&file)
            .args(words)
            .output()
            .unwrap();
        let text = [&output.stdout[..], &output.stderr].concat();
        (
            output.status.code(),
            String::from_utf8_lossy(&text).into_owned(),
        )
    };
    let field = format!("Authorization: Bearer {TOKEN}");
    let rows: [&[&str]; 8] = [
        &["--check"],
        &["explain", "GET", "http://a/x"],
        &["explain", "-H", &field, "GET", "http://a/x"],
        &["ctl", "upstreams"],
        &["ctl", "--json", "servers"],
        &["ctl", "explain", "-H", &field, "GET", "http://a/x"],
        &["ctl", "weight", "app", "none", "1"],
        &["ctl", "failures"],
    ];
    for words in rows {
        none_has(&words.join(" "), &run(words).1);
    }
    // A file that others can read is named, and not shown.
    let token = folder.path().join("token");
    fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let (status, said) = run(&["--check"]);
    assert_eq!(status, Some(1), "{said}");
    none_has("--check", &said);
    fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    // The access log may have the query that a client sent, as each server's has: nothing else.
    wait_until("the log is written", || {
        let log = fs::read_to_string(gateway.folder.path().join("access.log"));
        log.is_ok_and(|log| log.lines().count() >= count)
    });
    let log = fs::read_to_string(gateway.folder.path().join("access.log")).unwrap();
    none_has("log", &log.replace(&format!("?token={TOKEN}"), ""));
}
