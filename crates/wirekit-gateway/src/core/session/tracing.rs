//! The trace that a request belongs to, on its way to a server.

use wirekit::http1::RequestHead;

use super::{Current, Worker};
use crate::config::Tracing;
use crate::core::trace::{Said, Trace};

/// What becomes of the fields of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Headers {
    /// They pass.
    Pass,
    /// They are left out.
    Remove,
    /// They are left out, and this is said.
    Replace(Trace),
}

impl Headers {
    pub(super) const fn removed(self) -> &'static [&'static str] {
        match self {
            Self::Pass => &[],
            // W3C Trace Context section 4.1: who makes a traceparent "deletes the tracestate".
            Self::Remove | Self::Replace(_) => &["traceparent", "tracestate"],
        }
    }

    pub(super) fn made(self) -> Option<String> {
        match self {
            Self::Replace(trace) => Some(trace.to_string()),
            Self::Pass | Self::Remove => None,
        }
    }
}

impl Current {
    /// What a request says of its trace; a second try has the same one.
    pub(super) fn trace_of(
        &mut self,
        head: &RequestHead<'_>,
        tracing: Tracing,
        worker: &mut Worker,
    ) -> Headers {
        let said = Said::of(head.fields().all("traceparent"));
        if let Said::Trace(trace) = said {
            self.record.trace = Some(trace);
            return Headers::Pass;
        }
        match (tracing, said) {
            (Tracing::Make, _) => {
                let made = self.record.trace.get_or_insert_with(|| worker.draw_trace());
                Headers::Replace(*made)
            }
            (Tracing::Pass, Said::Wrong) => Headers::Remove,
            (Tracing::Pass, _) => Headers::Pass,
        }
    }
}

impl Worker {
    fn draw_trace(&mut self) -> Trace {
        let mut trace_id = [0; 16];
        for bytes in trace_id.as_chunks_mut::<4>().0 {
            *bytes = self.masking_keys.next_key().0;
        }
        Trace::of_random(trace_id, self.draw_reference().0.to_be_bytes())
    }
}
