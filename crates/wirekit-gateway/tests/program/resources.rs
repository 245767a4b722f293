//! Connections and users as resources of the API: seen, and ended.

use serde_json::Value;

use super::control::{api, ask_whole, ask_with, start};
use super::*;

const TOKEN: &str = "Authorization: Bearer secret\r\n";

fn items(control: &str, target: &str) -> Vec<Value> {
    let list = api(control, &format!("GET /api/v1{target}"), "");
    list["items"]
        .as_array()
        .unwrap_or_else(|| panic!("{list}"))
        .clone()
}

/// Reads one answer of a connection that is kept.
fn read_answer(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"ok") {
        stream.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    String::from_utf8(answer).unwrap()
}

#[test]
fn a_connection_is_seen_and_ended() {
    let address = server(|mut stream| {
        read_packet(&mut stream);
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            .unwrap();
    });
    let (gateway, control, _folder) =
        start(&format!("workers = 2\n{}", upstream("uwsgi", &address)));
    let mut clients: Vec<TcpStream> = (0..5).map(|_| gateway.connect()).collect();
    for client in &mut clients {
        client
            .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            .unwrap();
        read_answer(client);
    }
    wait_until("all are idle", || {
        let all = items(&control, "/connections");
        all.len() == 5 && all.iter().all(|one| one["activity"] == "idle")
    });
    let all = items(&control, "/connections");
    for one in &all {
        assert_eq!(
            (&one["protocol"], &one["requests"]),
            (&"http".into(), &1.into())
        );
        assert_eq!(one["listener"], gateway.address.as_str());
        assert_eq!(one.get("server"), None, "{one}");
    }
    // In pages, of all workers in one order.
    let mut paged = Vec::new();
    let mut target = "/api/v1/connections?limit=2".to_owned();
    loop {
        let answer = ask_with(&control, &format!("GET {target}"), TOKEN);
        let (head, content) = answer.split_once("\r\n\r\n").unwrap();
        let list: Value = serde_json::from_str(content).unwrap();
        assert_eq!(list["total"], 5);
        paged.extend(list["items"].as_array().unwrap().clone());
        let Some((_, next)) = head.split_once("rel=\"first\", <") else {
            break;
        };
        next.split('>').next().unwrap().clone_into(&mut target);
    }
    assert_eq!(paged, all);
    // One of them ends, and the others do not.
    let mine = clients[2].local_addr().unwrap().to_string();
    let one = all
        .iter()
        .find(|one| one["remote"] == mine.as_str())
        .unwrap();
    let target = format!("/api/v1/connections/{}", one["id"]);
    assert_eq!(api(&control, &format!("GET {target}"), ""), *one);
    let other = format!("{TOKEN}If-Match: \"other\"\r\n");
    let answer = ask_with(&control, &format!("DELETE {target}"), &other);
    assert!(answer.starts_with("HTTP/1.1 412 "), "{answer}");
    let answer = ask_with(&control, &format!("DELETE {target}"), TOKEN);
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    for method in ["GET", "DELETE"] {
        let answer = ask_with(&control, &format!("{method} {target}"), TOKEN);
        assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    }
    assert_eq!(items(&control, "/connections").len(), 4);
    assert_eq!(clients[2].read(&mut [0]).unwrap_or(0), 0);
    for at in [0, 1, 3, 4] {
        let client = &mut clients[at];
        client
            .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            .unwrap();
        read_answer(client);
    }
    drop(clients);
    wait_until("all are gone", || {
        items(&control, "/connections").is_empty()
    });
    for wrong in ["0", "01", "x", "18446744073709551616"] {
        let target = format!("GET /api/v1/connections/{wrong}");
        assert_eq!(api(&control, &target, "")["reason"], "not_found", "{wrong}");
    }
}

#[test]
fn an_exchange_that_is_ended_says_why() {
    let (address, has_request, go_on) = held();
    let (gateway, control, _folder) = start(&upstream("uwsgi", &address));
    let mut client = gateway.connect();
    client
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    has_request.recv_timeout(PATIENCE).unwrap();
    let all = items(&control, "/connections");
    let [one] = all.as_slice() else {
        panic!("{all:?}");
    };
    assert_eq!(
        (&one["activity"], &one["upstream"], &one["server"]),
        (&"exchange".into(), &"app".into(), &"a".into())
    );
    let target = format!("DELETE /api/v1/connections/{}", one["id"]);
    let answer = ask_with(&control, &target, TOKEN);
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    assert_eq!(client.read(&mut [0]).unwrap_or(0), 0);
    wait_until("it is listed", || {
        let failures = items(&control, "/requests?reason=connection_ended");
        failures.len() == 1 && failures[0]["server"] == "a"
    });
    let _ = go_on.send(());
}

