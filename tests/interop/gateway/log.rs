//! The gateway's access log: each exchange has one line, with the reason of its end.

use std::collections::BTreeMap;

use serde_json::Value;

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Method and target.
    pub(super) request: String,
    pub(super) status: u16,
    pub(super) reason: String,
}

/// The lines of a log.
pub(super) fn read(text: &str) -> Vec<Line> {
    assert!(text.is_empty() || text.ends_with('\n'), "half a line");
    text.lines().map(line).collect()
}

fn line(line: &str) -> Line {
    let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let text = |key: &str| {
        let text = value[key].as_str();
        text.unwrap_or_else(|| panic!("{key}: {line}")).to_owned()
    };
    let request = text("request");
    let status = value["status"].as_u64().and_then(|it| it.try_into().ok());
    Line {
        request: request
            .rsplit_once(" HTTP/")
            .map_or(&*request, |(start, _)| start)
            .to_owned(),
        status: status.unwrap_or_else(|| panic!("status: {line}")),
        reason: text("reason"),
    }
}

/// The log has these lines, each so many times, and no others.
pub(super) fn check(lines: &[Line], expected: &[(&str, u16, &str, usize)]) {
    let mut found = BTreeMap::new();
    for line in lines {
        let key = (&*line.request, line.status, &*line.reason);
        *found.entry(key).or_insert(0) += 1;
    }
    let mut wanted = BTreeMap::new();
    for (request, status, reason, count) in expected {
        *wanted.entry((*request, *status, *reason)).or_insert(0) += count;
    }
    assert_eq!(found, wanted);
}
