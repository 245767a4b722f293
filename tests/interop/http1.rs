//! The HTTP/1.1 examples of the facade against curl, Python, node and nginx.

use core::net::SocketAddr;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::program::{Program, build_example, free_address, output};

const SERVERS: [&str; 3] = [
    "http1_server_threads",
    "http1_server_mio",
    "http1_server_tokio",
];

#[test]
fn curl_keeps_one_connection_for_many_requests() {
    for server in SERVERS {
        let server = Program::example(server, &[]);
        let url = |path: &str| format!("http://{}{path}", server.address());
        let printed = output(
            "curl",
            &[
                "-sv",
                "--stderr",
                "-",
                &url("/hello"),
                &url("/missing"),
                &url("/hello"),
            ],
        );
        let printed = String::from_utf8_lossy(&printed);
        assert_eq!(printed.matches("hello, client").count(), 2, "{printed}");
        assert_eq!(
            printed.matches("< HTTP/1.1 404 Not Found").count(),
            1,
            "{printed}"
        );
        assert_eq!(
            printed.matches("Re-using existing connection").count(),
            2,
            "{printed}"
        );
    }
}

#[test]
fn curl_sends_and_gets_every_kind_of_body() {
    let folder = TempDir::new().expect("a folder");
    let large = folder.path().join("large");
    let content: Vec<u8> = (0..3_000_000_u32)
        .map(|n| n.to_le_bytes()[1] ^ n.to_le_bytes()[0])
        .collect();
    fs::write(&large, &content).expect("a file");
    let upload = format!("@{}", large.display());
    for server in SERVERS {
        let server = Program::example(server, &[]);
        let echo = format!("http://{}/echo", server.address());
        let rows: [&[&str]; 5] = [
            &["--data-binary", &upload],
            &["--data-binary", &upload, "-H", "Transfer-Encoding: chunked"],
            &["--data-binary", &upload, "-H", "Expect: 100-continue"],
            &[
                "--data-binary",
                &upload,
                "-H",
                "Transfer-Encoding: chunked",
                "-H",
                "Expect: 100-continue",
                "-X",
                "PUT",
            ],
            &["--data-binary", &upload, "--http1.0"],
        ];
        for row in rows {
            let arguments = [&["-s", &echo], row].concat();
            assert!(output("curl", &arguments) == content, "{row:?}");
        }
        let url = format!("http://{}/large", server.address());
        for option in ["--http1.1", "--http1.0"] {
            assert_eq!(
                output("curl", &["-s", option, &url]),
                vec![b'x'; 1 << 20],
                "{option}"
            );
        }
        let head = output(
            "curl",
            &["-sI", &format!("http://{}/hello", server.address())],
        );
        assert!(String::from_utf8_lossy(&head).contains("Content-Length: 14"));
    }
}

/// Written by hand, byte by byte or all at once: what a browser or an attacker might send.
#[test]
fn raw_clients_get_the_answers_that_the_rfc_wants() {
    let rows: [(&[u8], &[&str]); 6] = [
        // RFC 9112 section 9.3.2: pipelined requests are answered in order.
        (
            b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /missing HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            &["HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found", "HTTP/1.1 200 OK"],
        ),
        // RFC 9112 section 3.2: no Host.
        (b"GET /hello HTTP/1.1\r\n\r\n", &["HTTP/1.1 400 Bad Request"]),
        // RFC 9112 section 6.1: both framings; what follows is not a request.
        (
            b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
            &["HTTP/1.1 400 Bad Request"],
        ),
        // RFC 9112 section 6.1: a coding that is not understood.
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", &["HTTP/1.1 501 Not Implemented"]),
        // RFC 9110 section 15.6.6.
        (b"GET /hello HTTP/2.0\r\nHost: a\r\n\r\n", &["HTTP/1.1 505 HTTP Version Not Supported"]),
        // RFC 9112 section 7.1.2: trailers come back.
        (
            b"PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3;a=b\r\nabc\r\n0\r\nX-Sum: 7\r\n\r\n",
            &["HTTP/1.1 200 OK", "X-Sum: 7"],
        ),
    ];
    for server in SERVERS {
        let server = Program::example(server, &[]);
        for (request, expected) in rows {
            for piece in [request.len(), 1] {
                let answer = raw(server.address(), request, piece);
                let starts: Vec<_> = answer
                    .lines()
                    .filter(|line| line.starts_with("HTTP/") || line.starts_with("X-"))
                    .collect();
                assert_eq!(starts, expected, "{}", request.escape_ascii());
            }
        }
    }
}

