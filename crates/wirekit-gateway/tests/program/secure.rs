//! Connections in TLS, by unix sockets and to the control address, while another process or another certificate takes over.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::handover::{Process, wait_for_count};
use super::site::read_until;
use super::*;

type Tls = StreamOwned<ClientConnection, TcpStream>;

/// Writes a certificate and its key.
fn certificate(folder: &Path) -> CertificateDer<'static> {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    fs::write(folder.join("a.pem"), certificate.pem()).unwrap();
    let file = folder.join("a.key");
    fs::write(&file, key.serialize_pem()).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    certificate.der().clone()
}

/// A client that believes these certificates.
fn client(certificates: &[&CertificateDer<'static>]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add((*certificate).clone()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

fn connect(address: &str, client: &Arc<ClientConfig>) -> Tls {
    let socket = TcpStream::connect(address).expect("a connection is refused");
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let name = ServerName::try_from("a.example").unwrap();
    let connection = ClientConnection::new(client.clone(), name).unwrap();
    StreamOwned::new(connection, socket)
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
const LAST: &[u8] = b"GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n";

/// One answer of a connection that serves on.
fn ask(tls: &mut Tls) {
    tls.write_all(REQUEST).unwrap();
    answered(tls);
}

fn answered(stream: &mut impl Read) {
    let (mut got, mut piece) = (Vec::new(), [0; 1024]);
    while !got.ends_with(b"ok") {
        let len = stream.read(&mut piece).expect("a connection is reset");
        assert!(len > 0, "it ends: {}", got.escape_ascii());
        got.extend_from_slice(&piece[..len]);
    }
    assert!(got.starts_with(b"HTTP/1.1 200 "), "{}", got.escape_ascii());
}

/// The answer to a connection's only request.
fn ask_once(mut stream: impl Read + Write, request: &[u8]) {
    let mut answer = Vec::new();
    let asked = stream.write_all(request);
    let asked = asked.and_then(|()| stream.read_to_end(&mut answer));
    asked.expect("a connection is reset");
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer:?}");
}

/// Answers with `ok`, to `/slow` when it is let.
fn application(is_let: &Arc<AtomicBool>) -> String {
    let is_let = is_let.clone();
    server(move |mut stream| {
        let head = read_until(&mut stream, b"\r\n\r\n");
        if head.starts_with("GET /slow ") {
            wait_until("it is let", || is_let.load(Ordering::Acquire));
        }
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
        let _ = stream.write_all(answer.as_bytes());
    })
}

/// A gateway with listeners of every kind beside the plain one.
struct Site {
    gateway: Gateway,
    tls: String,
    control: String,
    certificate: CertificateDer<'static>,
    is_let: Arc<AtomicBool>,
}

impl Site {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let certificate = certificate(folder.path());
        let token = folder.path().join("token");
        fs::write(&token, "t".repeat(40)).unwrap();
        fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
        let (tls, control) = (free_address(), free_address());
        let is_let = Arc::default();
        let site = upstream("http1", &application(&is_let));
        let text = format!(
            "workers = 2\n{site}[[listen]]\naddress = '{tls}'\ntls = ['a']\n[[listen]]\naddress = 'unix:gateway.sock'\n\
             [certificate.a]\nchain = 'a.pem'\nkey = 'a.key'\n[control]\naddress = '{control}'\ntoken_file = 'token'\n"
        );
        let gateway = Gateway::start_in(folder, Command::new(PROGRAM), &text);
        Self {
            gateway,
            tls,
            control,
            certificate,
            is_let,
        }
    }

    /// Another process takes over, for the nth time.
    fn replace(&self, current: &Process, nth: usize) -> Process {
        current.signal("-USR2");
        wait_for_count(&self.gateway, " takes over; ", nth);
        let all = self.gateway.messages.all();
        let (before, _) = all.rsplit_once(" takes over; ").unwrap();
        let number = before.rsplit(' ').next().unwrap();
        Process(number.parse().unwrap())
    }
}

#[test]
fn a_new_process_takes_over_sockets_of_every_kind() {
    let mut site = Site::start();
    let believes = client(&[&site.certificate]);
    let unix = site.gateway.folder.path().join("gateway.sock");
    let health = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let (is_over, answers) = (AtomicBool::new(false), [(); 3].map(|()| Mutex::new(0)));
    let again = |at: usize, ask: &dyn Fn()| {
        while !is_over.load(Ordering::Acquire) {
            ask();
            *answers[at].lock().unwrap() += 1;
        }
    };
    let more = |count: usize| {
        let counts = || [0, 1, 2].map(|at: usize| *answers[at].lock().unwrap());
        let before = counts();
        wait_until("all are answered", || {
            let now = counts();
            is_over.load(Ordering::Acquire) || (0..3).all(|at| now[at] >= before[at] + count)
        });
    };
    let mut current = Process(site.gateway.child.id());
    thread::scope(|scope| {
        let clients = [
            scope.spawn(|| again(0, &|| ask_once(connect(&site.tls, &believes), LAST))),
            scope.spawn(|| {
                again(1, &|| {
                    ask_once(UnixStream::connect(&unix).expect("refused"), LAST)
                })
            }),
            scope.spawn(|| {
                again(2, &|| {
                    ask_once(TcpStream::connect(&site.control).expect("refused"), health)
                })
            }),
        ];
        let done = std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| {
            for round in 1..=2 {
                more(10);
                let next = site.replace(&current, round);
                wait_for_count(&site.gateway, "info: has stopped", round);
                core::mem::forget(core::mem::replace(&mut current, next));
                more(10);
            }
        }));
        is_over.store(true, Ordering::Release);
        for client in clients {
            client.join().expect("a client lost something");
        }
        done.expect("it does not take over");
    });
    assert_eq!(site.gateway.child.wait().unwrap().code(), Some(0));
    current.signal("-TERM");
    wait_for_count(&site.gateway, "info: has stopped", 3);
    core::mem::forget(current);
}

