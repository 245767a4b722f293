//! W3C Trace Context.

use super::{CONFIG, Stage};
use crate::core::trace::Trace;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// What a server of either protocol gets for these fields, and the trace in the record.
fn sent(tracing: &str, path: &str, lines: &str) -> (String, Option<String>) {
    let protocols = ["protocol = \"uwsgi\"", "protocol = \"http1\""];
    let text = protocols.iter().fold(CONFIG.to_owned(), |text, protocol| {
        text.replace(protocol, &format!("{protocol}\ntrace = \"{tracing}\""))
    });
    let mut stage = Stage::with(&text);
    stage.sends(format!("GET {path} HTTP/1.1\r\nHost: a\r\n{lines}\r\n").as_bytes());
    stage.connects();
    stage.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let record = stage.records.pop().unwrap();
    let text = String::from_utf8_lossy(&stage.server).into_owned();
    (text, record.trace.map(|trace| trace.to_string()))
}

#[test]
fn a_trace_passes_where_it_is_one() {
    let state = "tracestate: a=1\r\n";
    for tracing in ["pass", "make"] {
        let (text, trace) = sent(
            tracing,
            "/http/",
            &format!("TraceParent: {PARENT}\r\n{state}"),
        );
        assert!(text.contains(PARENT) && text.contains(state), "{text}");
        assert_eq!(trace.as_deref(), Some(PARENT));
    }
    for wrong in [
        "traceparent: 00-0\r\n".to_owned(),
        format!("traceparent: {PARENT}\r\ntraceparent: {PARENT}\r\n"),
    ] {
        let (text, trace) = sent("pass", "/http/", &format!("{wrong}{state}"));
        assert!(!text.contains("trace"), "{text}");
        assert_eq!(trace, None);
    }
    let (text, trace) = sent("pass", "/http/", state);
    assert!(text.contains(state), "{text}");
    assert_eq!(trace, None);
}

#[test]
fn a_trace_is_made_where_none_is() {
    for lines in ["", "traceparent: 00-0\r\ntracestate: a=1\r\n"] {
        let (text, trace) = sent("make", "/http/", lines);
        let trace = trace.unwrap();
        assert!(
            text.contains(&format!("traceparent: {trace}\r\n")),
            "{text}"
        );
        assert!(!text.contains("tracestate"), "{text}");
        assert!(Trace::parse(trace.as_bytes()).is_some(), "{trace}");
        let (text, trace) = sent("make", "/", lines);
        assert!(
            text.contains("HTTP_TRACEPARENT") && text.contains(&trace.unwrap()),
            "{text}"
        );
    }
}
