//! What Prometheus reads, by Prometheus' own tool.

use std::io::Write;
use std::process::{Command, Stdio};

use super::server::Server;
use super::upstream;
use super::watched::{Watched, until};
use crate::program::free_address;

#[test]
fn promtool_finds_nothing_wrong_with_the_metrics() {
    let server = Server::start("http1", |request| match request.contains("/bad") {
        true => b"garbage\r\n\r\n".to_vec(),
        false => b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec(),
    });
    let tables = upstream("http1", server.address(), "")
        + &format!(
            "max_failures = 0\n[[upstream.app.server]]\nid = 'b'\naddress = '{}'\nstate = 'backup'\n",
            free_address()
        );
    let watched = Watched::start(&tables);
    for target in ["/", "/bad", "/%zz", "/?a=\"\\"] {
        let _ = watched.get(target);
    }
    let text = until("all are counted", || {
        let (_, text) = watched.ask("GET /metrics");
        let counted = text
            .lines()
            .filter(|line| line.starts_with("wirekit_gateway_requests_total{"))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
        (counted.sum::<u64>() == 4).then_some(text)
    });
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool, of Debian's prometheus");
    let mut stdin = promtool.stdin.take().expect("a pipe");
    stdin.write_all(text.as_bytes()).expect("it reads");
    drop(stdin);
    let output = promtool.wait_with_output().expect("a child");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(
        output.status.success() && said.trim().is_empty(),
        "{said}\n{text}"
    );
}

/// A client chooses no label: whatever hosts and paths it names, there are as many series as before.
#[test]
fn a_client_makes_no_series() {
    let tables = upstream("http1", free_address(), "").replacen(
        "[[site]]",
        "[[site]]\nhosts = ['shop.example']",
        1,
    );
    let watched = Watched::start(&tables);
    let series = || {
        let (_, text) = watched.ask("GET /metrics");
        text.lines().filter(|line| !line.starts_with('#')).count()
    };
    let ask = |from: usize| {
        for at in from..from + 20 {
            let mut client = watched.gateway.connect();
            let request = format!(
                "GET /{at} HTTP/1.1\r\nHost: h{at}.example\r\nX-{at}: {at}\r\nConnection: close\r\n\r\n"
            );
            client.write_all(request.as_bytes()).expect("it reads");
            let _ = std::io::Read::read_to_end(&mut client, &mut Vec::new());
        }
    };
    let total = |count: u64| {
        until("all are counted", || {
            let (_, text) = watched.ask("GET /metrics");
            let sample = "reason=\"unknown_host\"} ";
            let line = text.lines().find(|line| line.contains(sample))?;
            line.ends_with(&format!(" {count}")).then_some(())
        });
    };
    ask(0);
    total(20);
    let before = series();
    ask(1000);
    total(40);
    assert_eq!(series(), before);
}
