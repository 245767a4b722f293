//! Files over a real socket: which one is sent, in which coding, and what becomes of one that changes.

use super::*;

const TEXT: &str = "[[listen]]\naddress = 'ADDRESS'\n[log]\naccess = ''\n[[site]]\nlocation = [{ path = '/', root = 'www', cache_control = 'max-age=60' }, { path = '/new/', root = 'www', file_age = '0s' }]\n";

fn field<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let (head, _) = answer.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

fn get(gateway: &Gateway, path: &str, fields: &str) -> String {
    gateway.ask(&format!(
        "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{fields}\r\n"
    ))
}

#[test]
fn a_sibling_in_a_coding_that_the_client_accepts_is_sent() {
    let gateway = Gateway::start(TEXT);
    let www = gateway.folder.path().join("www");
    fs::write(www.join("b.css"), "plain").unwrap();
    fs::write(www.join("b.css.br"), "brotli").unwrap();
    fs::write(www.join("b.css.gz"), "zipped").unwrap();
    fs::create_dir(www.join("new")).unwrap();
    fs::copy(www.join("b.css"), www.join("new/b.css")).unwrap();
    fs::copy(www.join("b.css.gz"), www.join("new/b.css.gz")).unwrap();
    let mut tags = Vec::new();
    for (path, accepts, coding, content) in [
        ("/b.css", "", None, "plain"),
        ("/b.css", "gzip, br", Some("br"), "brotli"),
        ("/b.css", "gzip, br;q=0.5", Some("gzip"), "zipped"),
        ("/new/b.css", "", None, "plain"),
        ("/new/b.css", "gzip, br", Some("gzip"), "zipped"),
    ] {
        let line = match accepts {
            "" => String::new(),
            accepts => format!("Accept-Encoding: {accepts}\r\n"),
        };
        let answer = get(&gateway, path, &line);
        assert!(answer.ends_with(&format!("\r\n\r\n{content}")), "{answer}");
        assert_eq!(field(&answer, "Content-Encoding"), coding, "{answer}");
        // Vary stands with the plain file, too, for caches.
        assert_eq!(field(&answer, "Vary"), Some("Accept-Encoding"), "{answer}");
        assert_eq!(
            field(&answer, "Content-Type"),
            Some("text/css; charset=utf-8")
        );
        let tag = field(&answer, "ETag").unwrap().to_owned();
        assert!(!tags.contains(&tag), "{tag} is another file's");
        let again = get(&gateway, path, &format!("{line}If-None-Match: {tag}\r\n"));
        assert!(again.starts_with("HTTP/1.1 304 "), "{again}");
        assert_eq!(field(&again, "Vary"), Some("Accept-Encoding"), "{again}");
        let part = get(
            &gateway,
            path,
            &format!("{line}Range: bytes=1-2\r\nIf-Range: {tag}\r\n"),
        );
        assert!(part.starts_with("HTTP/1.1 206 "), "{part}");
        assert!(
            part.ends_with(&format!("\r\n\r\n{}", content.get(1..3).unwrap())),
            "{part}"
        );
        tags.push(tag);
    }
    let alone = get(&gateway, "/a.txt", "Accept-Encoding: gzip\r\n");
    assert_eq!(field(&alone, "Vary"), None, "{alone}");
    assert_eq!(
        field(&alone, "Cache-Control"),
        Some("max-age=60"),
        "{alone}"
    );
}

#[test]
fn a_folder_without_a_slash_is_sent_there() {
    let gateway = Gateway::start(TEXT);
    let www = gateway.folder.path().join("www");
    fs::create_dir_all(www.join("docs and more")).unwrap();
    fs::write(www.join("docs and more/index.html"), "index").unwrap();
    let answer = get(&gateway, "//docs%20and%20more?q=1", "");
    assert!(answer.starts_with("HTTP/1.1 301 "), "{answer}");
    assert_eq!(field(&answer, "Location"), Some("/docs%20and%20more/?q=1"));
    assert!(get(&gateway, "/docs%20and%20more/?q=1", "").ends_with("index"));
    // An index that is a folder is none.
    fs::create_dir_all(www.join("other/index.html")).unwrap();
    let answer = get(&gateway, "/other/", "");
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}

/// Bytes that differ wherever a piece could begin.
fn content(len: usize) -> Vec<u8> {
    (0..len)
        .map(|at| u8::try_from((at / 251 + at % 251) % 256).unwrap())
        .collect()
}

