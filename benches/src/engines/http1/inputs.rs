//! The heads that are timed, each of a stated length.

/// A browser's request for a page, 703 bytes.
pub(super) fn browser() -> Vec<u8> {
    let head = "GET /articles/2026/11/on-reading-heads-quickly?ref=front HTTP/1.1\r\n\
        Host: www.example.org\r\n\
        User-Agent: Mozilla/5.0 (Macintosh; Intel Mac OS X 14.7; rv:133.0) Gecko/20100101 Firefox/133.0\r\n\
        Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\
        Accept-Language: de,en-US;q=0.7,en;q=0.3\r\n\
        Accept-Encoding: gzip, deflate\r\n\
        Connection: keep-alive\r\n\
        Cookie: ";
    padded(head, 703)
}

/// The least that a client sends, 27 bytes.
pub(super) fn tiny() -> Vec<u8> {
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec()
}

/// A request with the 15 fields that Chrome sends, 1459 bytes.
pub(super) fn chrome() -> Vec<u8> {
    let head = "GET /search?q=sans-io+protocol+codecs&source=hp&ei=2kZ9Z4nJ&iflsig=AL9hbdgAAAAA&ved=0ahUKE HTTP/1.1\r\n\
        Host: www.example.com\r\n\
        Connection: keep-alive\r\n\
        Cache-Control: max-age=0\r\n\
        sec-ch-ua: \"Chromium\";v=\"131\", \"Not_A Brand\";v=\"24\", \"Google Chrome\";v=\"131\"\r\n\
        sec-ch-ua-mobile: ?0\r\n\
        sec-ch-ua-platform: \"Linux\"\r\n\
        Upgrade-Insecure-Requests: 1\r\n\
        User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36\r\n\
        Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8\r\n\
        Sec-Fetch-Site: same-origin\r\n\
        Sec-Fetch-Mode: navigate\r\n\
        Referer: https://www.example.com/\r\n\
        Accept-Encoding: gzip, deflate, br, zstd\r\n\
        Accept-Language: en-GB,en-US;q=0.9,en;q=0.8\r\n\
        Cookie: ";
    padded(head, 1459)
}

/// A response as nginx writes it, 262 bytes.
pub(super) fn nginx() -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\n\
        Server: nginx/1.26.2\r\n\
        Date: Sun, 22 Nov 2026 10:20:30 GMT\r\n\
        Content-Type: text/html; charset=utf-8\r\n\
        Content-Length: 13256\r\n\
        Last-Modified: Sat, 21 Nov 2026 08:00:00 GMT\r\n\
        Connection: keep-alive\r\n\
        ETag: \"";
    padded(head, 262)
}

/// A request with a cookie of 8 KiB, 8359 bytes.
pub(super) fn cookie() -> Vec<u8> {
    let head = "GET /account HTTP/1.1\r\n\
        Host: www.example.org\r\n\
        User-Agent: curl/8.11.0\r\n\
        Accept: */*\r\n\
        Accept-Encoding: gzip, deflate, br\r\n\
        Cookie: ";
    padded(head, 8359)
}

/// 512 requests, no two alike: paths, fields and their lengths vary as they do in front of a server.
pub(super) fn mixed() -> Vec<Vec<u8>> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    (0..512).map(|_| mixed_request(&mut random)).collect()
}

fn mixed_request(random: &mut Random) -> Vec<u8> {
    let method = random.pick(&[
        "GET", "GET", "GET", "GET", "GET", "POST", "HEAD", "PUT", "OPTIONS", "DELETE",
    ]);
    let mut head = format!("{method} ");
    for _ in 0..=random.below(4) {
        head.push('/');
        head.push_str(&random.word(12));
    }
    if random.below(2) == 0 {
        head.push_str(&format!("?{}={}", random.word(6), random.word(30)));
    }
    let host = random.label(14);
    head.push_str(&format!(" HTTP/1.1\r\nHost: {host}.example\r\n"));
    let common = [
        ("User-Agent", 110),
        ("Accept", 80),
        ("Accept-Encoding", 30),
        ("Accept-Language", 40),
        ("Connection", 12),
        ("Cache-Control", 16),
        ("Referer", 70),
        ("Cookie", 250),
        ("If-None-Match", 40),
        ("If-Modified-Since", 29),
        ("Authorization", 120),
        ("X-Forwarded-For", 30),
        ("X-Request-Id", 36),
        ("Sec-Fetch-Mode", 10),
        ("Sec-Fetch-Site", 12),
        ("Origin", 40),
        ("DNT", 1),
        ("Upgrade-Insecure-Requests", 1),
        ("traceparent", 55),
    ];
    for (name, longest) in common {
        if random.below(5) < 3 {
            let value = random.word(longest);
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    if random.below(3) == 0 {
        head.push_str(&format!(
            "X-{}: {}, {}\r\n",
            random.label(18),
            random.word(20),
            random.word(9)
        ));
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// The head with its last value made so long that the whole has `len` bytes.
fn padded(head: &str, len: usize) -> Vec<u8> {
    let mut random = Random(len as u64);
    let mut head = head.as_bytes().to_vec();
    while head.len() + 4 < len {
        head.push(random.letter());
    }
    head.extend_from_slice(b"\r\n\r\n");
    assert_eq!(head.len(), len);
    head
}

/// Marsaglia's xorshift: the same inputs in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 33) % bound
    }

    fn pick(&mut self, words: &[&'static str]) -> &'static str {
        words
            .get(self.below(words.len() as u64) as usize)
            .copied()
            .unwrap_or_default()
    }

    fn letter(&mut self) -> u8 {
        let letters = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=;./";
        letters
            .get(self.below(letters.len() as u64) as usize)
            .copied()
            .unwrap_or(b'a')
    }

    /// Up to `longest` letters, at least one.
    fn word(&mut self, longest: u64) -> String {
        let len = 1 + self.below(longest);
        (0..len).map(|_| char::from(self.letter())).collect()
    }

    /// Up to `longest` letters of a name, at least one.
    fn label(&mut self, longest: u64) -> String {
        self.word(longest)
            .chars()
            .map(|letter| {
                if letter.is_ascii_alphanumeric() {
                    letter
                } else {
                    '-'
                }
            })
            .collect()
    }
}
