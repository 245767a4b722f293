//! The access log, and the gateway's own messages.

use super::*;

const TEXT: &str = "[[listen]]\naddress = 'ADDRESS'\n[log]\naccess = 'access.log'\n[[site]]\n[[site.location]]\npath = '/'\nroot = 'www'\n";

#[test]
fn usr1_opens_the_log_anew() {
    let gateway = Gateway::start(TEXT);
    let log = gateway.folder.path().join("access.log");
    let old = gateway.folder.path().join("access.log.1");
    gateway.get("/a.txt?1");
    assert!(wait_for(&log).contains("\"GET /a.txt?1 HTTP/1.1\" 200 "));
    fs::rename(&log, &old).unwrap();
    gateway.signal("-USR1");
    gateway
        .messages
        .wait_for("info: the access log is opened anew");
    gateway.get("/a.txt?2");
    let text = wait_for(&log);
    assert!(text.contains("?2") && !text.contains("?1"), "{text}");
    assert!(!fs::read_to_string(&old).unwrap().contains("?2"));
}

#[test]
fn a_full_disk_costs_lines_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("access.log");
    std::os::unix::fs::symlink("/dev/full", &log).unwrap();
    let text = TEXT.replace("access.log", log.to_str().unwrap());
    let mut gateway = Gateway::start(&text);
    for _ in 0..3 {
        assert!(gateway.get("/a.txt").ends_with("hello"));
    }
    gateway
        .messages
        .wait_for("warn: the access log cannot be written, and lines are lost: ");
    // Space is there again.
    fs::remove_file(&log).unwrap();
    gateway.signal("-USR1");
    gateway
        .messages
        .wait_for("info: the access log is opened anew");
    assert!(gateway.get("/a.txt").ends_with("hello"));
    gateway
        .messages
        .wait_for("warn: lines of the access log that were lost: ");
    let said = gateway.messages.all();
    let (_, lost) = said.rsplit_once("were lost: ").unwrap();
    let lost: usize = lost.trim().parse().unwrap();
    // Lines that were still gathered when the file was opened anew are in it.
    assert!((1..=3).contains(&lost), "{said}");
    wait_until("the other lines are written", || {
        wait_for(&log).lines().count() == 4 - lost
    });
    gateway.signal("-TERM");
    assert!(gateway.child.wait().unwrap().success());
}

#[test]
fn an_upload_that_cannot_be_held_is_spoken_of() {
    let address = server(|mut stream| {
        let _ = stream.read(&mut [0]);
    });
    let mut command = Command::new(PROGRAM);
    command.env("TMPDIR", "/nowhere");
    let gateway = Gateway::start_by(command, &upstream("uwsgi", &address));
    let mut stream = gateway.connect();
    // More than is held in memory, which is not read to its end.
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n180000\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let _ = stream.write_all(&[b'x'; 0x18_0000]);
    let answer = site::read_until(&mut stream, b"store_failed");
    assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
    gateway
        .messages
        .wait_for("error: the content of a request cannot be held: No such file or directory");
    let line = wait_for(&gateway.folder.path().join("access.log"));
    assert!(line.contains("\"reason\":\"store_failed\""), "{line}");
}

#[test]
fn the_last_lines_are_written_before_the_end() {
    let mut gateway = Gateway::start(TEXT);
    for _ in 0..100 {
        gateway.get("/a.txt");
    }
    gateway.signal("-TERM");
    assert!(gateway.child.wait().unwrap().success());
    let text = fs::read_to_string(gateway.folder.path().join("access.log")).unwrap();
    assert_eq!(text.lines().count(), 100);
}

#[test]
fn messages_come_from_their_level_on() {
    let rows = [
        ("error", false),
        ("warn", false),
        ("info", true),
        ("debug", true),
    ];
    for (level, is_said) in rows {
        let mut gateway =
            Gateway::start(&TEXT.replace("[log]", &format!("[log]\nlevel = '{level}'")));
        gateway.signal("-TERM");
        assert!(gateway.child.wait().unwrap().success());
        let text = gateway.messages.until_the_end();
        assert_eq!(text.contains("info: stops"), is_said, "{level}: {text}");
    }
}

#[test]
fn a_server_that_fails_and_comes_back_is_spoken_of_once_each() {
    let address = free_address();
    let gateway = Gateway::start(&format!("workers = 1\n{}", upstream("http1", &address)));
    for _ in 0..3 {
        assert!(gateway.get("/").contains("connect_refused"));
    }
    let failed = format!("warn: server a of app, {address}, failed\n");
    gateway.messages.wait_for(&failed);
    let listener = TcpListener::bind(&address).unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    });
    for _ in 0..3 {
        assert!(gateway.get("/").ends_with("ok"));
    }
    let came_back = format!("info: server a of app, {address}, came back\n");
    gateway.messages.wait_for(&came_back);
    let text = gateway.messages.all();
    for line in [&failed, &came_back] {
        assert_eq!(text.matches(line.as_str()).count(), 1, "{text}");
    }
}
