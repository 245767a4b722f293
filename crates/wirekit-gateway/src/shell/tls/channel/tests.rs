use core::future::poll_fn;
use core::time::Duration;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, RootCertStore, SupportedProtocolVersion};

use super::*;

const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];

/// Both sides' configuration.
struct Site {
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
}

impl Site {
    fn new(version: &'static SupportedProtocolVersion) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let names = vec!["a.example".to_owned()];
        let params = rcgen::CertificateParams::new(names).unwrap();
        let certificate: CertificateDer<'static> = params.self_signed(&key).unwrap().into();
        let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let server = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&VERSIONS)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(certificate).unwrap();
        let client = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            server: Arc::new(server),
            client: Arc::new(client),
        }
    }
}

/// A client, the gateway's end, and a pipe between them.
struct Conversation {
    client: ClientConnection,
    pipe: Option<UnixStream>,
    channel: Channel,
    stream: Stream,
    handshake: Option<io::Result<()>>,
    /// What the gateway has read, and whether it has read the end.
    read: Vec<u8>,
    end: Option<io::Result<()>>,
    /// What the client has sent, and read.
    sent: usize,
    got: Vec<u8>,
}

impl Conversation {
    fn new(site: &Site) -> Self {
        let (near, far) = UnixStream::pair().unwrap();
        near.set_nonblocking(true).unwrap();
        far.set_nonblocking(true).unwrap();
        let name = ServerName::try_from("a.example").unwrap();
        Self {
            client: ClientConnection::new(site.client.clone(), name).unwrap(),
            pipe: Some(near),
            channel: Channel::new(site.server.clone()).unwrap(),
            stream: Stream::unix(tokio::net::UnixStream::from_std(far).unwrap()),
            handshake: None,
            read: Vec::new(),
            end: None,
            sent: 0,
            got: Vec::new(),
        }
    }

    /// Goes as far as can be gone with what has come: until something is said of it, or all of it was taken.
    async fn turn(&mut self) {
        let mut room = vec![0; 16 * 1024];
        while self.end.is_none() {
            let (channel, stream) = (&mut self.channel, &mut self.stream);
            let is_done = self.handshake.is_some();
            let taken = poll_fn(|cx| {
                let taken = match is_done {
                    false => channel
                        .poll_handshake(cx, stream)
                        .map(|done| done.map(|()| None)),
                    true => channel
                        .poll_read(cx, stream, &mut room)
                        .map(|read| read.map(Some)),
                };
                match taken {
                    Poll::Ready(taken) => Poll::Ready(Some(taken)),
                    Poll::Pending if stream.is_silent() => Poll::Ready(None),
                    Poll::Pending => Poll::Pending,
                }
            });
            let taken = tokio::time::timeout(Duration::from_secs(10), taken).await;
            match taken.expect("it hangs") {
                None => break,
                Some(Ok(None)) => self.handshake = Some(Ok(())),
                Some(Ok(Some(0))) => self.end = Some(Ok(())),
                Some(Ok(Some(len))) => self.read.extend_from_slice(room.get(..len).unwrap()),
                Some(Err(error)) => {
                    let kind = error.kind();
                    self.handshake.get_or_insert(Err(error));
                    self.end = Some(Err(kind.into()));
                }
            }
        }
        self.is_bounded();
    }

    fn is_bounded(&self) {
        let Channel {
            cut,
            unread,
            unsent,
            ..
        } = &self.channel;
        assert!(cut.len() <= MAX_CUT_LEN + READ_LEN, "{} bytes", cut.len());
        assert!(unread.len() <= READ_LEN, "{} bytes", unread.len());
        let most = MAX_PIECE_LEN + MAX_ADDED_LEN + READ_LEN;
        assert!(unsent.len() <= most, "{} bytes", unsent.len());
    }

