//! What stands beside the API, for programs that watch.

use wirekit::http1::StatusCode;

use super::{Answer, Call};
use crate::control::view::exposition;

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
