//! The archives of `inspect --view har`, read by others: a validator of the schema, Chromium's developer tools, and mitmproxy.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::browser::Browser;
use crate::program::{finish, workspace};
use crate::tcp_capture::captures;

fn archive(capture: &Path) -> String {
    let arguments = [
        "wirekit".as_ref(),
        "inspect".as_ref(),
        capture.as_os_str(),
        "--view".as_ref(),
        "har".as_ref(),
    ];
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let status = wirekit_cli::run(arguments, &b""[..], &mut out, &mut err);
    assert_eq!(status, 0, "{}", String::from_utf8_lossy(&err));
    String::from_utf8(out).expect("UTF-8")
}

fn archives() -> Vec<String> {
    let sample = workspace().join("crates/wirekit-cli/sample.pcap");
    let paths = captures().into_iter().chain([sample]);
    paths.map(|path| archive(&path)).collect()
}

/// The npm package har-validator has the schema that other writers are held to.
#[test]
fn archives_are_valid_by_the_schema() {
    let folder = TempDir::new().expect("a folder");
    let mut entries = 0;
    let names: Vec<_> = archives()
        .iter()
        .enumerate()
        .map(|(index, archive)| {
            let path = folder.path().join(format!("{index}.har"));
            fs::write(&path, archive).expect("a file");
            entries += archive.matches("\"startedDateTime\"").count();
            path
        })
        .collect();
    assert!(entries > 20, "{entries}");
    let script = "const validate = require('har-validator');
      Promise.all(process.argv.slice(1).map(name => validate.har(JSON.parse(require('fs').readFileSync(name, 'utf8')))
        .catch(error => { throw new Error(name + ': ' + JSON.stringify(error.errors)); })))
        .then(all => console.log(all.length), error => { console.error(String(error)); process.exit(1); });";
    let output = finish(Command::new("node").args(["-e", script]).args(&names));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    let count = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    assert_eq!(count, names.len().to_string());
}

/// mitmproxy opens an archive as it opens what it recorded itself: each entry is a flow, which it can show, search and send again.
#[test]
fn mitmproxy_opens_archives() {
    let folder = TempDir::new().expect("a folder");
    let (path, settings) = (folder.path().join("x.har"), folder.path().join("settings"));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/interop/har_flows.py");
    let mut count = 0;
    for archive in archives() {
        fs::write(&path, &archive).expect("a file");
        let mut command = Command::new("mitmdump");
        command.args(["-q", "-n", "-s", script, "--set"]);
        command.arg(format!("confdir={}", settings.display()));
        let output = finish(command.arg("-r").arg(&path));
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && errors.is_empty(), "{errors}");
        let flows = String::from_utf8_lossy(&output.stdout).into_owned();
        let flows: Vec<Value> = flows
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        let expected: Value = serde_json::from_str(&archive).expect("JSON");
        let entries = expected["log"]["entries"].as_array().expect("entries");
        let expected: Vec<Value> = entries.iter().map(flow).collect();
        assert_eq!(flows, expected);
        count += flows.len();
    }
    assert!(count > 20, "{count}");
}

/// An entry as `har_flows.py` prints it.
fn flow(entry: &Value) -> Value {
    let (request, response) = (&entry["request"], &entry["response"]);
    let url = request["url"].as_str().expect("a URL");
    let rest = url.strip_prefix("http://").expect("no TLS is read");
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().expect("a port")),
        _ => (authority, 80),
    };
    let headers = response["headers"].as_array().expect("headers").iter();
    let headers: Vec<Value> = headers
        .map(|header| json!([header["name"], header["value"]]))
        .collect();
    let text = response["content"]["text"].as_str().unwrap_or_default();
    json!({
        "method": request["method"], "host": host, "port": port, "path": path,
        "sent": request["bodySize"], "status": response["status"], "headers": headers, "text": text,
    })
}

/// What the panel "Network" imports, by the developer tools' own reader.
#[test]
fn developer_tools_import_archives() {
    let mut browser = Browser::start();
    browser.open("devtools://devtools/bundled/inspector.html");
    for archive in archives() {
        let expected: Value = serde_json::from_str(&archive).expect("JSON");
        // The reader sorts entries by their beginnings, in milliseconds.
        let expression = format!(
            "(async () => {{
                const {{ HARFormat, Importer }} = await import('/bundled/models/har/har.js');
                const archive = {archive};
                const begin = index => new Date(archive.log.entries[index].startedDateTime).getTime();
                const order = [...archive.log.entries.keys()].sort((a, b) => begin(a) - begin(b));
                const root = new HARFormat.HARRoot(archive);
                const requests = Importer.Importer.requestsFromHARLog(root.log);
                return Promise.all(requests.map(async (request, index) => {{
                    const content = await request.requestContentData();
                    return [request.requestMethod, request.url(), request.statusCode, request.responseHeaders.length,
                        Math.round((request.endTime - request.startTime) * 1e6), content.isTextContent ? content.text : content.base64,
                        order[index]];
                }}));
            }})()"
        );
        let seen = browser.evaluate(&expression);
        let entries = expected["log"]["entries"].as_array().expect("entries");
        let seen = seen.as_array().expect("a list");
        assert_eq!(seen.len(), entries.len());
        for seen in seen {
            let at = usize::try_from(seen[6].as_u64().expect("a place")).expect("a place");
            let entry = &entries[at];
            let response = &entry["response"];
            let headers = response["headers"].as_array().expect("headers").len();
            assert_eq!(
                json!([seen[0], seen[1], seen[2], seen[3]]),
                json!([
                    entry["request"]["method"],
                    entry["request"]["url"],
                    response["status"],
                    headers
                ])
            );
            let text = response["content"]["text"].as_str().unwrap_or_default();
            assert_eq!(seen[5].as_str().unwrap_or_default(), text, "{entry}");
            let micros = entry["time"].as_f64().expect("a time") * 1000.0;
            let total = seen[4].as_f64().expect("a time");
            assert!((total - micros).abs() <= 2.0, "{total} {entry}");
        }
    }
}