#[test]
fn idle_connections_outlive_a_certificate_and_end_in_order_with_their_process() {
    let site = Site::start();
    let first = client(&[&site.certificate]);
    let mut idle: Vec<Tls> = (0..4).map(|_| connect(&site.tls, &first)).collect();
    idle.iter_mut().for_each(ask);
    // Another certificate, which who believes the first alone does not take.
    let other = certificate(site.gateway.folder.path());
    site.gateway.signal("-HUP");
    let loaded = "info: the configuration was loaded anew";
    site.gateway.messages.wait_for(loaded);
    idle.iter_mut().for_each(ask);
    let second = client(&[&other]);
    ask(&mut connect(&site.tls, &second));
    // Who was there before resumes without a certificate.
    ask(&mut connect(&site.tls, &first));
    let anew = client(&[&site.certificate]);
    let refused = connect(&site.tls, &anew).write_all(REQUEST);
    assert!(refused.is_err(), "the certificate is the old one");
    // A request that is under way is answered by the process that has it.
    let mut busy = connect(&site.tls, &second);
    let slow = "GET /slow HTTP/1.1\r\nHost: a.example\r\n\r\n";
    busy.write_all(slow.as_bytes()).unwrap();
    let next = site.replace(&Process::borrowed(site.gateway.child.id()), 1);
    ask(&mut connect(&site.tls, &second));
    for tls in &mut idle {
        // close_notify, and the end: a reset, or an end without a word, is an error.
        let ended = tls.read(&mut [0; 64]);
        assert!(matches!(ended, Ok(0)), "{ended:?}");
    }
    site.is_let.store(true, Ordering::Release);
    answered(&mut busy);
    wait_for_count(&site.gateway, "info: has stopped", 1);
    ask(&mut connect(&site.tls, &second));
    next.signal("-TERM");
    wait_for_count(&site.gateway, "info: has stopped", 2);
    core::mem::forget(next);
}