fn raw(address: SocketAddr, request: &[u8], piece: usize) -> String {
    let mut stream = TcpStream::connect(address).expect("a server");
    stream.set_nodelay(true).expect("an option");
    for piece in request.chunks(piece) {
        // The server may have refused and closed already.
        if stream.write_all(piece).is_err() {
            break;
        }
    }
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn python_http_client_talks_to_the_server() {
    let script = "
import http.client, sys
c = http.client.HTTPConnection(sys.argv[1])
for body in (b'', b'abc', b'x' * 300000):
    c.request('PUT', '/echo', body); r = c.getresponse(); assert (r.status, r.read()) == (200, body), r.status
c.request('PUT', '/echo', iter([b'a', b'b' * 70000, b'c']), encode_chunked=True, headers={'Transfer-Encoding': 'chunked'})
r = c.getresponse(); assert r.read() == b'a' + b'b' * 70000 + b'c'
c.request('HEAD', '/hello'); r = c.getresponse(); assert r.getheader('Content-Length') == '14' and r.read() == b''
c.request('GET', '/large'); r = c.getresponse(); assert len(r.read()) == 1 << 20
";
    for server in SERVERS {
        let server = Program::example(server, &[]);
        output("python3", &["-c", script, &server.address().to_string()]);
    }
}

#[test]
fn node_talks_to_the_server() {
    let script = "
const http = require('http'), agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const [host, port] = process.argv[1].split(':');
const ask = (method, path, pieces, headers = {}) => new Promise((done, fail) => {
  const request = http.request({ host, port, method, path, agent, headers }, response => {
    const got = []; response.on('data', d => got.push(d));
    response.on('end', () => done([response.statusCode, Buffer.concat(got), response.trailers]));
  }).on('error', fail);
  const send = () => { for (const piece of pieces) request.write(piece); if (headers.Trailer) request.addTrailers({ 'X-Sum': '7' }); request.end(); };
  if (headers.Expect) request.on('continue', send); else send();
});
(async () => {
  const big = Buffer.alloc(200000, 'y');
  let [status, body, trailers] = await ask('PUT', '/echo', ['a', big, 'c'], { Trailer: 'X-Sum' });
  if (status !== 200 || body.length !== 200002 || trailers['x-sum'] !== '7') throw [status, body.length, trailers];
  [status, body] = await ask('PUT', '/echo', [big], { Expect: '100-continue', 'Content-Length': big.length });
  if (!body.equals(big)) throw body.length;
  [status, body] = await ask('GET', '/large', []);
  if (body.length !== 1 << 20) throw body.length;
  [status] = await ask('GET', '/missing', []);
  if (status !== 404) throw status;
  process.exit(0);
})().catch(e => { console.error(e); process.exit(1); });
";
    for server in SERVERS {
        let server = Program::example(server, &[]);
        output("node", &["-e", script, &server.address().to_string()]);
    }
}

#[test]
fn the_client_talks_to_node_and_python() {
    let node = "
const http = require('http');
http.createServer((request, response) => {
  if (request.url === '/early') response.writeEarlyHints({ link: '</a.css>; rel=preload' });
  if (request.method === 'PUT') { response.writeHead(200); request.pipe(response); return; }
  if (request.url === '/204') { response.writeHead(204); response.end(); return; }
  response.write('from '); response.end('node');
}).listen(0, '127.0.0.1', function () { console.log('listening on 127.0.0.1:' + this.address().port); });
";
    let mut command = Command::new("node");
    command.args(["-e", node]);
    let server = Program::that_prints_its_address(command);
    assert_eq!(
        client(server.address(), &["/a", "/204", "/early", "/b"], b""),
        b"from nodefrom nodefrom node"
    );
    let body: Vec<u8> = (0..2_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    assert!(client(server.address(), &["/echo"], &body) == body);

    let python = "
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b'until close')
s = http.server.HTTPServer(('127.0.0.1', 0), Handler); print('listening on 127.0.0.1:%d' % s.server_port, flush=True); s.serve_forever()
";
    let mut command = Command::new("python3");
    command.args(["-c", python]).stderr(Stdio::null());
    let server = Program::that_prints_its_address(command);
    assert_eq!(client(server.address(), &["/a"], b""), b"until close");
}

/// What the example client prints: GET, or PUT when there is a body.
fn client(server: SocketAddr, paths: &[&str], body: &[u8]) -> Vec<u8> {
    let mut command = Command::new(build_example("http1_client"));
    command.arg(server.to_string());
    if !body.is_empty() {
        command.arg("-");
    }
    let mut child = command
        .args(paths)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the example");
    let mut stdin = child.stdin.take().expect("a pipe");
    let body = body.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&body));
    let output = child.wait_with_output().expect("an end");
    writer.join().expect("a thread").expect("the whole body");
    assert!(output.status.success(), "{paths:?}");
    output.stdout
}