    /// What the client has to send, as far as it goes: the bytes are changed, cut and ended by `deliver`.
    fn flight(&mut self) -> Vec<u8> {
        let mut answer = Vec::new();
        // The gateway may have closed.
        let _ = self.pipe.as_mut().unwrap().read_to_end(&mut answer);
        let mut answer = &answer[..];
        while !answer.is_empty() {
            if self.client.read_tls(&mut answer).is_err() {
                break;
            }
            let _ = self.client.process_new_packets();
            // As much as was there.
            let _ = self.client.reader().read_to_end(&mut self.got);
        }
        let mut flight = Vec::new();
        while self.client.wants_write() {
            self.client.write_tls(&mut flight).unwrap();
        }
        flight
    }

    async fn deliver(&mut self, plan: &Plan) {
        loop {
            let mut flight = self.flight();
            if flight.is_empty() || self.pipe.is_none() {
                return;
            }
            if let Some(byte) = plan
                .broken
                .and_then(|at| flight.get_mut(at.checked_sub(self.sent)?))
            {
                *byte ^= 0x55;
            }
            for piece in flight.chunks(plan.piece) {
                let until_end = plan.end.map_or(usize::MAX, |end| end - self.sent);
                let piece = piece.get(..until_end).unwrap_or(piece);
                // Who is refused may be unable to write more.
                let _ = self.pipe.as_mut().unwrap().write_all(piece);
                self.sent += piece.len();
                if plan.end == Some(self.sent) {
                    self.pipe = None;
                    return self.turn().await;
                }
                self.turn().await;
            }
        }
    }

    /// A handshake, a request, an answer, and an end.
    async fn play(site: &Site, plan: &Plan) -> Self {
        let mut it = Self::new(site);
        it.deliver(plan).await;
        let is_up = it.pipe.is_some() && !it.client.is_handshaking();
        // Who got an alert has nothing more to say.
        if is_up && it.client.writer().write_all(REQUEST).is_ok() {
            it.deliver(plan).await;
        }
        if it.pipe.is_some() && it.read == REQUEST {
            it.is_at_rest();
            let sent = it.channel.try_send(&it.stream, &ANSWER).ok();
            assert!(plan.broken.is_some() || sent == Some(ANSWER.len()));
            it.deliver(plan).await;
            assert!(plan.broken.is_some() || it.got == ANSWER);
            it.client.send_close_notify();
            it.deliver(plan).await;
        }
        it
    }

    /// An idle connection holds its keys, and no buffer.
    fn is_at_rest(&self) {
        let channel = &self.channel;
        let held = [
            channel.cut.capacity(),
            channel.unread.capacity(),
            channel.unsent.capacity(),
        ];
        assert_eq!(held, [0; 3]);
    }
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
const ANSWER: [u8; 300] = [b'a'; 300];

/// What becomes of the client's bytes on their way.
#[derive(Clone, Copy)]
struct Plan {
    /// How many come at once.
    piece: usize,
    /// The one that is another.
    broken: Option<usize>,
    /// Behind how many of them the client goes away.
    end: Option<usize>,
}

const WHOLE: Plan = Plan {
    piece: usize::MAX,
    broken: None,
    end: None,
};

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(test);
}

#[test]
fn bytes_may_be_cut_anywhere() {
    run(async {
        for version in VERSIONS {
            let site = Site::new(version);
            for piece in [1, 2, 3, 5, 7, 64, usize::MAX] {
                let plan = Plan { piece, ..WHOLE };
                let it = Conversation::play(&site, &plan).await;
                assert!(matches!(it.handshake, Some(Ok(()))), "{:?}", it.handshake);
                assert_eq!(it.read, REQUEST);
                assert!(matches!(it.end, Some(Ok(()))), "{:?}", it.end);
            }
        }
    });
}

