//! Whatever is done to the control address, requests go on as they did.

use core::sync::atomic::AtomicUsize;

use super::control::start;
use super::*;

/// What is sent to an address until it is to stop.
struct Flood {
    is_over: Arc<AtomicBool>,
    sent: Arc<AtomicUsize>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Flood {
    fn start(address: &str) -> Self {
        let mut flood = Self {
            is_over: Arc::default(),
            sent: Arc::default(),
            threads: Vec::new(),
        };
        // Connections that say nothing, or half a request, and stay; some are reset.
        let mut held = Vec::new();
        flood.repeat(address, move |stream, at| {
            if at % 3 > 0 {
                let _ = stream.write_all(b"PUT /api/v1/config HTTP/1.1\r\nHost: localhost\r\n");
            }
            held.push(stream.try_clone().unwrap());
            if held.len() > 300 {
                held.drain(..100);
            }
        });
        // Content that is not read, or not to its end.
        flood.repeat(address, |stream, at| {
            let len = if at % 2 == 0 { 4 << 20 } else { 1_u64 << 40 };
            let head = format!(
                "PUT /api/v1/config HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len}\r\n\r\n"
            );
            let _ = stream.write_all(head.as_bytes());
            for _ in 0..8 {
                let _ = stream.write_all(&[b'#'; 32 << 10]);
            }
        });
        // Guesses, and what is none of HTTP.
        flood.repeat(address, |stream, at| {
            let request = match at % 4 {
                0 => "\u{0}\u{1}garbage\r\n\r\n".to_owned(),
                1 => "GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nxx".to_owned(),
                _ => format!("GET /api/v1/upstreams HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer guess-{at}\r\n\r\n").repeat(8),
            };
            let _ = stream.write_all(request.as_bytes());
            let _ = stream.set_read_timeout(Some(Duration::from_millis(5)));
            let _ = stream.read(&mut [0; 4096]);
        });
        flood
    }

    fn repeat(
        &mut self,
        address: &str,
        mut attack: impl FnMut(&mut TcpStream, usize) + Send + 'static,
    ) {
        let (is_over, sent, address) =
            (self.is_over.clone(), self.sent.clone(), address.to_owned());
        self.threads.push(thread::spawn(move || {
            while !is_over.load(Ordering::Acquire) {
                let at = sent.fetch_add(1, Ordering::Relaxed);
                let timeout = Duration::from_millis(100);
                // What listens may have no room for one more.
                if let Ok(mut stream) =
                    TcpStream::connect_timeout(&address.parse().unwrap(), timeout)
                {
                    let _ = stream.set_write_timeout(Some(Duration::from_millis(20)));
                    attack(&mut stream, at);
                }
                // The machine is to have time for the requests that are measured.
                thread::sleep(Duration::from_millis(2));
            }
        }));
    }

    /// How many connections were made.
    fn stop(self) -> usize {
        self.is_over.store(true, Ordering::Release);
        for thread in self.threads {
            thread.join().unwrap();
        }
        self.sent.load(Ordering::Relaxed)
    }
}

/// What listens, and reads a little of what it is sent: by it is known what a flood costs the machine.
fn sink() -> String {
    server(|mut stream| {
        let _ = stream.set_read_timeout(Some(Duration::from_millis(50)));
        let mut room = [0; 4096];
        while matches!(stream.read(&mut room), Ok(len) if len > 0) {}
    })
}

/// Asks so often over connections that are kept; how long each request took. None may fail.
fn ask(gateway: &Gateway, count: usize) -> Vec<Duration> {
    let mut times = Vec::new();
    let mut clients = [gateway.connect(), gateway.connect()];
    for at in 0..count {
        let client = &mut clients[at % 2];
        let begun = Instant::now();
        client
            .write_all(b"GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n")
            .unwrap();
        let answer = site::read_until(client, b"hello");
        times.push(begun.elapsed());
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }
    // A new client is let in as well.
    assert!(gateway.get("/a.txt").ends_with("hello"));
    times.sort_unstable();
    times
}

#[test]
fn a_flood_of_the_control_address_does_not_touch_a_request() {
    let site = "workers = 2\n[[listen]]\naddress = 'ADDRESS'\n[[site]]\n[[site.location]]\npath = '/'\nroot = 'www'\n";
    let (gateway, control, _folder) = start(site);
    ask(&gateway, 200);
    let flood = Flood::start(&sink());
    let beside = ask(&gateway, 2000);
    flood.stop();
    let flood = Flood::start(&control);
    // Its room is full, and addresses are counted, before it is measured.
    thread::sleep(Duration::from_millis(300));
    let under = ask(&gateway, 2000);
    let sent = flood.stop();
    assert!(sent > 200, "{sent}");
    let part = |times: &[Duration], of: usize| times[times.len() * of / 100];
    let told = format!(
        "half within {:?}, before {:?}; 99 of 100 within {:?}, before {:?}; {sent} connections",
        part(&under, 50),
        part(&beside, 50),
        part(&under, 99),
        part(&beside, 99)
    );
    println!("{told}");
    // A machine that has much else to do makes both slow, at times one of them.
    let noise = Duration::from_millis(20);
    assert!(part(&under, 99) <= part(&beside, 99) * 3 + noise, "{told}");
    assert!(
        part(&under, 50) <= part(&beside, 50) * 3 + noise / 10,
        "{told}"
    );
    // And the plane is there again: guesses are forgotten by the machine itself at last, and health takes no token.
    wait_until("there is room", || {
        let Ok(mut stream) = TcpStream::connect(&control) else {
            return false;
        };
        let head = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        let mut answer = String::new();
        let asked = stream.write_all(head.as_bytes());
        let _ = asked.and_then(|()| stream.read_to_string(&mut answer));
        answer.starts_with("HTTP/1.1 200 ")
    });
}
