//! The dashboard, in a browser, as a person uses it.

use core::fmt::Write as _;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use serde_json::json;

use super::server::Server;
use super::watched::{TOKEN, Watched, until};
use crate::browser::Browser;
use crate::program::{build_program, free_address};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// What notes each policy that the page breaks, and each script that is not its own.
const WATCH: &str = "window.broken = []; window.alert = () => broken.push('alert');
    document.addEventListener('securitypolicyviolation', (event) => broken.push(event.violatedDirective + ' ' + event.blockedURI));";

/// The text of a table's body, a cell after the other.
fn cells(table: &str) -> String {
    format!("[...document.querySelectorAll('#{table} td')].map((cell) => cell.textContent)")
}

fn sign_in(browser: &mut Browser, watched: &Watched) {
    browser.open(&format!("http://{}/", watched.control));
    browser.wait("document.querySelector('#ask').open && document.activeElement.id === 'token'");
    browser.types(TOKEN);
    browser.press("Enter", 13);
    browser.wait("document.querySelector('#status').textContent === 'live'");
}

#[test]
fn a_person_watches_and_changes_a_gateway() {
    let server = Server::start("http1", |_| OK.to_vec());
    // Names and paths that would be markup, if anything were.
    let tables = format!(
        "[[site]]\n[[site.location]]\npath = '/'\nupstream = 'app'\n[[site.location]]\npath = '/<b>'\nupstream = '<img src=x onerror=alert(1)>'\n\
         [upstream.app]\nprotocol = 'http1'\n[[upstream.app.server]]\nid = 'a'\naddress = '{}'\n\
         [[upstream.app.server]]\nid = 'b'\naddress = '{}'\nstate = 'backup'\n\
         [upstream.'<img src=x onerror=alert(1)>']\nprotocol = 'http1'\nmax_failures = 0\n[[upstream.'<img src=x onerror=alert(1)>'.server]]\nid = 'x'\naddress = '{}'\n",
        server.address(),
        server.address().ip().to_string() + ":9",
        free_address(),
    )
    .replace("max_failures = 0\n", "");
    let mut watched = Watched::start(&tables);
    let mut browser = Browser::start();
    browser.call(
        "Page.addScriptToEvaluateOnNewDocument",
        &json!({ "source": WATCH }),
    );

    // Another token is another gateway's.
    browser.open(&format!("http://{}/", watched.control));
    browser.wait("document.querySelector('#ask').open");
    browser.types("another");
    browser.press("Enter", 13);
    browser.wait("document.querySelector('#ask-why').textContent.includes('another token')");
    browser.types(TOKEN);
    browser.press("Enter", 13);
    browser.wait("document.querySelector('#status').textContent === 'live'");
    browser.wait(&format!("{}.includes('b')", cells("servers")));
    assert_eq!(
        browser.evaluate("location.href"),
        format!("http://{}/", watched.control)
    );

    // What clients send is text.
    for target in ["/", "/%3Cscript%3Ealert(1)%3C/script%3E/%zz", "/%3Cb%3E<b>"] {
        let _ = watched.get(target);
    }
    let markup = "<img src=x onerror=alert(1)>";
    for fields in [
        "Host: a".to_owned(),
        format!("Host: {markup}"),
        format!("Host: a\r\nUser-Agent: {markup}\r\nReferer: {markup}\r\nX-{markup}: 1"),
        format!("Host: a\r\ntraceparent: {markup}\r\nCookie: {markup}"),
        "Host: \u{202e}gnp.exe".to_owned(),
    ] {
        let mut client = watched.gateway.connect();
        let request = format!("GET /%3Cb%3E/x HTTP/1.1\r\n{fields}\r\nConnection: close\r\n\r\n");
        client.write_all(request.as_bytes()).expect("it reads");
        let _ = client.read_to_end(&mut Vec::new());
    }
    browser.wait(&format!(
        "{}.includes('connect_refused')",
        cells("failures")
    ));
    browser.wait(&format!("{}.includes('malformed_path')", cells("failures")));
    browser.wait("document.querySelector('#rate polyline').getAttribute('points').length > 0");

    // What else there is opens by its heading.
    let kept = watched.gateway.connect();
    for name in ["upstreams", "sessions", "connections", "certificates"] {
        browser.evaluate(&format!(
            "document.querySelector('#{name} summary').click()"
        ));
    }
    let mine = kept.local_addr().expect("a socket of TCP").to_string();
    browser.wait(&format!("{}.includes('{mine}')", cells("connections")));
    browser.wait("document.querySelector('#sessions').innerText.includes('None.')");
    browser.wait("document.querySelector('#certificates').innerText.includes('None.')");

    // The story, by the keyboard.
    browser.evaluate("[...document.querySelectorAll('#failures tr')].find((row) => row.textContent.includes('connect_refused')).querySelector('button').focus()");
    browser.press("Enter", 13);
    browser.wait("document.activeElement.textContent === 'Hide' && document.querySelector('#failures dl').textContent.includes('try 1')");
    browser.picture("light");

    // A change is asked about, and can be left.
    let drain = "button[aria-label='Drain a of app']";
    browser.click(drain);
    browser.wait("document.querySelector('#confirm').open");
    browser.picture("confirm");
    browser.press("Escape", 27);
    browser.wait("!document.querySelector('#confirm').open");
    let state = |watched: &Watched| watched.list("/upstreams/app/servers")[0]["state"].clone();
    assert_eq!(state(&watched), "up");
    browser.click(drain);
    browser.wait("document.querySelector('#confirm').open");
    browser.click("#yes");
    until("it drains", || (state(&watched) == "drain").then_some(()));
    browser.wait(&format!("{}.includes('drain')", cells("servers")));
    browser.wait("document.querySelector('#said').textContent.includes('is drain')");
    browser.click("button[aria-label='Weight b of app']");
    browser.wait("document.querySelector('#confirm').open");
    browser.evaluate("document.querySelector('#weight').select()");
    browser.types("7");
    browser.press("Enter", 13);
    browser.wait(&format!("{}.includes('7')", cells("servers")));

    // On a phone, in the dark, nothing is wider than the page.
    let phone = json!({"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": true});
    browser.call("Emulation.setDeviceMetricsOverride", &phone);
    let dark = json!({"features": [{"name": "prefers-color-scheme", "value": "dark"}]});
    browser.call("Emulation.setEmulatedMedia", &dark);
    browser.wait("document.documentElement.scrollWidth <= 360");
    // What can be done there is there without looking for it.
    browser.wait("document.querySelector(\"button[aria-label='Weight a of app']\").getBoundingClientRect().right <= 360");
    browser.wait("document.querySelector('#failures dl').getBoundingClientRect().width > 250");
    browser.picture("phone");
    browser.call("Emulation.clearDeviceMetricsOverride", &json!({}));
    browser.picture("dark");

    // It says that it is cut off, and comes back by itself.
    watched.gateway.child.kill().expect("it runs");
    watched.gateway.child.wait().expect("a child");
    browser.wait("document.querySelector('#status').textContent.startsWith('cut off')");
    watched.gateway.child = Command::new(build_program("wirekit-gateway"))
        .arg("--config")
        .arg(watched.gateway.folder().join("gateway.toml"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the gateway");
    browser.wait("document.querySelector('#status').textContent === 'live'");
    browser
        .wait("document.querySelector(\"button[aria-label='Drain a of app']\").getAttribute('aria-disabled') === 'false'");
    assert_eq!(browser.evaluate("broken"), json!([]));
    let exceptions = browser.complaints.iter();
    let exceptions: Vec<_> = exceptions
        .filter(|text| text.contains("exceptionDetails") || text.contains("Security"))
        .collect();
    assert!(exceptions.is_empty(), "{exceptions:?}");
}

#[test]
fn a_thousand_servers_are_found_by_a_word() {
    let mut tables = "[[site]]\n[[site.location]]\npath = '/'\nupstream = 'app'\n[upstream.app]\nprotocol = 'http1'\n".to_owned();
    for at in 0..1000 {
        let (high, low) = (at / 250, at % 250 + 1);
        let _ = write!(
            tables,
            "[[upstream.app.server]]\nid = 's{at:03}'\naddress = '127.0.{high}.{low}:9'\n"
        );
    }
    let watched = Watched::start(&tables);
    let mut browser = Browser::start();
    sign_in(&mut browser, &watched);
    browser.wait("document.querySelector('#page').textContent === 'page 1 of 20, 1000 servers'");
    assert_eq!(
        browser.evaluate("document.querySelectorAll('#servers tr').length"),
        50
    );
    browser.click("#next");
    browser.wait("document.querySelector('#servers td:nth-child(2)').textContent === 's050'");
    browser.picture("thousand");
    browser.press("/", 191);
    browser.evaluate(
        "document.activeElement.id === 'filter' || document.querySelector('#filter').focus()",
    );
    browser.types("s999");
    browser.wait("document.querySelectorAll('#servers tr').length === 1");
    browser.wait("document.querySelector('#servers td:nth-child(2)').textContent === 's999'");
    browser.wait("document.querySelector('#page').textContent === 'page 1 of 1, 1 server'");

    // By the keyboard alone, which stays where it is when the button that it was on has no more to do.
    let down = "document.activeElement.getAttribute('aria-label') === 'Down s999 of app'";
    for _ in 0..8 {
        browser.press("Tab", 9);
        if browser.evaluate(down) == true {
            break;
        }
    }
    browser.press("Enter", 13);
    browser.wait("document.querySelector('#confirm').open");
    browser.press("Enter", 13);
    browser.wait("document.querySelector('#said').textContent.includes('is down')");
    browser.wait("document.querySelector('#servers td:nth-child(3)').textContent === 'down'");
    browser.wait(&format!(
        "{down} && document.activeElement.getAttribute('aria-disabled') === 'true'"
    ));
}
