//! Clients of every kind before files and servers of every kind.

use core::time::Duration;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use tempfile::TempDir;

use super::{Gateway, megabytes, upstream};
use crate::program::{PATIENCE, Program, chromium_in, finish, free_address, output};
use crate::uwsgi::process::{start, uwsgi};

const FILES: &str = "[[site]]\n[[site.location]]\npath = '/'\nroot = 'www'\n";

fn www(files: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    fs::create_dir(folder.path().join("www")).expect("a folder");
    for (name, content) in files {
        fs::write(folder.path().join("www").join(name), content).expect("a file");
    }
    folder
}

/// Every answer under load is a good one.
#[test]
fn wrk_sees_no_error() {
    let (_uwsgi, port) = uwsgi("length_app.py", &["--processes", "2"]);
    let application = upstream("uwsgi", format!("127.0.0.1:{port}"), "");
    for (path, tables) in [("/a.txt", FILES), ("/hello", &application)] {
        let gateway = Gateway::start_in(www(&[("a.txt", b"hello, client\n")]), tables);
        let timeout = PATIENCE.as_secs().to_string();
        let load = ["-t1", "-c32", "-d3s", "--timeout", &timeout];
        let printed = output("wrk", &[&load[..], &[&gateway.url(path)]].concat());
        let printed = String::from_utf8(printed).expect("text");
        assert!(!printed.contains("Socket errors"), "{printed}");
        assert!(!printed.contains("Non-2xx"), "{printed}");
        let count = printed.split(" requests in ").next();
        let count = count.and_then(|text| text.split_whitespace().last());
        let count: usize = count.expect("a count").parse().expect("a number");
        assert!(count > 100, "{printed}");
        let lines = gateway.end();
        // Those that were under way when wrk left.
        let left = lines
            .iter()
            .filter(|line| line.reason == "client_closed")
            .count();
        let served = lines.iter().filter(|line| line.reason == "served").count();
        assert_eq!(left + served, lines.len());
        assert!(left <= 32, "{left}");
        if path == "/hello" {
            assert!(
                (count..=count + 32).contains(&served),
                "{served}: {printed}"
            );
        }
    }
}

#[test]
fn python_is_a_client_and_a_server() {
    let folder = www(&[("a.txt", b"hello, client\n"), ("large", &megabytes(10))]);
    let served = folder.path().join("www").display().to_string();
    for version in ["HTTP/1.0", "HTTP/1.1"] {
        let address = free_address();
        let mut command = Command::new("python3");
        command.args(["-m", "http.server", "--bind", "127.0.0.1"]);
        command.args(["--protocol", version, "--directory", &served]);
        command.arg(address.port().to_string());
        let _server = start(&mut command, address.port());
        let gateway = Gateway::start(&upstream("http1", address, ""));
        let script = "
import http.client, sys
c = http.client.HTTPConnection(sys.argv[1])
large = bytes(n % 251 for n in range(10 << 20))
for _ in range(3):
    c.request('GET', '/a.txt'); r = c.getresponse(); assert (r.status, r.read()) == (200, b'hello, client\\n'), r.status
    c.request('HEAD', '/a.txt'); r = c.getresponse(); assert r.getheader('Content-Length') == '14' and r.read() == b''
    c.request('GET', '/missing'); r = c.getresponse(); assert (r.status, b'404' in r.read()) == (404, True)
    c.request('GET', '/large'); r = c.getresponse(); assert r.read() == large
    c.request('PUT', '/a.txt', b'x' * 300000); r = c.getresponse(); assert r.status == 501, r.status; r.read()
";
        output("python3", &["-c", script, &gateway.address.to_string()]);
        gateway.end_with(&[
            ("GET /a.txt", 200, "served", 3),
            ("HEAD /a.txt", 200, "served", 3),
            ("GET /missing", 404, "served", 3),
            ("GET /large", 200, "served", 3),
            ("PUT /a.txt", 501, "served", 3),
        ]);
    }
}

