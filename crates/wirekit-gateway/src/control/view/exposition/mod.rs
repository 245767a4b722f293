//! The text that Prometheus reads, version 0.0.4 of its format.

mod durations;

use core::fmt::Write;
use core::time::Duration;

use crate::core::health::State;
use crate::shell::metrics::{BOUNDS, Labels, Times, Totals, UpstreamNow};

/// What it is, as `Content-Type` says it.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All metrics of the program.
pub(crate) fn write(totals: &Totals, lost_lines: u64) -> String {
    let mut text = String::new();
    let exchanges = totals.exchanges.iter();
    let exchanges = exchanges.map(|(labels, count)| (labels_of(labels), *count));
    let name = "requests_total";
    family(
        &mut text,
        name,
        "counter",
        "Requests that ended, by where they belonged and why they ended so.",
    );
    samples(&mut text, name, exchanges);
    let plain = [
        (
            "connections_accepted_total",
            "counter",
            "Connections of clients.",
            totals.accepted,
        ),
        (
            "connections",
            "gauge",
            "Connections of clients that are there now.",
            totals.connections,
        ),
        (
            "received_bytes_total",
            "counter",
            "Bytes that clients sent.",
            totals.received,
        ),
        (
            "sent_bytes_total",
            "counter",
            "Bytes that were sent to clients.",
            totals.sent,
        ),
        (
            "log_lines_lost_total",
            "counter",
            "Lines of the access log for which there was no room.",
            lost_lines,
        ),
    ];
    for (name, kind, help, value) in plain {
        family(&mut text, name, kind, help);
        samples(&mut text, name, [(String::new(), value)]);
    }
    build(&mut text);
    durations::write(&mut text, &totals.durations);
    times(&mut text, totals);
    upstreams(&mut text, totals);
    tls(&mut text, totals);
    placements(&mut text, totals);
    let name = "server_requests";
    family(&mut text, name, "gauge", "Requests that a server has now.");
    samples(&mut text, name, servers(totals, |server| server.active));
    let name = "server_up";
    family(
        &mut text,
        name,
        "gauge",
        "1 where every worker gives a server requests, 0 where one leaves it out.",
    );
    samples(
        &mut text,
        name,
        servers(totals, |server| u64::from(server.failing == 0)),
    );
    let name = "server_state";
    family(
        &mut text,
        name,
        "gauge",
        "1 with the state that the configuration gives a server.",
    );
    let states = totals.servers.iter().map(|((upstream, server), now)| {
        let labels = [
            ("upstream", upstream.as_str()),
            ("server", server),
            ("state", now.state),
        ];
        (labels_text(&labels), 1)
    });
    samples(&mut text, name, states);
    checks(&mut text, totals);
    text
}

fn build(text: &mut String) {
    let (name, help) = ("build_info", "1, with the version of the program.");
    family(text, name, "gauge", help);
    let labels = labels_text(&[("version", env!("CARGO_PKG_VERSION"))]);
    samples(text, name, [(labels, 1)]);
}

fn tls(text: &mut String, totals: &Totals) {
    let (name, help) = (
        "tls_handshakes_total",
        "Handshakes of TLS with clients, by how they ended.",
    );
    family(text, name, "counter", help);
    let handshakes = totals.handshakes.iter();
    let handshakes =
        handshakes.map(|(outcome, count)| (labels_text(&[("outcome", outcome)]), *count));
    samples(text, name, handshakes);
    let name = "certificate_expiry_timestamp_seconds";
    family(
        text,
        name,
        "gauge",
        "To when a certificate is good, in seconds since 1970.",
    );
    let certificates = totals.certificates.iter();
    let certificates = certificates.map(|(certificate, until)| {
        let labels = labels_text(&[("certificate", certificate)]);
        (labels, u64::try_from(*until).unwrap_or(0))
    });
    samples(text, name, certificates);
}

fn upstreams(text: &mut String, totals: &Totals) {
    let mut put = |name, help, value: fn(&UpstreamNow) -> u64| {
        family(text, name, "gauge", help);
        let upstreams = totals.upstreams.iter();
        let values =
            upstreams.map(|(upstream, now)| (labels_text(&[("upstream", upstream)]), value(now)));
        samples(text, name, values);
    };
    let help = "Requests that wait for a server with room.";
    put("upstream_waiting_requests", help, |now| now.waiting);
    let help = "Connections to servers that are kept for other requests.";
    put("upstream_idle_connections", help, |now| now.idle);
}

fn checks(text: &mut String, totals: &Totals) {
    let name = "server_well";
    family(
        text,
        name,
        "gauge",
        "1 where health checks say that a server may get requests, 0 where not.",
    );
    let labels = |state: &State| {
        [
            ("upstream", state.upstream.clone()),
            ("server", state.server.clone()),
        ]
    };
    let checks = totals.checks.iter();
    let well = checks.map(|state| (labels_text(&labels(state)), u64::from(state.is_well)));
    samples(text, name, well);
    let name = "health_checks_total";
    family(
        text,
        name,
        "counter",
        "Health checks of a server, by what they found.",
    );
    let checks = totals.checks.iter().flat_map(|state| {
        let [upstream, server] = labels(state);
        [("good", state.good), ("bad", state.bad)].map(|(result, count)| {
            let result = ("result", result.to_owned());
            let labels = [upstream.clone(), server.clone(), result];
            (labels_text(&labels), count)
        })
    });
    samples(text, name, checks);
}

