//! The application shares its sessions itself: any server will do, and no gateway keeps anybody.

use std::collections::BTreeSet;

use tempfile::TempDir;

use super::redis::Redis;
use crate::gateway::applications::log_in;
use crate::gateway::{Gateway, upstream};
use crate::program::Program;
use crate::uwsgi::http::ask;
use crate::uwsgi::process::gunicorn_with;

#[test]
fn sessions_in_the_cache_need_no_affinity() {
    let (redis, folder) = (Redis::start(), TempDir::new().expect("a folder"));
    let environment = [
        format!("DATABASE={}", folder.path().join("database").display()),
        format!("REDIS={}", redis.url()),
    ];
    let options = environment.iter().flat_map(|it| ["--env", it]);
    let options: Vec<&str> = ["-k", "gthread"].into_iter().chain(options).collect();
    let start = |_| {
        let (server, port) = gunicorn_with("http", "django_app", &options);
        // It listens before its application is there, and the first one makes the tables of both.
        assert_eq!(ask(port, "GET /who", &[], b"").text(), "AnonymousUser");
        (server, port)
    };
    let servers: [(Program, u16); 2] = core::array::from_fn(start);
    let mut tables = upstream("http1", format!("127.0.0.1:{}", servers[0].1), "");
    tables += &format!(
        "[[upstream.app.server]]\nid = 'b'\naddress = '127.0.0.1:{}'\n",
        servers[1].1
    );
    let gateway = Gateway::start(&tables);
    let cookies = log_in(gateway.port());
    let mut answered = BTreeSet::new();
    for at in 0..12 {
        let path = format!("/who?{at}");
        let cookie = format!("Cookie: {cookies}");
        let who = ask(gateway.port(), &format!("GET {path}"), &[&cookie], b"");
        assert_eq!(who.text(), "ada", "request {at}");
        let placed = super::placed(&gateway, &path);
        assert!(placed.is("", ""), "{placed:?}");
        answered.insert(placed.server);
    }
    let (log, said) = gateway.end_saying();
    assert_eq!(answered.len(), 2, "both servers know her: {log}{said}");
}
