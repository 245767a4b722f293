//! Preconditions and ranges by curl, to nginx and to the gateway: each difference has its rule.

use core::time::Duration;
use std::fs;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use tempfile::TempDir;

use super::Gateway;
use crate::program::{Program, free_address, output};

/// The fields that a request has beside its own, `TAG` and `DATE` being the validators of who is asked, or an option of curl's;
/// what nginx answers; and what the gateway does, with the section of RFC 9110 by which that is another answer.
type Row = (
    &'static [&'static str],
    &'static str,
    Option<(&'static str, &'static str)>,
);

/// A range for each byte, and what nginx makes of it.
const MANY: &str = "Range: bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,8-8,9-9,10-10,11-11,12-12,13-13,14-14,15-15,16-16,17-17,18-18";
const EACH: &str = "206 bytes 0-0/26 a bytes 1-1/26 b bytes 2-2/26 c bytes 3-3/26 d bytes 4-4/26 e bytes 5-5/26 f bytes 6-6/26 g bytes 7-7/26 h bytes 8-8/26 i bytes 9-9/26 j bytes 10-10/26 k bytes 11-11/26 l bytes 12-12/26 m bytes 13-13/26 n bytes 14-14/26 o bytes 15-15/26 p bytes 16-16/26 q bytes 17-17/26 r bytes 18-18/26 s";

