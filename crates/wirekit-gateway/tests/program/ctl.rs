//! `ctl` changes a gateway that runs, and the next request sees it.

use serde_json::Value;

use super::control::start;
use super::*;

fn answers(text: &'static str) -> String {
    server(move |mut stream| {
        read_packet(&mut stream);
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", text.len());
        stream
            .write_all(format!("{head}{text}").as_bytes())
            .unwrap();
    })
}

fn ctl(gateway: &Gateway, words: &[&str]) -> Output {
    Command::new(PROGRAM)
        .arg("--config")
        .arg(gateway.folder.path().join("gateway.toml"))
        .arg("ctl")
        .args(words)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn what_is_changed_by_ctl_is_seen_by_the_next_request() {
    let (a, b) = (answers("from a"), answers("from b"));
    let text =
        upstream("uwsgi", &a) + &format!("[[upstream.app.server]]\nid = 'b'\naddress = '{b}'\n");
    // One worker, whose round robin is the whole one.
    let (gateway, _control, _folder) = start(&format!("workers = 1\n{text}"));
    let served = |count: usize| {
        let from = (0..count).map(|_| {
            let answer = gateway.get("/");
            let (_, from) = answer
                .rsplit_once("from ")
                .unwrap_or_else(|| panic!("{answer}"));
            from.to_owned()
        });
        from.collect::<String>()
    };
    let done = |words: &[&str]| {
        let output = ctl(&gateway, words);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{words:?}: {}",
            said(&output)
        );
        assert!(output.stderr.is_empty(), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let json = |words: &[&str]| {
        let text = done(&[&["--json"], words].concat());
        serde_json::from_str::<Value>(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    };
    let count = |served: &str, id: char| served.chars().filter(|other| *other == id).count();

    assert_eq!(count(&served(4), 'a'), 2);
    assert_eq!(done(&["down", "app", "a"]), "a: state down, weight 1\n");
    assert_eq!(served(4), "bbbb");
    assert_eq!(json(&["up", "app", "a"])["state"], "up");
    assert_eq!(count(&served(4), 'a'), 2);
    // Nobody belongs to it, so that it gets nobody.
    let drain = json(&["drain", "app", "a", "--deadline", "30s"]);
    assert_eq!(
        (&drain["deadline"], &drain["leaves"]),
        (&"30s".into(), &false.into())
    );
    assert_eq!(served(4), "bbbb");
    assert_eq!(done(&["drain", "app", "a"]), "done\n");
    assert_eq!(served(4), "bbbb");
    let servers = json(&["servers", "app"]);
    assert_eq!(
        (&servers[0]["state"], &servers[0]["upstream"]),
        (&"drain".into(), &"app".into())
    );
    assert_eq!(json(&["undrain", "app", "a"]), Value::Null);
    assert_eq!(count(&served(4), 'a'), 2);
    assert_eq!(json(&["weight", "app", "a", "3"])["weight"], 3);
    assert_eq!(count(&served(8), 'a'), 6);
    assert_eq!(json(&["health"])["health"], "ok");
    for list in [
        "upstreams",
        "sessions",
        "connections",
        "certificates",
        "failures",
    ] {
        assert!(json(&[list]).is_array(), "{list}");
        done(&[list]);
    }
    // A connection is seen from the shell as well.
    let client = gateway.connect();
    let mine = client.local_addr().unwrap().to_string();
    wait_until("it is listed", || done(&["connections"]).contains(&mine));
}

#[test]
fn what_ctl_does_not_do_has_the_status_that_says_why() {
    let (gateway, _control, _folder) = start(&upstream("uwsgi", "127.0.0.1:9"));
    let nobody = free_address();
    let rows: [(&[&str], i32, &str); 11] = [
        (&["drain", "app", "none"], 1, "404 not_found"),
        (&["up", "none", "a"], 1, "404 not_found"),
        (&["undrain", "app", "a"], 1, "404 not_found"),
        (
            &["drain", "app", "a", "--deadline", "soon"],
            1,
            "400 invalid",
        ),
        (&["weight", "app", "a", "1001"], 1, "400 invalid"),
        (&["weight", "app", "a", "-1"], 2, "-1"),
        (&["weight", "app", "a", "x"], 2, "x"),
        (&["drain", "app"], 2, "<SERVER>"),
        (&["down"], 2, "<UPSTREAM>"),
        (&["--address", &nobody, "up", "app", "a"], 3, &nobody),
        (&["--address", "nowhere", "up", "app", "a"], 3, "no address"),
    ];
    for (words, status, why) in rows {
        for words in [words.to_vec(), [&["--json"], words].concat()] {
            let output = ctl(&gateway, &words);
            let text = said(&output);
            assert_eq!(output.status.code(), Some(status), "{words:?}: {text}");
            assert!(text.contains(why), "{words:?}: {text}");
            assert!(output.stdout.is_empty(), "{words:?}: {text}");
        }
    }
}