#[test]
fn nginx_stands_on_both_sides() {
    let server = Program::example("http1_server_threads", &[]);
    let folder = TempDir::new().expect("a folder");
    let root = folder.path().display();
    fs::write(folder.path().join("static.txt"), "from nginx\n").expect("a file");
    let listen = free_address();
    let configuration = format!(
        "daemon off; master_process off; pid {root}/pid; error_log {root}/error.log; events {{}}
         http {{
           access_log off; client_body_temp_path {root}; proxy_temp_path {root}; fastcgi_temp_path {root};
           uwsgi_temp_path {root}; scgi_temp_path {root}; client_max_body_size 10m;
           upstream wirekit {{ server {upstream}; keepalive 4; }}
           server {{
             listen {listen}; root {root};
             location /proxied/ {{ proxy_pass http://wirekit/; proxy_http_version 1.1; proxy_set_header Connection ''; }}
             location /old/ {{ proxy_pass http://wirekit/; proxy_http_version 1.0; }}
             location /streamed/ {{ proxy_pass http://wirekit/; proxy_http_version 1.1; proxy_request_buffering off; proxy_buffering off; }}
           }}
         }}",
        upstream = server.address(),
    );
    let file = folder.path().join("nginx.conf");
    fs::write(&file, configuration).expect("a file");
    let mut command = Command::new("nginx");
    command
        .arg("-p")
        .arg(folder.path())
        .arg("-c")
        .arg(&file)
        .stderr(Stdio::null());
    let nginx = Program::that_listens(&mut command, listen);

    // As its upstream.
    for location in ["proxied", "old", "streamed"] {
        let url = |path: &str| format!("http://{listen}/{location}{path}");
        assert_eq!(
            output("curl", &["-s", &url("/hello")]),
            b"hello, client\n",
            "{location}"
        );
        assert_eq!(
            output("curl", &["-s", &url("/large")]),
            vec![b'x'; 1 << 20],
            "{location}"
        );
        let body = "y".repeat(100_000);
        for option in ["Expect:", "Transfer-Encoding: chunked"] {
            let echoed = output(
                "curl",
                &[
                    "-s",
                    "-X",
                    "PUT",
                    "--data-binary",
                    &body,
                    "-H",
                    option,
                    &url("/echo"),
                ],
            );
            assert!(echoed == body.as_bytes(), "{location}, {option}");
        }
    }
    // As its client.
    assert_eq!(
        client(
            nginx.address(),
            &["/static.txt", "/missing", "/proxied/hello", "/static.txt"],
            b""
        )
        .windows(10)
        .filter(|window| window == b"from nginx")
        .count(),
        2
    );
}

#[test]
fn the_client_and_the_servers_of_the_examples_agree() {
    for server in SERVERS {
        let server = Program::example(server, &[]);
        let body = vec![b'z'; 1_000_000];
        assert!(client(server.address(), &["/echo", "/echo"], &body) == body.repeat(2));
        assert_eq!(
            client(server.address(), &["/hello", "/missing", "/hello"], b""),
            b"hello, client\nnothing\nhello, client\n"
        );
    }
}