/// The file is the alphabet, of 6 November 1994.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    // Section 14.1.2: from the start, from the end, past the end; the unit in any case (section 14.1).
    (&["Range: bytes=0-4"], "206 bytes 0-4/26 abcde", None),
    (&["Range: bytes=-3"], "206 bytes 23-25/26 xyz", None),
    (&["Range: bytes=23-"], "206 bytes 23-25/26 xyz", None),
    (&["Range: bytes=25-99"], "206 bytes 25-25/26 z", None),
    (&["Range: bytes=-99"], "206 bytes 0-25/26 abcdefghijklmnopqrstuvwxyz", None),
    (&["Range: BYTES=0-4"], "206 bytes 0-4/26 abcde", None),
    // Nothing of it is there.
    (&["Range: bytes=26-"], "416 bytes */26", None),
    (&["Range: bytes=-0"], "416 bytes */26", None),
    (&["Range: bytes=26-, 30-"], "416 bytes */26", None),
    (&["Range: bytes=99999999999999999999-"], "416 bytes */26", None),
    // Several, in the order that was asked for; those that overlap, and more than the whole.
    (&["Range: bytes=0-1,24-"], "206 bytes 0-1/26 ab bytes 24-25/26 yz", None),
    (&["Range: bytes=24-, 0-1"], "206 bytes 24-25/26 yz bytes 0-1/26 ab", None),
    (&["Range: bytes= 0-1 , -2"], "206 bytes 0-1/26 ab bytes 24-25/26 yz", None),
    (&["Range: bytes=0-1,99-"], "206 bytes 0-1/26 ab", None),
    (&["Range: bytes=0-4,2-6"], "206 bytes 0-4/26 abcde bytes 2-6/26 cdefg", None),
    (&["Range: bytes=0-,-1"], "200", None),
    (&["Range: bytes=0-25,0-25,0-25"], "200", None),
    // Another unit, or none.
    (&["Range: lines=0-4"], "200", None),
    (&["Range: 0-4"], "200", None),
    (&["Range: bytes =0-4"], "200", None),
    // Section 5.6.1.2: a recipient "MUST parse and ignore a reasonable number of empty list elements".
    (&["Range: bytes=0-1,,24-"], "416 bytes */26", Some(("206 bytes 0-1/26 ab bytes 24-25/26 yz", "section 5.6.1.2"))),
    // Section 14.2: a server "MAY ignore or reject a Range header field that contains an invalid ranges-specifier".
    (&["Range: bytes=a-b"], "416 bytes */26", Some(("200", "section 14.2"))),
    (&["Range: bytes=5-2"], "416 bytes */26", Some(("200", "section 14.2"))),
    (&["Range: bytes=-"], "416 bytes */26", Some(("200", "section 14.2"))),
    (&["Range: bytes=1"], "416 bytes */26", Some(("200", "section 14.2"))),
    (&["Range: bytes=0-4;6-7"], "416 bytes */26", Some(("200", "section 14.2"))),
    (&["Range: bytes=0-1, x"], "416 bytes */26", Some(("200", "section 14.2"))),
    // Section 14.1.2 has no space inside of an int-range.
    (&["Range: bytes=0 -4"], "206 bytes 0-4/26 abcde", Some(("200", "section 14.1.2"))),
    // Section 17.15: "Servers ought to ignore, coalesce, or reject [..] many small ranges in a single set".
    (&[MANY], EACH, Some(("200", "section 17.15"))),
    // Section 14.1.2: "If the last-pos value is absent, or if the value is greater than or equal to the current length [..], the
    // byte range is interpreted as the remainder", however many digits it has.
    (&["Range: bytes=0-99999999999999999999"], "416 bytes */26", Some(("206 bytes 0-25/26 abcdefghijklmnopqrstuvwxyz", "section 14.1.2"))),
    (&["Range: bytes=-99999999999999999999"], "416 bytes */26", Some(("206 bytes 0-25/26 abcdefghijklmnopqrstuvwxyz", "section 14.1.2"))),
    // Section 14.2: "GET is the only method for which range handling is defined".
    (&["-I", "Range: bytes=0-4"], "206 bytes 0-4/26 ", Some(("200 without content", "section 14.2"))),
    (&["-I", "Range: bytes=26-"], "416 bytes */26", Some(("200 without content", "section 14.2"))),
    // Section 13.1.5: If-Range takes one strong tag, or the exact date.
    (&["Range: bytes=0-1", "If-Range: TAG"], "206 bytes 0-1/26 ab", None),
    (&["Range: bytes=0-1", "If-Range: DATE"], "206 bytes 0-1/26 ab", None),
    (&["Range: bytes=0-1", "If-Range: W/TAG"], "200", None),
    (&["Range: bytes=0-1", "If-Range: \"other\""], "200", None),
    (&["Range: bytes=0-1", "If-Range: TAG, \"other\""], "200", None),
    (&["Range: bytes=0-1", "If-Range: Mon, 06 Nov 1995 08:49:37 GMT"], "200", None),
    (&["Range: bytes=0-1", "If-Range: Sat, 06 Nov 1993 08:49:37 GMT"], "200", None),
    (&["Range: bytes=0-1", "If-Range: x"], "200", None),
    (&["Range: bytes=26-", "If-Range: \"other\""], "200", None),
    (&["If-Range: TAG"], "200", None),
    // Section 13.1.1: by the strong comparison; it goes before the range.
    (&["If-Match: TAG"], "200", None),
    (&["If-Match: *"], "200", None),
    (&["If-Match: \"a\", TAG"], "200", None),
    (&["If-Match: \"other\""], "412", None),
    (&["If-Match: W/TAG"], "412", None),
    (&["If-Match: \"other\"", "Range: bytes=0-1"], "412", None),
    (&["If-Match: \"other\"", "If-None-Match: TAG"], "412", None),
    // Section 13.1.4
    (&["If-Unmodified-Since: DATE"], "200", None),
    (&["If-Unmodified-Since: Mon, 06 Nov 1995 08:49:37 GMT"], "200", None),
    (&["If-Unmodified-Since: Sat, 06 Nov 1993 08:49:37 GMT"], "412", None),
    // "A recipient MUST ignore the If-Unmodified-Since header field if the received field value is not a valid HTTP-date", and
    // "if the request contains an If-Match header field".
    (&["If-Unmodified-Since: x"], "412", Some(("200", "section 13.1.4"))),
    (&["If-Match: TAG", "If-Unmodified-Since: Sat, 06 Nov 1993 08:49:37 GMT"], "412", Some(("200", "section 13.1.4"))),
    // Section 13.1.2: by the weak comparison.
    (&["If-None-Match: TAG"], "304", None),
    (&["If-None-Match: W/TAG"], "304", None),
    (&["If-None-Match: *"], "304", None),
    (&["If-None-Match: \"a\", TAG"], "304", None),
    (&["If-None-Match: \"other\""], "200", None),
    (&["If-None-Match: TAG", "Range: bytes=0-1"], "304", None),
    (&["-I", "If-None-Match: TAG"], "304", None),
    // Section 13.1.3
    (&["If-Modified-Since: DATE"], "304", None),
    (&["If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT"], "304", None),
    (&["If-Modified-Since: Sun Nov  6 08:49:37 1994"], "304", None),
    (&["If-Modified-Since: Sat, 06 Nov 1993 08:49:37 GMT"], "200", None),
    (&["If-Modified-Since: x"], "200", None),
    (&["If-None-Match: \"other\"", "If-Modified-Since: DATE"], "200", None),
    // It is false if the file "is earlier or equal to the date provided", and is ignored "if the request contains an If-None-Match
    // header field".
    (&["If-Modified-Since: Mon, 06 Nov 1995 08:49:37 GMT"], "200", Some(("304", "section 13.1.3"))),
    (&["If-None-Match: TAG", "If-Modified-Since: Sat, 06 Nov 1993 08:49:37 GMT"], "200", Some(("304", "section 13.1.3"))),
];