#[test]
fn node_is_a_client_and_a_server() {
    let node = "
const http = require('http');
http.createServer((request, response) => {
  if (request.url === '/early') response.writeEarlyHints({ link: '</a.css>; rel=preload' });
  if (request.method === 'PUT') { response.writeHead(200, { Trailer: 'X-Sum' }); request.pipe(response, { end: false });
    request.on('end', () => { response.addTrailers({ 'X-Sum': request.trailers['x-sum'] || 'none' }); response.end(); }); return; }
  if (request.url === '/204') { response.writeHead(204); response.end(); return; }
  response.write('from '); response.end('node');
}).listen(0, '127.0.0.1', function () { console.log('listening on 127.0.0.1:' + this.address().port); });
";
    let mut command = Command::new("node");
    command.args(["-e", node]);
    let server = Program::that_prints_its_address(command);
    let gateway = Gateway::start(&upstream("http1", server.address(), ""));
    let script = "
const http = require('http'), agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const [host, port] = process.argv[1].split(':');
let hints = 0, sockets = new Set();
const ask = (method, path, pieces, headers = {}) => new Promise((done, fail) => {
  const request = http.request({ host, port, method, path, agent, headers }, response => {
    const got = []; response.on('data', d => got.push(d));
    response.on('end', () => done([response.statusCode, Buffer.concat(got), response.trailers]));
  }).on('error', fail).on('information', info => { hints += info.statusCode === 103; }).on('socket', s => sockets.add(s));
  const send = () => { for (const piece of pieces) request.write(piece); if (headers.Trailer) request.addTrailers({ 'X-Sum': '7' }); request.end(); };
  if (headers.Expect) request.on('continue', send); else send();
});
const same = (got, wanted) => { if (String(got) !== String(wanted)) throw new Error(got + ' is not ' + wanted); };
(async () => {
  const big = Buffer.alloc(10 << 20, 'y');
  let [status, body, trailers] = await ask('PUT', '/echo', ['a', big, 'c'], { Trailer: 'X-Sum', TE: 'trailers', Connection: 'TE, keep-alive' });
  same([status, body.length, trailers['x-sum']], [200, big.length + 2, 7]);
  [status, body] = await ask('PUT', '/echo', [big], { Expect: '100-continue', 'Content-Length': big.length });
  same([status, body.equals(big)], [200, true]);
  [status, body] = await ask('GET', '/early', []); same([status, body, hints], [200, 'from node', 1]);
  [status, body] = await ask('GET', '/204', []); same([status, body], [204, '']);
  sockets.clear();
  for (let n = 0; n < 20; n++) { [status, body] = await ask('GET', '/', []); same(body, 'from node'); }
  same(sockets.size, 1);
  process.exit(0);
})().catch(e => { console.error(e); process.exit(1); });
";
    output("node", &["-e", script, &gateway.address.to_string()]);
    gateway.end_with(&[
        ("PUT /echo", 200, "served", 2),
        ("GET /early", 200, "served", 1),
        ("GET /204", 204, "served", 1),
        ("GET /", 200, "served", 20),
    ]);
}

