use std::fs;

use serde_json::json;

use super::*;

fn config(folder: &Path) -> Config {
    fs::create_dir_all(folder.join("www/static/docs")).unwrap();
    fs::write(folder.join("www/static/a.css"), "a").unwrap();
    fs::write(folder.join("www/static/docs/index.html"), "a").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.join("www/static/out")).unwrap();
    let text = r#"
[[site]]
hosts = ["shop.example"]

[[site.location]]
path = "/static/"
root = "www"

[[site.location]]
path = "/old"
exact = true
redirect = { status = 301, to = "https://$host/new?from=$arg_q" }

[[site.location]]
path = "/"
upstream = "app"

[[site]]
hosts = ["secure.example"]
redirect_https = true

[[site.location]]
path = "/only"
upstream = "none"

[upstream.app]
protocol = "uwsgi"
balance = "ip_hash"

[[upstream.app.server]]
id = "a"
address = "127.0.0.1:3031"

[[upstream.app.server]]
id = "b"
address = "127.0.0.1:3032"

[upstream.none]
protocol = "http1"

[[upstream.none.server]]
id = "a"
address = "127.0.0.1:8000"
state = "down"
"#;
    Config::parse(text, &folder.join("gateway.toml")).unwrap()
}

#[test]
fn each_request_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let file = |path: &str| folder.path().join("www").join(path).display().to_string();
    let rows = [
        (
            "GET",
            "http://shop.example/static/a.css",
            json!({"site": "shop.example", "location": "/static/", "action": "static", "file": file("static/a.css"), "status": 200, "reason": "served"}),
        ),
        (
            "GET",
            "http://shop.example/static/docs/",
            json!({"site": "shop.example", "location": "/static/", "action": "static", "file": file("static/docs/index.html"), "status": 200, "reason": "served"}),
        ),
        (
            "GET",
            "http://shop.example/static//x/../a.css?v=1",
            json!({"site": "shop.example", "location": "/static/", "action": "static", "file": file("static/a.css"), "status": 200, "reason": "served"}),
        ),
        (
            "POST",
            "http://shop.example/static/a.css",
            json!({"site": "shop.example", "location": "/static/", "action": "refuse", "status": 405, "reason": "method_not_allowed"}),
        ),
        (
            "GET",
            "http://shop.example/static/none",
            json!({"site": "shop.example", "location": "/static/", "action": "refuse", "status": 404, "reason": "not_found"}),
        ),
        (
            "GET",
            "http://shop.example/static/.env",
            json!({"site": "shop.example", "location": "/static/", "action": "refuse", "status": 404, "reason": "not_found"}),
        ),
        (
            "GET",
            "http://shop.example/static/out",
            json!({"site": "shop.example", "location": "/static/", "action": "refuse", "status": 404, "reason": "not_found"}),
        ),
        (
            "GET",
            "http://shop.example/%2e%2e/x",
            json!({"action": "refuse", "status": 400, "reason": "malformed_path"}),
        ),
        (
            "GET",
            "http://shop.example/old?q=1",
            json!({"site": "shop.example", "location": "/old", "action": "redirect", "status": 301, "reason": "redirected"}),
        ),
        (
            "GET",
            "http://SHOP.example:80/",
            json!({"site": "shop.example", "location": "/", "action": "upstream", "upstream": "app", "server": "a"}),
        ),
        (
            "GET",
            "http://shop.example",
            json!({"site": "shop.example", "location": "/", "action": "upstream", "upstream": "app", "server": "a"}),
        ),
        (
            "GET",
            "http://other.example/",
            json!({"action": "refuse", "status": 421, "reason": "unknown_host"}),
        ),
        (
            "GET",
            "http://secure.example/",
            json!({"site": "secure.example", "action": "redirect", "status": 308, "reason": "redirected"}),
        ),
        (
            "GET",
            "https://secure.example/",
            json!({"site": "secure.example", "action": "refuse", "status": 404, "reason": "not_found"}),
        ),
        (
            "GET",
            "https://secure.example/only",
            json!({"site": "secure.example", "location": "/only", "action": "refuse", "upstream": "none", "status": 503, "reason": "no_server"}),
        ),
        (
            "G T",
            "http://shop.example/",
            json!({"action": "refuse", "status": 400, "reason": "malformed_request"}),
        ),
        (
            "GET",
            "http://shop.example/ x",
            json!({"action": "refuse", "status": 400, "reason": "malformed_request"}),
        ),
    ];
    for (method, url, expected) in rows {
        let mut found = explain(&config, &Question::new(method, url)).to_json();
        let why = found.as_object_mut().unwrap().shift_remove("why");
        assert!(
            why.as_ref()
                .is_some_and(|why| !why.as_array().unwrap().is_empty()),
            "{url}"
        );
        assert_eq!(found, expected, "{method} {url} {why:?}");
    }
}