fn servers(
    totals: &Totals,
    value: fn(&crate::shell::metrics::ServerNow) -> u64,
) -> impl Iterator<Item = (String, u64)> {
    totals
        .servers
        .iter()
        .map(move |((upstream, server), state)| {
            let labels = [("upstream", upstream.as_str()), ("server", server)];
            (labels_text(&labels), value(state))
        })
}

/// How users were kept on their servers, by upstream.
fn placements(text: &mut String, totals: &Totals) {
    let name = "affinity_total";
    family(
        text,
        name,
        "counter",
        "Requests that came to a server where users are kept on theirs: new, kept, or moved for a cause.",
    );
    let placements = totals.placements.iter();
    let placements = placements.map(|((upstream, placement), count)| {
        let cause = placement.cause().map_or("", |cause| cause.as_str());
        let labels = [
            ("upstream", upstream.as_str()),
            ("affinity", placement.as_str()),
            ("cause", cause),
        ];
        (labels_text(&labels), *count)
    });
    samples(text, name, placements);
    let name = "store_failures_total";
    family(
        text,
        name,
        "counter",
        "Answers of a store that failed, or did not come.",
    );
    let failures = totals.store_failures.iter();
    let failures =
        failures.map(|(cause, count)| (labels_text(&[("cause", cause.as_str())]), *count));
    samples(text, name, failures);
}

fn times(text: &mut String, totals: &Totals) {
    let name = "upstream_seconds";
    family(
        text,
        name,
        "histogram",
        "How long servers took, from the choice of the first to the end of the answer.",
    );
    for (upstream, Times { counts, sum }) in &totals.times {
        let mut count = 0;
        let bounds = BOUNDS
            .iter()
            .map(|bound| seconds(Duration::from_millis(*bound)));
        for (bound, more) in bounds.chain(["+Inf".to_owned()]).zip(counts) {
            count += more;
            let labels = labels_text(&[("upstream", upstream), ("le", &bound)]);
            samples(text, "upstream_seconds_bucket", [(labels, count)]);
        }
        let labels = labels_text(&[("upstream", upstream)]);
        let _ = writeln!(text, "wirekit_gateway_{name}_sum{labels} {}", seconds(*sum));
        samples(text, "upstream_seconds_count", [(labels, count)]);
    }
}

fn seconds(time: Duration) -> String {
    time.as_secs_f64().to_string()
}

fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(
        text,
        "# HELP wirekit_gateway_{name} {help}\n# TYPE wirekit_gateway_{name} {kind}"
    );
}

fn samples(text: &mut String, name: &str, samples: impl IntoIterator<Item = (String, u64)>) {
    for (labels, value) in samples {
        let _ = writeln!(text, "wirekit_gateway_{name}{labels} {value}");
    }
}

fn labels_of(labels: &Labels) -> String {
    let class = match labels.class {
        0 => "none".to_owned(),
        class => format!("{class}xx"),
    };
    labels_text(&[
        ("site", labels.site.as_str()),
        ("location", labels.location.as_str()),
        ("upstream", labels.upstream.as_str()),
        ("server", labels.server.as_str()),
        ("status", class.as_str()),
        ("reason", labels.reason),
    ])
}

/// A backslash, a quotation mark and the end of a line are escaped in a value.
fn labels_text(labels: &[(&str, impl AsRef<str>)]) -> String {
    let labels = labels.iter().map(|(name, value)| {
        let value = value
            .as_ref()
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n");
        format!("{name}=\"{value}\"")
    });
    let labels: Vec<String> = labels.collect();
    format!("{{{}}}", labels.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::affinity::{Cause, Placement};

    #[test]
    fn each_sample_is_a_name_labels_and_a_number() {
        let mut totals = Totals::default();
        let labels = Labels {
            site: "shop.example".to_owned(),
            location: "/a\"\\\n".to_owned(),
            upstream: String::new(),
            server: String::new(),
            class: 2,
            reason: "served",
        };
        totals.exchanges.insert(labels, 3);
        let mut times = Times::default();
        times.counts[0] = 1;
        times.counts[BOUNDS.len()] = 2;
        times.sum = Duration::from_millis(30_001);
        totals.times.insert("app".to_owned(), times);
        let moved = Placement::Moved(Cause::ServerDown);
        totals.placements.insert(("app".to_owned(), moved), 2);
        totals.handshakes.insert("resumed", 2);
        let shop = "shop".to_owned();
        totals.certificates.insert(shop, 1_800_000_000);
        let text = write(&totals, 7);
        for line in [
            r#"wirekit_gateway_requests_total{site="shop.example",location="/a\"\\\n",upstream="",server="",status="2xx",reason="served"} 3"#,
            "wirekit_gateway_log_lines_lost_total 7",
            r#"wirekit_gateway_tls_handshakes_total{outcome="resumed"} 2"#,
            r#"wirekit_gateway_certificate_expiry_timestamp_seconds{certificate="shop"} 1800000000"#,
            r#"wirekit_gateway_affinity_total{upstream="app",affinity="moved",cause="server_down"} 2"#,
            r#"wirekit_gateway_upstream_seconds_bucket{upstream="app",le="0.005"} 1"#,
            r#"wirekit_gateway_upstream_seconds_bucket{upstream="app",le="10"} 1"#,
            r#"wirekit_gateway_upstream_seconds_bucket{upstream="app",le="+Inf"} 3"#,
            r#"wirekit_gateway_upstream_seconds_sum{upstream="app"} 30.001"#,
            r#"wirekit_gateway_upstream_seconds_count{upstream="app"} 3"#,
        ] {
            assert!(text.lines().any(|other| other == line), "{line}: {text}");
        }
    }
}