/// An echo server of Python's websockets, on a port that it chooses.
fn echo_server() -> Program {
    let script = "
import asyncio
from websockets.asyncio.server import serve
async def echo(connection):
    async for message in connection:
        await connection.send(message)
async def main():
    server = await serve(echo, '127.0.0.1', 0, max_size=None)
    print('listening on 127.0.0.1:%d' % server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
";
    let mut command = Command::new("python3");
    command.args(["-c", script]);
    Program::that_prints_its_address(command)
}

const WEBSOCKET: &str = "[[site]]\n[[site.location]]\npath = '/'\nroot = 'www'\n\
     [[site.location]]\npath = '/ws'\nupstream = 'echo'\nwebsocket = true\n\
     [upstream.echo]\nprotocol = 'http1'\n[[upstream.echo.server]]\nid = 'a'\naddress = ";

/// A page, what it loads, and a WebSocket that it opens, all from one gateway.
#[test]
fn a_browser_gets_its_page_and_its_echo() {
    let server = echo_server();
    let page = b"<!doctype html><title>none</title><link rel=stylesheet href=style.css><p id=text></p><script src=script.js></script>";
    let style = b"p { width: 123px }";
    let script = b"document.title = 'width ' + document.getElementById('text').offsetWidth;";
    let folder = www(&[
        ("page.html", page),
        ("style.css", style),
        ("script.js", script),
        ("echo.html", include_bytes!("../websocket_page.html")),
    ]);
    let gateway = Gateway::start_in(folder, &format!("{WEBSOCKET}'{}'\n", server.address()));
    let profile = TempDir::new().expect("a folder");
    let mut command = chromium_in(profile.path());
    let dumped = finish(command.args(["--dump-dom", &gateway.url("/page.html")]));
    let dumped = String::from_utf8_lossy(&dumped.stdout).into_owned();
    assert!(dumped.contains("<title>width 123</title>"), "{dumped}");

    let mut browser = chromium_in(profile.path())
        .arg("--remote-debugging-port=0")
        .arg(format!(
            "{}#ws://{}/ws",
            gateway.url("/echo.html"),
            gateway.address
        ))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromium");
    // The page reports by asking for a file that is not there.
    let report = wait_for(&gateway.folder().join("access.log"), "GET /done?");
    browser.kill().expect("it stays open");
    browser.wait().expect("it was killed");
    assert!(
        report.contains(
            "code%201000%2C%20clean%20true%2C%20messages%2010%2C%20extensions%20permessage-deflate"
        ),
        "{report}"
    );
    let lines = gateway.end();
    let switched = lines.iter().filter(|line| line.request == "GET /ws");
    let switched: Vec<_> = switched.map(|line| (line.status, &*line.reason)).collect();
    assert_eq!(switched, [(101, "served")]);
}

/// The line of a log that has this text.
fn wait_for(log: &Path, text: &str) -> String {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let lines = fs::read_to_string(log).unwrap_or_default();
        if let Some(line) = lines.lines().find(|line| line.contains(text)) {
            return line.to_owned();
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("{text} was not asked for");
}

/// A request that is no handshake is answered by the WebSocket server itself, with 426 and the protocol that it wants.
#[test]
fn a_websocket_server_says_what_it_wants() {
    let server = echo_server();
    let gateway = Gateway::start_in(www(&[]), &format!("{WEBSOCKET}'{}'\n", server.address()));
    let printed = output("curl", &["-si", &gateway.url("/ws")]);
    let printed = String::from_utf8(printed).expect("text");
    assert!(printed.starts_with("HTTP/1.1 426 "), "{printed}");
    assert!(printed.contains("\r\nUpgrade: websocket\r\n"), "{printed}");
    gateway.end_with(&[("GET /ws", 426, "served", 1)]);
}

/// npm's ws and Python's websockets talk through the gateway, with each way to compress, fragments and pings.
#[test]
fn libraries_talk_websocket_through_it() {
    let server = Program::example("websocket_echo_server", &[]);
    let gateway = Gateway::start_in(www(&[]), &format!("{WEBSOCKET}'{}'\n", server.address()));
    let url = format!("ws://{}/ws", gateway.address);
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop");
    for (program, script) in [
        ("node", "websocket_peer.js"),
        ("python3", "websocket_peer.py"),
    ] {
        let script = scripts.join(script).display().to_string();
        let printed = output(program, &[&script, "client", &url]);
        assert_eq!(printed, b"good\n", "{}", String::from_utf8_lossy(&printed));
    }
    let lines = gateway.end();
    assert!(lines.len() >= 8, "{lines:?}");
    for line in lines {
        assert_eq!((line.status, &*line.reason), (101, "served"), "{line:?}");
    }
}