#[test]
fn a_client_may_go_away_in_every_phase() {
    run(async {
        for version in VERSIONS {
            let site = Site::new(version);
            let len = Conversation::play(&site, &WHOLE).await.sent;
            for end in 1..len {
                let plan = Plan {
                    end: Some(end),
                    ..WHOLE
                };
                let it = Conversation::play(&site, &plan).await;
                // Nothing of a part of a record is read.
                assert!(it.read.is_empty() || it.read == REQUEST, "{end}");
                match &it.handshake {
                    Some(Ok(())) => assert!(matches!(it.end, Some(Ok(()))), "{end}"),
                    Some(Err(error)) => {
                        // It reads the end, or writes in vain before that.
                        let kinds = [ErrorKind::UnexpectedEof, ErrorKind::BrokenPipe];
                        assert!(kinds.contains(&error.kind()), "{end}: {error}");
                    }
                    None => panic!("{end}: it waits for a client that is gone"),
                }
            }
        }
    });
}

#[test]
fn a_byte_that_is_another_ends_it_in_order() {
    run(async {
        for version in VERSIONS {
            let site = Site::new(version);
            let len = Conversation::play(&site, &WHOLE).await.sent;
            for broken in 0..len {
                let plan = Plan {
                    broken: Some(broken),
                    ..WHOLE
                };
                let mut it = Conversation::play(&site, &plan).await;
                assert!(it.read.is_empty() || it.read == REQUEST, "{broken}");
                // What waits for more than comes ends with the connection.
                it.pipe = None;
                it.turn().await;
                assert!(it.end.is_some(), "{broken}: it goes on for ever");
            }
        }
    });
}

#[test]
fn what_never_ends_is_not_kept() {
    run(async {
        let site = Site::new(&TLS13);
        let mut it = Conversation::new(&site);
        // A ClientHello of 16 MiB, a piece a record.
        let mut record = vec![22, 3, 1, 0x40, 0, 1, 255, 255, 255];
        record.resize(5 + 0x4000, 0);
        for _ in 0..1000 {
            let _ = it.pipe.as_mut().unwrap().write_all(&record);
            it.turn().await;
            if it.end.is_some() {
                break;
            }
        }
        let handshake = it.handshake.expect("it reads on").unwrap_err();
        assert_eq!(handshake.kind(), ErrorKind::InvalidData);
    });
}

#[test]
fn who_does_not_read_fills_a_buffer_and_no_more() {
    run(async {
        let site = Site::new(&TLS13);
        let mut it = Conversation::new(&site);
        it.deliver(&WHOLE).await;
        let content = vec![b'c'; 1024 * 1024];
        let mut written = 0;
        let error = loop {
            match it.channel.try_send(&it.stream, &content) {
                Ok(len) => written += len,
                Err(error) => break error,
            }
            it.is_bounded();
        };
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        assert!(it.channel.has_unsent() && written > MAX_PIECE_LEN);
        // It reads after all.
        for _ in 0..1000 {
            assert!(it.flight().is_empty());
            if it.got.len() == written {
                break;
            }
            let writable = poll_fn(|cx| it.stream.poll_writable(cx));
            let writable = tokio::time::timeout(Duration::from_secs(10), writable).await;
            writable.expect("it hangs").unwrap();
            let _ = it.channel.flush(&it.stream);
        }
        assert_eq!(it.got.len(), written);
    });
}

#[test]
fn who_does_not_speak_tls_is_sent_one_alert() {
    let config = Site::new(&TLS13).server;
    let http = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    for bytes in [&http[..], &[22, 3, 1, 0, 4, 9, 0, 0, 0]] {
        let mut channel = Channel::new(config.clone()).unwrap();
        let (used, taken) = channel.take(&mut bytes.to_vec());
        assert!(taken.is_err());
        assert_eq!(used, bytes.len());
        // RFC 8446 section 6: a fatal alert, in a record of its own.
        assert!(channel.unsent.starts_with(&[21, 3, 3, 0, 2, 2]));
        let again = channel.take(&mut bytes.to_vec());
        assert_eq!(again, (bytes.len(), Ok(())));
        channel.end();
        assert_eq!(channel.unsent.len(), 7);
    }
}
