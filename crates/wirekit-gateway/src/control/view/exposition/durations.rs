//! Histograms of phases, and what tries and connections there were.

use core::fmt::Write;
use core::time::Duration;
use std::collections::BTreeMap;

use super::{family, labels_text, samples, seconds};
use crate::shell::durations::{BOUNDS, Histogram, Named, Span};

pub(super) fn write(text: &mut String, named: &Named) {
    histograms(
        text,
        ("request_duration_seconds", "site"),
        "How long a request's head took to come, and from there the whole exchange.",
        &named.sites,
    );
    histograms(
        text,
        ("upstream_duration_seconds", "upstream"),
        "How long a request waited for a server with room, for its connection, and for the first byte of its response.",
        &named.upstreams,
    );
    let name = "upstream_connections_total";
    let help = "Requests to servers, by whether their connection had served before.";
    family(text, name, "counter", help);
    let connections = named.connections.iter();
    let connections = connections.map(|((upstream, is_kept), count)| {
        let is_kept = if *is_kept { "true" } else { "false" };
        let labels = [("upstream", upstream.as_str()), ("kept", is_kept)];
        (labels_text(&labels), *count)
    });
    samples(text, name, connections);
    let name = "upstream_tries_failed_total";
    let help =
        "Tries of a request at a server that failed, whether another server was tried or not.";
    family(text, name, "counter", help);
    let tries = named.tries.iter();
    let tries = tries.map(|((upstream, server, reason), count)| {
        let labels = [
            ("upstream", upstream.as_str()),
            ("server", server.as_str()),
            ("reason", reason),
        ];
        (labels_text(&labels), *count)
    });
    samples(text, name, tries);
}

fn histograms(
    text: &mut String,
    (name, label): (&str, &str),
    help: &str,
    histograms: &BTreeMap<(String, Span), Histogram>,
) {
    family(text, name, "histogram", help);
    let (bucket, total) = (format!("{name}_bucket"), format!("{name}_count"));
    for ((of, span), histogram) in histograms {
        let mut count = 0;
        let bounds = BOUNDS.iter();
        let bounds = bounds.map(|bound| seconds(Duration::from_micros(*bound)));
        for (bound, more) in bounds.chain(["+Inf".to_owned()]).zip(histogram.counts) {
            count += more;
            let labels = [
                (label, of.as_str()),
                ("phase", span.as_str()),
                ("le", &bound),
            ];
            samples(text, &bucket, [(labels_text(&labels), count)]);
        }
        let labels = labels_text(&[(label, of.as_str()), ("phase", span.as_str())]);
        let sum = seconds(histogram.sum);
        let _ = writeln!(text, "wirekit_gateway_{name}_sum{labels} {sum}");
        samples(text, &total, [(labels, count)]);
    }
}
