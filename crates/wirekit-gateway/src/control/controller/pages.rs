//! What stands beside the API, for programs that watch.

use wirekit::http1::StatusCode;

use super::{Answer, Call};
use crate::control::view::{exposition, page};

pub(crate) fn get_health(call: &Call<'_>) -> Answer {
    let (status, text) = match call.plane.is_draining() {
        true => (StatusCode::SERVICE_UNAVAILABLE, "draining\n"),
        false => (StatusCode::OK, "ok\n"),
    };
    Answer::content(status, "text/plain; charset=utf-8", text.into())
}

pub(crate) async fn get_metrics(call: &Call<'_>) -> Answer {
    let totals = call.plane.totals().await;
    let text = exposition::write(&totals, call.plane.lost_lines());
    Answer::content(StatusCode::OK, exposition::CONTENT_TYPE, text.into_bytes())
}

/// The page holds nothing of this gateway: it asks for the token, and for everything else with it.
pub(crate) fn get_dashboard() -> Answer {
    let content = page::DASHBOARD.clone().into_bytes();
    Answer::content(StatusCode::OK, "text/html; charset=utf-8", content)
        .with_field("Content-Security-Policy", page::POLICY.as_str())
        .with_field("Referrer-Policy", "no-referrer")
}