#[test]
fn what_a_codec_refuses_is_refused_with_its_rule() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let rows = [
        (
            &["Content-Length: 1", "Transfer-Encoding: chunked"][..],
            "request_smuggling",
            "http1.content_length_with_transfer_encoding",
        ),
        (
            &["Host: a", "Host: b"],
            "malformed_request",
            "http1.repeated_host",
        ),
        (&["A b: c"], "malformed_request", "http1."),
        (
            &["A: b\r\n\r\nGET / HTTP/1.1"],
            "malformed_request",
            "ends the head before its end",
        ),
    ];
    for (fields, reason, rule) in rows {
        let mut question = Question::new("POST", "http://shop.example/");
        question.fields = fields.iter().map(|field| (*field).to_owned()).collect();
        let found = explain(&config, &question).to_json();
        assert_eq!(found["reason"], reason, "{found}");
        assert!(found["why"].to_string().contains(rule), "{found}");
    }
}

#[test]
fn an_address_leads_to_its_server() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let servers: Vec<String> = (0..20)
        .map(|at| {
            let mut question = Question::new("GET", "http://shop.example/");
            question.remote = Some(Remote::Address([10, at, 7, 1].into()));
            explain(&config, &question).to_json()["server"].to_string()
        })
        .collect();
    assert!(
        servers.contains(&"\"a\"".to_owned()) && servers.contains(&"\"b\"".to_owned()),
        "{servers:?}"
    );
}

#[test]
fn a_handshake_for_another_site_is_misdirected() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let mut question = Question::new("GET", "https://secure.example/only");
    question.tls_name = Some("shop.example".to_owned());
    assert_eq!(
        explain(&config, &question).to_json()["reason"],
        "unknown_host"
    );
}

#[test]
fn a_server_name_chooses_a_certificate_or_a_server() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pem"), "").unwrap();
    let text = "[[listen]]\naddress = '0.0.0.0:443'\ntls = ['shop', 'default']\n[[listen]]\naddress = '0.0.0.0:8443'\npassthrough = { 'db.example' = 'db', '*.db.example' = 'db' }\n[certificate.shop]\nnames = ['shop.example', '*.shop.example']\nchain = 'pem'\nkey = 'pem'\n[certificate.default]\nchain = 'pem'\nkey = 'pem'\n[[site]]\n[[site.location]]\npath = '/'\nredirect = { to = '/' }\n[upstream.db]\nprotocol = 'tcp'\n[[upstream.db.server]]\nid = 'one'\naddress = '127.0.0.1:1'\n";
    let config = Config::parse(text, &folder.path().join("gateway.toml")).unwrap();
    let rows = [
        (
            "https://shop.example/",
            None,
            "redirect",
            "the certificate \"shop\"",
        ),
        (
            "https://a.shop.example/",
            None,
            "redirect",
            "the certificate \"shop\"",
        ),
        (
            "https://b.a.shop.example/",
            None,
            "redirect",
            "the certificate \"default\"",
        ),
        ("https://192.0.2.1/", None, "redirect", "for no server name"),
        (
            "https://192.0.2.1/",
            Some("SHOP.example"),
            "redirect",
            "the certificate \"shop\"",
        ),
        (
            "https://db.example:8443/",
            None,
            "upstream",
            "chooses one at 127.0.0.1:1",
        ),
        (
            "https://db.example:8443/",
            Some("a.db.example"),
            "upstream",
            "chooses one",
        ),
        (
            "https://other.example:8443/",
            None,
            "refuse",
            "leads nowhere",
        ),
    ];
    for (url, tls_name, action, why) in rows {
        let mut question = Question::new("GET", url);
        question.tls_name = tls_name.map(str::to_owned);
        let answer = explain(&config, &question).to_json();
        assert_eq!(answer["action"], action, "{url} {answer}");
        assert!(
            answer["why"]
                .to_string()
                .contains(&why.replace('"', "\\\"")),
            "{url} {answer}"
        );
    }
}