#[test]
fn files_of_every_length_arrive_whole() {
    let gateway = Gateway::start(TEXT);
    let www = gateway.folder.path().join("www");
    fs::create_dir(www.join("new")).unwrap();
    // Around what is held in memory, and above what is sent at once.
    for len in [0, 1, 256 * 1024, 256 * 1024 + 1, 5_000_000] {
        let content = content(len);
        for path in ["x", "new/x"] {
            fs::write(www.join(path), &content).unwrap();
        }
        thread::sleep(Duration::from_millis(1100));
        for path in ["/x", "/new/x"] {
            let mut stream = gateway.connect();
            let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).unwrap();
            // A client that reads late fills what the gateway writes to.
            thread::sleep(Duration::from_millis(50));
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).unwrap();
            assert!(answer.ends_with(&content), "{path} of {len}");
            let head = answer.len() - len;
            let head = String::from_utf8_lossy(&answer[..head]);
            assert_eq!(field(&head, "Content-Length"), Some(&*len.to_string()));
        }
    }
}

/// Held in memory, sent by the system, read when it is sent: the bytes are the same.
#[test]
fn every_way_to_send_a_file_sends_the_same() {
    let text = "[[listen]]\naddress = 'ADDRESS'\n[log]\naccess = ''\n[[site]]\nlocation = [\
        { path = '/held/', root = 'www', alias = true, sendfile_above = '1 MiB' }, \
        { path = '/sent/', root = 'www', alias = true, sendfile_above = '0 B' }, \
        { path = '/read/', root = 'www', alias = true, sendfile_above = '1 MiB', file_age = '0s' }]\n";
    let gateway = Gateway::start(text);
    let whole = content(1_000_000);
    fs::write(gateway.folder.path().join("www/x"), &whole).unwrap();
    let ask = |way: &str, method: &str, range: &str| {
        let mut stream = gateway.connect();
        let request =
            format!("{method} /{way}/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{range}\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let head_len = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4;
        let content = answer.split_off(head_len);
        let head = String::from_utf8(answer).unwrap();
        let lines = head.lines().filter(|line| !line.starts_with("Date: "));
        (lines.collect::<Vec<_>>().join("\n"), content)
    };
    for (range, part) in [
        ("", Some(0..1_000_000)),
        ("Range: bytes=0-0\r\n", Some(0..1)),
        ("Range: bytes=1000-899999\r\n", Some(1000..900_000)),
        ("Range: bytes=-300000\r\n", Some(700_000..1_000_000)),
        ("Range: bytes=0-99999, 400000-, -1\r\n", None),
        ("Range: bytes=1000000-\r\n", None),
    ] {
        for method in ["GET", "HEAD"] {
            let (head, content) = ask("held", method, range);
            for way in ["sent", "read"] {
                let other = ask(way, method, range);
                assert_eq!(other.0, head, "{way} {method} {range}");
                assert!(other.1 == content, "{way} {method} {range}");
            }
            match (method, &part) {
                ("GET", Some(part)) => assert!(content == whole[part.clone()], "{range}"),
                ("GET", None) => {}
                _ => assert!(content.is_empty(), "{range}"),
            }
        }
    }
}

#[test]
fn a_file_that_shrinks_ends_in_a_reset() {
    let gateway = Gateway::start(TEXT);
    let file = gateway.folder.path().join("www/x");
    fs::write(&file, content(50_000_000)).unwrap();
    let mut stream = gateway.connect();
    stream
        .write_all(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    stream.read_exact(&mut [0; 1000]).unwrap();
    fs::OpenOptions::new()
        .write(true)
        .open(&file)
        .unwrap()
        .set_len(1000)
        .unwrap();
    let error = stream.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn a_root_that_is_replaced_is_the_new_one() {
    let gateway = Gateway::start(TEXT);
    let folder = gateway.folder.path();
    assert!(get(&gateway, "/a.txt", "").ends_with("hello"));
    fs::rename(folder.join("www"), folder.join("old")).unwrap();
    fs::create_dir(folder.join("www")).unwrap();
    fs::write(folder.join("www/a.txt"), "newer").unwrap();
    thread::sleep(Duration::from_millis(2200));
    assert!(get(&gateway, "/a.txt", "").ends_with("newer"));
}
