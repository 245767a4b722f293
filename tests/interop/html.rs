//! The page of `inspect --view html` in headless Chromium, which lays it out, finds its elements and paints it.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::program::{chromium_in, finish, workspace};

/// Runs in the page: what a person would see there, as one line of JSON in the title.
const PROBE: &str = "<script>
const seen = [...document.querySelectorAll('section')].map(section => {
  const text = selector => [...section.querySelectorAll(selector)].map(e => e.textContent);
  const lanes = [...section.querySelectorAll('.lane')].map(e => e.getBoundingClientRect().x);
  const box = section.querySelector('svg').getBoundingClientRect();
  return { id: section.id, arrows: section.querySelectorAll('.rung line').length, again: section.querySelectorAll('.again').length,
    lost: section.querySelectorAll('.lost .cross').length, messages: text('text.message'), notes: text('text.note'), states: text('text.state'),
    ordered: lanes.length === 2 && lanes[0] < lanes[1], painted: box.width > 500 && box.height > 60,
    clipped: [...section.querySelectorAll('svg text')].filter(e => { const r = e.getBoundingClientRect(); return r.left < box.left - 1 || r.right > box.right + 1; }).length };
});
document.title = JSON.stringify({ rows: document.querySelectorAll('tbody tr').length, seen });
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

fn seen(capture: Option<&str>) -> serde_json::Value {
    let folder = TempDir::new().expect("a folder");
    let page = folder.path().join("page.html");
    let page_name = page.display().to_string();
    let mut arguments = vec![
        "wirekit".to_owned(),
        "inspect".into(),
        "--view".into(),
        "html".into(),
        "-o".into(),
        page_name,
    ];
    arguments.extend(capture.map(|name| {
        workspace()
            .join("tests/captures")
            .join(name)
            .display()
            .to_string()
    }));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let status = wirekit_cli::run(arguments, &b""[..], &mut out, &mut err);
    assert_eq!(status, 0, "{}", String::from_utf8_lossy(&err));

    let html = fs::read_to_string(&page).expect("a page");
    assert!(
        !html.contains("<script") && !html.contains("http-equiv") && !html.contains("src="),
        "self-contained"
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
    assert_eq!(page["rows"], sections.len());
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
    let again: u64 = page["seen"]
        .as_array()
        .expect("sections")
        .iter()
        .filter_map(|section| section["again"].as_u64())
        .sum();
    assert!(again > 0, "no retransmission is marked: {page}");
    assert!(
        page["seen"][0]["notes"]
            .as_array()
            .is_some_and(|notes| !notes.is_empty()),
        "{page}"
    );
}
