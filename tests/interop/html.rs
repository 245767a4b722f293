//! The page of `inspect --view html` in headless Chromium, which lays it out, finds its elements and paints it.

use core::net::Ipv4Addr;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use wirekit::checksum::PseudoHeader;
use wirekit::tcp::{Flags, Header, SeqNumber};

use crate::browser::Browser;
use crate::program::{chromium_in, finish, workspace};

/// Runs in the page: what a person would see there, as one line of JSON in the title.
const PROBE: &str = "<script>
for (const fold of document.querySelectorAll('details')) fold.open = true;
const seen = [...document.querySelectorAll('section')].map(section => {
  const text = selector => [...section.querySelectorAll(selector)].map(e => e.textContent);
  const lanes = [...section.querySelectorAll('.ladder .end')].map(e => e.getBoundingClientRect().x);
  const box = section.querySelector('svg.ladder').getBoundingClientRect();
  return { id: section.id, arrows: section.querySelectorAll('.rung path:not(.cross)').length, again: section.querySelectorAll('.rung.again').length,
    lost: section.querySelectorAll('.lost .cross').length, messages: text('text.message'), notes: text('text.note'), states: text('text.state'),
    folds: text('summary'), plots: section.querySelectorAll('svg.plot').length,
    marks: [...section.querySelectorAll('svg.plot path.again')].reduce((sum, e) => sum + parseInt(e.textContent) * e.getAttribute('d').split('M').slice(1).length, 0), numbers: text('.rung text.number'),
    ordered: lanes.length >= 2 && lanes[0] < lanes[1], painted: box.width > 500 && box.height > 60,
    clipped: [...section.querySelectorAll('svg text')].filter(e => { const r = e.getBoundingClientRect(), box = e.closest('svg').getBoundingClientRect();
      return r.left < box.left - 1 || r.right > box.right + 1; }).length };
});
const cells = selector => [...document.querySelectorAll(selector)].map(row => [...row.cells].map(cell => cell.textContent));
document.title = JSON.stringify({ rows: cells('#connections tbody tr'), exchanges: cells('#exchanges tbody tr'), statistics: cells('.statistics tr'),
  lanes: document.querySelectorAll('.timeline .lane').length, bars: [...document.querySelectorAll('td.bars i, .lane i')].filter(e => e.getBoundingClientRect().width >= 1).length,
  seen });
</script>";