#[test]
fn users_are_listed_without_their_cookies_and_forgotten() {
    let address = server(|mut stream| {
        read_packet(&mut stream);
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nSet-Cookie: sessionid=a-secret-cookie\r\nContent-Length: 2\r\n\r\nok")
            .unwrap();
    });
    // Nobody is there: what is known stands in the process alone.
    let store = free_address();
    let text = upstream("uwsgi", &address).replace(
        "[[upstream.app.server]]",
        &format!("affinity = {{ learn = 'sessionid', store = 'redis://user:a-password@{store}/0', ttl = '1h' }}\n[[upstream.app.server]]"),
    );
    let (gateway, control, _folder) = start(&text);
    assert_eq!(items(&control, "/sessions").len(), 0);
    assert!(gateway.get("/").ends_with("ok"));
    wait_until("the user is known", || {
        items(&control, "/sessions").len() == 1
    });
    let one = &items(&control, "/sessions")[0];
    assert_eq!(
        (&one["upstream"], &one["server"]),
        (&"app".into(), &"a".into())
    );
    let target = format!("/api/v1/sessions/{}", one["id"].as_str().unwrap());
    for target in ["/api/v1/sessions", target.as_str()] {
        let answer = ask_with(&control, &format!("GET {target}"), TOKEN);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(!answer.contains("a-secret-cookie"), "{answer}");
    }
    // It says that the store may bring the user back, and nothing of its password.
    let answer = ask_with(&control, &format!("DELETE {target}"), TOKEN);
    assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
    assert!(!answer.contains("a-password"), "{answer}");
    assert_eq!(items(&control, "/sessions").len(), 0);
    let answer = ask_with(&control, &format!("DELETE {target}"), TOKEN);
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}

/// The certificate that a client of this server name is shown, if it believes one of these.
fn shown(address: &str, name: &str, believed: &[&rcgen::Certificate]) -> Option<Vec<u8>> {
    let mut roots = rustls::RootCertStore::empty();
    for one in believed {
        roots.add(one.der().clone()).unwrap();
    }
    let provider = rustls::crypto::ring::default_provider();
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = name.to_owned().try_into().unwrap();
    let mut tls = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    while tls.is_handshaking() {
        tls.complete_io(&mut stream).ok()?;
    }
    Some(tls.peer_certificates()?.first()?.to_vec())
}

#[test]
fn a_certificate_that_is_put_is_what_the_next_client_is_shown() {
    let made = || rcgen::generate_simple_self_signed(["shop.example".to_owned()]).unwrap();
    let (first, second) = (made(), made());
    let files = tempfile::tempdir().unwrap();
    let (chain, key) = (files.path().join("chain.pem"), files.path().join("key.pem"));
    fs::write(&chain, first.cert.pem()).unwrap();
    fs::write(&key, first.signing_key.serialize_pem()).unwrap();
    fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let https = free_address();
    let text = format!(
        "[[listen]]\naddress = 'ADDRESS'\n[[listen]]\naddress = '{https}'\ntls = ['shop']\n[certificate.shop]\nchain = '{}'\nkey = '{}'\n[[site]]\n[[site.location]]\npath = '/'\nroot = 'www'\n",
        chain.display(),
        key.display()
    );
    let (gateway, control, _folder) = start(&text);
    let both = [&first.cert, &second.cert];
    let is_shown = |of: &rcgen::Certificate| {
        shown(&https, "shop.example", &both).as_deref() == Some(of.der().as_ref())
    };
    wait_until("it listens", || TcpStream::connect(&https).is_ok());
    assert!(is_shown(&first.cert));
    let target = "/api/v1/certificates/shop";
    let before = api(&control, &format!("GET {target}"), "");
    assert_eq!(
        (&before["source"], &before["names"][0], &before["persisted"]),
        (&"file".into(), &"shop.example".into(), &true.into())
    );
    let json = serde_json::json!({
        "chain": second.cert.pem(),
        "key": second.signing_key.serialize_pem(),
    });
    let put = |content: &str| {
        let fields = format!(
            "{TOKEN}Content-Type: application/json\r\nIf-Match: *\r\nContent-Length: {}\r\n",
            content.len()
        );
        ask_whole(&control, &format!("PUT {target}"), &fields, content)
    };
    let answer = put(&json.to_string());
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(!answer.contains("PRIVATE"), "{answer}");
    assert!(is_shown(&second.cert));
    let after = api(&control, &format!("GET {target}"), "");
    assert_eq!(
        (&after["source"], &after["persisted"]),
        (&"api".into(), &false.into())
    );
    assert_ne!(after["fingerprint"], before["fingerprint"]);
    // A key of another chain changes nothing.
    let mixed = serde_json::json!({
        "chain": first.cert.pem(),
        "key": second.signing_key.serialize_pem(),
    });
    let answer = put(&mixed.to_string());
    assert!(answer.starts_with("HTTP/1.1 409 "), "{answer}");
    assert!(is_shown(&second.cert));
    // A listener has it.
    let answer = ask_with(&control, &format!("DELETE {target}"), TOKEN);
    assert!(answer.starts_with("HTTP/1.1 409 "), "{answer}");
    // It is gone at a reload, as it stands in no file.
    gateway.signal("-HUP");
    gateway
        .messages
        .wait_for("info: the configuration was loaded anew");
    assert!(is_shown(&first.cert));
    assert_eq!(api(&control, &format!("GET {target}"), ""), before);
    let said = gateway.messages.all();
    assert!(!said.contains("PRIVATE"), "{said}");
}