#[test]
fn a_trusted_proxy_is_believed_as_it_will_be() {
    let text = r#"
[trust]
proxies = ["10.0.0.0/8", "unix:"]

[[site]]
redirect_https = true

[[site.location]]
path = "/"
upstream = "app"

[upstream.app]
protocol = "uwsgi"
balance = "ip_hash"

[[upstream.app.server]]
id = "a"
address = "127.0.0.1:3031"

[[upstream.app.server]]
id = "b"
address = "127.0.0.1:3032"
"#;
    let config = Config::parse(text, Path::new("gateway.toml")).unwrap();
    let ask = |remote: &str, fields: &[&str]| {
        let mut question = Question::new("GET", "http://a/");
        question.remote = remote.parse().ok();
        question.fields = fields.iter().map(|field| (*field).to_owned()).collect();
        explain(&config, &question).to_json()
    };
    let fields = ["X-Forwarded-For: 198.51.100.9", "X-Forwarded-Proto: https"];
    assert_eq!(ask("192.0.2.1", &fields)["action"], "redirect");
    let answer = ask("10.0.0.1", &fields);
    assert_eq!(answer["action"], "upstream");
    let why = answer["why"].to_string();
    assert!(
        why.contains("the trusted proxy 10.0.0.1 says that the client is 198.51.100.9"),
        "{why}"
    );
    assert_eq!(ask("10.0.0.1", &["Expect: more"])["status"], 417);
    assert_eq!(ask("unix:", &fields)["action"], "upstream");
    let why = ask("unix:", &fields)["why"].to_string();
    assert!(
        why.contains("the trusted proxy by a unix socket says that the client is 198.51.100.9"),
        "{why}"
    );
}

#[test]
fn each_step_says_which_line_it_is_from() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let file = folder.path().join("gateway.toml").display().to_string();
    let rows: [(&str, &[usize]); 5] = [
        ("http://shop.example/", &[3, 15, 28, 30]),
        ("http://shop.example/old", &[3, 10, 12]),
        ("http://shop.example/static/none", &[3, 6, 7]),
        ("http://secure.example/", &[19, 20]),
        ("https://secure.example/only", &[19, 23, 38]),
    ];
    for (url, lines) in rows {
        let why = explain(&config, &Question::new("GET", url)).to_json()["why"].to_string();
        let found: Vec<usize> = why
            .split(&format!("({file}:"))
            .skip(1)
            .map(|rest| rest.split(')').next().unwrap().parse().unwrap())
            .collect();
        assert_eq!(found, lines, "{url}: {why}");
    }
    let why = explain(&Config::builtin().unwrap(), &Question::new("GET", "/")).to_json();
    assert!(!why.to_string().contains(".toml"), "{why}");
}

#[test]
fn a_cookie_says_which_server() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("route.key");
    fs::write(&key, "k".repeat(32)).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let mut text = String::from(
        "[[site]]\n[[site.location]]\npath = '/'\nupstream = 'app'\n\
         [upstream.app]\nprotocol = 'http1'\naffinity = { cookie = 'route', key_file = 'route.key' }\n",
    );
    for (id, state) in [("a", "up"), ("b", "drain"), ("c", "down")] {
        let port = id.as_bytes()[0];
        text += &format!(
            "[[upstream.app.server]]\nid = '{id}'\naddress = '127.0.0.1:{port}'\nstate = '{state}'\n"
        );
    }
    let config = Config::parse(&text, &folder.path().join("gateway.toml")).unwrap();
    let Some(crate::config::Affinity::Cookie { keys, .. }) = &config.upstreams[0].affinity else {
        panic!("no keys");
    };
    let route = crate::core::affinity::RouteCookie::new("app", "route", keys);
    let rows = [
        (route.sign("b", 0), "b", None),
        (route.sign("c", 0), "a", Some("server_down")),
        (route.sign("d", 0), "a", Some("server_gone")),
        ("b".to_owned(), "a", Some("forged")),
    ];
    for (value, server, moved) in rows {
        let mut question = Question::new("GET", "/");
        question.fields.push(format!("Cookie: x=1; route={value}"));
        let answer = explain(&config, &question).to_json();
        assert_eq!(answer["server"], server, "{answer}");
        assert_eq!(
            answer.get("moved").and_then(Value::as_str),
            moved,
            "{answer}"
        );
    }
}

#[test]
fn what_becomes_of_servers_is_said() {
    let text = "[[site]]\n[[site.location]]\npath = '/'\nupstream = 'app'\n[upstream.app]\nprotocol = 'http1'\n\
        health = { path = '/up', interval = '5s', fall = 3, status = [200, 204] }\n\
        [[upstream.app.server]]\nid = 'a'\naddress = '127.0.0.1:1'\nslow_start = '30s'\n\
        [[upstream.app.server]]\nid = 'b'\naddress = '127.0.0.1:2'\nstate = 'drain'\ndrain_timeout = '1m'\n\
        [[upstream.app.server]]\nid = 'c'\naddress = '127.0.0.1:3'\nstate = 'drain'\n";
    let config = Config::parse(text, Path::new("gateway.toml")).unwrap();
    let answer = explain(&config, &Question::new("GET", "/")).to_json();
    let why: Vec<&str> = answer["why"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(
        why[why.len() - 4..],
        [
            "a server that answers GET /up for localhost with another status than 200, 204, asked each 5s, 3 times in a row is left out",
            "the weight of a grows for 30s once it is added or well again",
            "b drains: it keeps whom it has, for 1m at most",
            "c drains: it keeps whom it has, for as long as they stay",
        ]
    );
}