fn chromium(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let mut command = chromium_in(&folder.join("profile"));
    let output = finish(command.args(arguments));
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// Writes the page of a capture; of the sample if there is none.
fn write_page(capture: Option<&Path>, page: &Path) {
    let mut arguments: Vec<&OsStr> = ["wirekit", "inspect", "--view", "html", "-o"]
        .map(OsStr::new)
        .to_vec();
    arguments.push(page.as_os_str());
    arguments.extend(capture.map(Path::as_os_str));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let status = wirekit_cli::run(arguments, &b""[..], &mut out, &mut err);
    assert_eq!(status, 0, "{}", String::from_utf8_lossy(&err));
}

fn seen(capture: Option<&str>) -> Value {
    let folder = TempDir::new().expect("a folder");
    let page = folder.path().join("page.html");
    let capture = capture.map(|name| workspace().join("tests/captures").join(name));
    write_page(capture.as_deref(), &page);

    let html = fs::read_to_string(&page).expect("a page");
    assert!(
        !html.contains("http-equiv") && !html.contains("src=") && !html.contains("url("),
        "self-contained"
    );
    assert_eq!(
        html.matches("<script").count(),
        1,
        "nothing of the capture is one"
    );
    fs::write(&page, html.replace("</html>", &format!("{PROBE}</html>"))).expect("a page");
    let url = format!("file://{}", page.display());
    let picture = folder.path().join("page.png");
    chromium(
        folder.path(),
        &[
            &format!("--screenshot={}", picture.display()),
            "--window-size=1200,2400",
            &url,
        ],
    );
    assert!(
        fs::metadata(&picture).expect("a picture").len() > 50_000,
        "an empty picture"
    );

    let document = String::from_utf8(chromium(folder.path(), &["--dump-dom", &url])).expect("text");
    let title = document
        .split_once("<title>")
        .and_then(|(_, rest)| rest.split_once("</title>"))
        .expect("a title")
        .0;
    let title = title
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    serde_json::from_str(&title).expect("JSON")
}

#[test]
fn the_sample_is_drawn_whole() {
    let page = seen(None);
    let sections = page["seen"].as_array().expect("sections");
    let rows = page["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), sections.len());
    assert_eq!(page["lanes"], sections.len());
    let about: Vec<_> = rows.iter().map(|row| &row[4]).collect();
    assert!(
        about.iter().any(|it| it
            .as_str()
            .is_some_and(|it| it == "shop.example.test:8080/")),
        "{about:?}"
    );
    let server = &rows[1][2];
    assert_eq!(server, "10.77.0.2:8080 (shop.example.test)");
    let exchanges = page["exchanges"].as_array().expect("rows");
    assert!(exchanges.len() >= 6, "{exchanges:?}");
    assert!(page["bars"].as_u64() >= Some(exchanges.len() as u64));
    assert!(
        page["statistics"]
            .to_string()
            .contains("tcp/http1/websocket")
    );
    assert!(sections.len() >= 8, "{page}");
    for section in sections {
        assert!(
            section["ordered"] == true && section["painted"] == true && section["clipped"] == 0,
            "{section}"
        );
        assert!(section["arrows"].as_u64() >= Some(2), "{section}");
    }
    let messages: Vec<_> = sections
        .iter()
        .flat_map(|section| section["messages"].as_array().expect("a list"))
        .collect();
    for expected in [
        "GET /shop.css HTTP/1.1",
        "uwsgi GET /app?item=7",
        "text \"hello\"",
        "ping \"are you there\"",
        "TLS ClientHello",
    ] {
        assert!(
            messages
                .iter()
                .any(|message| message.as_str().is_some_and(|text| text.contains(expected))),
            "{expected}"
        );
    }
    let states: Vec<_> = sections
        .iter()
        .flat_map(|section| section["states"].as_array().expect("a list"))
        .collect();
    for expected in ["SYN-SENT", "ESTABLISHED", "TIME-WAIT", "CLOSED"] {
        assert!(states.iter().any(|state| *state == expected), "{expected}");
    }
}

#[test]
fn losses_are_marked() {
    let page = seen(Some("raw_loss_reorder.pcap"));
    // An arrow of its own, or, in a run that is folded, said by the fold and marked in the plot.
    let section = &page["seen"][0];
    let says = |key: &str| section[key].to_string().contains("11 sent again");
    assert!(says("folds"), "no retransmission is counted: {section}");
    assert!(
        section["notes"]
            .to_string()
            .contains("▾ 11 segments sent again"),
        "no retransmission is marked: {section}"
    );
    assert_eq!(section["marks"], 11);
    assert!(
        page["seen"][0]["notes"]
            .as_array()
            .is_some_and(|notes| !notes.is_empty()),
        "{page}"
    );
}

#[test]
fn a_transfer_is_folded_and_plotted() {
    let page = seen(Some("loss.pcap"));
    let section = &page["seen"][0];
    let folds = section["folds"].as_array().expect("a list");
    assert!(!folds.is_empty(), "{section}");
    assert_eq!(section["plots"], 1);
    let numbers = section["numbers"].as_array().expect("a list");
    assert!(numbers.contains(&Value::from("#1")), "{numbers:?}");
}

#[test]
fn a_person_finds_a_way_by_keys() {
    let folder = TempDir::new().expect("a folder");
    let page = folder.path().join("page.html");
    write_page(None, &page);
    let mut browser = Browser::start();
    browser.open(&format!("file://{}", page.display()));
    let press = |browser: &mut Browser, key: &str| {
        browser.evaluate(&format!(
            "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {{ key: '{key}', bubbles: true }}))"
        ));
        browser
            .evaluate("document.activeElement.id")
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(press(&mut browser, "j"), "connection-1");
    assert_eq!(press(&mut browser, "j"), "connection-2");
    assert_eq!(press(&mut browser, "k"), "connection-1");
    assert_eq!(press(&mut browser, "/"), "search");
    let shown =
        "[...document.querySelectorAll('section')].filter(it => !it.hidden).map(it => it.id)";
    let all = browser.evaluate(shown);
    browser.evaluate(
        "const field = document.querySelector('#search'); field.value = 'Are You There'; field.dispatchEvent(new Event('input'))",
    );
    browser.wait("document.querySelector('#found').textContent.length > 0");
    assert_eq!(
        browser.evaluate(shown),
        json!(["connection-7", "connection-8"])
    );
    let rows =
        "[...document.querySelectorAll('#connections tbody tr')].filter(it => !it.hidden).length";
    assert_eq!(browser.evaluate(rows), 2);
    press(&mut browser, "Escape");
    assert_eq!(browser.evaluate(shown), all);
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
}

/// A hundred connections, each of 3,000 packets: requests, answers in many segments, and what is lost of them.
fn many() -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 101] {
        file.extend(word.to_le_bytes());
    }
    let mut packets: Vec<(u64, Vec<u8>)> = Vec::new();
    for connection in 0..100_u16 {
        let mut next = [1000_u32, 9000];
        let mut now = u64::from(connection) * 200_000;
        let mut send = |from: usize, flags: Flags, payload: &[u8], is_again: bool| {
            let len = u32::try_from(payload.len()).expect("short");
            let number = if is_again {
                next[from] - len
            } else {
                next[from]
            };
            let acknowledgment = if flags.contains(Flags::ACK) {
                next[1 - from]
            } else {
                0
            };
            now += 500;
            packets.push((
                now,
                packet(connection, from, flags, (number, acknowledgment), payload),
            ));
            if !is_again {
                next[from] += len + u32::from(flags.intersects(Flags::SYN | Flags::FIN));
            }
        };
        send(0, Flags::SYN, b"", false);
        send(1, Flags::SYN | Flags::ACK, b"", false);
        send(0, Flags::ACK, b"", false);
        for exchange in 0..33 {
            let request = format!(
                "GET /{connection}/{exchange}?a&b HTTP/1.1\r\nHost: h{connection}.example\r\n\r\n"
            );
            send(0, Flags::PSH | Flags::ACK, request.as_bytes(), false);
            send(
                1,
                Flags::ACK,
                b"HTTP/1.1 200 OK\r\nContent-Length: 5900\r\n\r\n",
                false,
            );
            for piece in 0..59 {
                send(1, Flags::ACK, &[b'x'; 100], false);
                if piece % 2 == 0 {
                    send(0, Flags::ACK, b"", false);
                }
            }
            send(1, Flags::ACK, &[b'x'; 100], true);
        }
        send(0, Flags::FIN | Flags::ACK, b"", false);
        send(1, Flags::FIN | Flags::ACK, b"", false);
        send(0, Flags::ACK, b"", false);
    }
    packets.sort_by_key(|(micros, _)| *micros);
    for (micros, packet) in packets {
        let len = u32::try_from(packet.len()).expect("short");
        let seconds = u32::try_from(1_700_000_000 + micros / 1_000_000).expect("a time");
        let micros = u32::try_from(micros % 1_000_000).expect("a part");
        for word in [seconds, micros, len, len] {
            file.extend(word.to_le_bytes());
        }
        file.extend(packet);
    }
    file
}

/// An IPv4 packet with a segment in it.
fn packet(
    client_port: u16,
    from: usize,
    flags: Flags,
    numbers: (u32, u32),
    payload: &[u8],
) -> Vec<u8> {
    let (client, server) = (Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(198, 51, 100, 2));
    let (client_port, server_port) = (40_000 + client_port, 80);
    let (source, destination, source_port, destination_port) = match from {
        0 => (client, server, client_port, server_port),
        _ => (server, client, server_port, client_port),
    };
    let header = Header {
        source_port,
        destination_port,
        sequence_number: SeqNumber(numbers.0),
        acknowledgment_number: SeqNumber(numbers.1),
        flags,
        window: 65_000,
        ..Header::default()
    };
    let pseudo = PseudoHeader::V4 {
        source,
        destination,
    };
    let mut segment = Vec::new();
    header
        .encode(&[], &pseudo, payload, &mut segment)
        .expect("a segment");
    let mut packet = vec![0x45, 0];
    packet.extend(
        u16::try_from(20 + segment.len())
            .expect("short")
            .to_be_bytes(),
    );
    packet.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
    packet.extend(source.octets());
    packet.extend(destination.octets());
    packet.extend(segment);
    packet
}

/// From the navigation to the end of its load event, and to the first thing that is painted.
#[test]
fn a_hundred_long_connections_open_in_two_seconds() {
    let folder = TempDir::new().expect("a folder");
    let (capture, page) = (
        folder.path().join("many.pcap"),
        folder.path().join("page.html"),
    );
    fs::write(&capture, many()).expect("a capture");
    write_page(Some(&capture), &page);
    let url = format!("file://{}", page.display());
    let mut browser = Browser::start();
    let count = json!({"source": "addEventListener('load', () => { window.elements = document.querySelectorAll('*').length })"});
    browser.call("Page.addScriptToEvaluateOnNewDocument", &count);
    // The least of some: other tests run beside this one, and the time is one that a person has on a machine of their own.
    let mut best = f64::MAX;
    for _ in 0..20 {
        browser.open("about:blank");
        browser.open(&url);
        let times = "[performance.getEntriesByType('navigation')[0].loadEventEnd, ...performance.getEntriesByName('first-contentful-paint').map(it => it.startTime)]";
        browser.wait("performance.getEntriesByName('first-contentful-paint').length > 0");
        let times = browser.evaluate(times);
        eprintln!("loaded, painted: {times} ms");
        let times = times.as_array().expect("times").iter();
        best = best.min(times.filter_map(Value::as_f64).fold(0.0, f64::max));
        if best < 2000.0 {
            break;
        }
    }
    assert!(best < 2000.0, "{best} ms");
    // Time depends on the machine; this does not. There were 190,000 when the page took two seconds on a good one.
    let elements = browser.evaluate("window.elements").as_u64();
    assert!(elements.is_some_and(|it| it < 20_000), "{elements:?}");
    nothing_is_missing(&mut browser, &url);
}

/// Whether what waits on a long page is found and shown; and is there for a browser that runs no scripts.
fn nothing_is_missing(browser: &mut Browser, url: &str) {
    let shown =
        "[...document.querySelectorAll('section')].filter(it => !it.hidden).map(it => it.id)";
    let search = |text: &str| {
        format!(
            "const field = document.querySelector('#search'); field.value = '{text}'; field.dispatchEvent(new Event('input'))"
        )
    };
    // Before it is a part of the document, and afterwards.
    for _ in 0..2 {
        browser.evaluate(&format!("{{ {} }}", search("get /98/32?a&b http")));
        browser.wait("document.querySelector('#found').textContent === '1 of 100 connections'");
        assert_eq!(browser.evaluate(shown), json!(["connection-99"]));
        browser.evaluate(&format!("{{ {} }}", search("")));
        browser.wait("document.querySelector('#found').textContent === ''");
        browser.evaluate("document.querySelector('#connection-99').scrollIntoView()");
        browser.wait("document.querySelector('#connection-99 svg.ladder').getBoundingClientRect().height > 100");
    }
    let whole = "[document.querySelectorAll('section svg.plot').length, document.querySelectorAll('#exchanges tbody tr').length,
        document.querySelectorAll('.rung').length]";
    browser.wait("document.querySelectorAll('.later').length === 0");
    let with_script = browser.evaluate(whole);
    assert_eq!(with_script, json!([100, 2000, 17_100]));
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);

    browser.call(
        "Emulation.setScriptExecutionDisabled",
        &json!({"value": true}),
    );
    browser.open("about:blank");
    browser.open(url);
    assert_eq!(browser.evaluate(whole), with_script);
    let height =
        "document.querySelector('#connection-100 svg.ladder').getBoundingClientRect().height";
    browser.evaluate("document.querySelector('#connection-100').scrollIntoView()");
    browser.wait(&format!("{height} > 100"));
}