/// nginx before a folder.
fn nginx(folder: &TempDir) -> Program {
    let (root, listen) = (folder.path().display(), free_address());
    let configuration = format!(
        "daemon off; master_process off; pid {root}/pid; error_log {root}/error.log; events {{}}
         http {{
           access_log off; client_body_temp_path {root}; proxy_temp_path {root}; fastcgi_temp_path {root};
           uwsgi_temp_path {root}; scgi_temp_path {root};
           server {{ listen {listen}; root {root}/www; }}
         }}"
    );
    let file = folder.path().join("nginx.conf");
    fs::write(&file, configuration).expect("a file");
    let mut command = Command::new("nginx");
    command.arg("-p").arg(folder.path()).arg("-c").arg(&file);
    Program::that_listens(command.stderr(Stdio::null()), listen)
}

/// What curl gets: the head, and the content.
fn curl(url: &str, arguments: &[&str]) -> (String, String) {
    let printed = output("curl", &[&["-si", url], arguments].concat());
    let printed = String::from_utf8(printed).expect("text");
    let (head, content) = printed.split_once("\r\n\r\n").expect("a head");
    (head.to_owned(), content.to_owned())
}

fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(": ")?;
        found.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// What an answer says: its status, and the parts that it has.
fn answer(head: &str, content: &str) -> String {
    let status = head.split(' ').nth(1).expect("a status");
    let content_type = field(head, "Content-Type").unwrap_or_default();
    if let Some((_, boundary)) = content_type.split_once("multipart/byteranges; boundary=") {
        let delimiter = format!("\r\n--{boundary}");
        let mut parts: Vec<&str> = content.split(&delimiter).collect();
        assert_eq!(
            (parts.remove(0), parts.pop()),
            ("", Some("--\r\n")),
            "{content}"
        );
        let parts = parts.into_iter().map(|part| {
            let (head, content) = part.split_once("\r\n\r\n").expect("a head of a part");
            let range = field(head, "Content-Range").expect("a range");
            format!(" {range} {content}")
        });
        return format!("{status}{}", parts.collect::<String>());
    }
    match (status, field(head, "Content-Range")) {
        ("200", None) if content.is_empty() => "200 without content".to_owned(),
        ("200" | "304" | "412", None) => status.to_owned(),
        ("206", Some(range)) => format!("206 {range} {content}"),
        (_, range) => format!("{status} {}", range.unwrap_or("-")),
    }
}

#[test]
fn what_nginx_answers_otherwise_is_said_by_a_rule() {
    let folder = TempDir::new().expect("a folder");
    let www = folder.path().join("www");
    fs::create_dir(&www).expect("a folder");
    let file = fs::File::create(www.join("a.txt")).expect("a file");
    fs::write(www.join("a.txt"), "abcdefghijklmnopqrstuvwxyz").expect("a file");
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    file.set_modified(then).expect("a time");
    let nginx = nginx(&folder);
    let gateway = Gateway::start_in(
        folder,
        "[[site]]\n[[site.location]]\npath = '/'\nroot = 'www'\n",
    );
    let urls = [
        format!("http://{}/a.txt", nginx.address()),
        gateway.url("/a.txt"),
    ];
    let validators = urls.each_ref().map(|url| {
        let (head, _) = curl(url, &[]);
        let value = |name| field(&head, name).expect("a validator").to_owned();
        (value("ETag"), value("Last-Modified"))
    });
    assert_eq!(validators[0].1, validators[1].1);
    for (arguments, of_nginx, other) in ROWS {
        let of_gateway = other.map_or(*of_nginx, |(answer, section)| {
            assert!(section.starts_with("section "));
            answer
        });
        for (at, expected) in [of_nginx, of_gateway].into_iter().enumerate() {
            let (tag, date) = &validators[at];
            let given: Vec<String> = arguments
                .iter()
                .map(|it| it.replace("TAG", tag).replace("DATE", date))
                .collect();
            let given = given.iter().map(String::as_str);
            let given: Vec<&str> = given
                .flat_map(|it| {
                    if it.starts_with('-') {
                        vec![it]
                    } else {
                        vec!["-H", it]
                    }
                })
                .collect();
            let (head, content) = curl(&urls[at], &given);
            let found = answer(&head, &content);
            assert_eq!(
                found,
                expected,
                "{} {arguments:?}",
                ["nginx", "gateway"][at]
            );
        }
    }
}
