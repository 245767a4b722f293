//! The configuration as a person writes it.

use std::sync::Arc;

use serde_json::{Value, json};
use wirekit::http1::StatusCode;

use super::change::submit;
use super::content::{TOML, check_type, pointer};
use super::{Answer, Call, Request, condition};
use crate::config::{self, Config};
use crate::control::Persist;
use crate::control::model::State;
use crate::control::view::problem::Member;
use crate::control::view::{Fault, Problem, tag};

/// The file as it was loaded.
pub(crate) fn get(call: &Call<'_>) -> Answer {
    let state = call.plane.state();
    let text = state.text().as_bytes().to_vec();
    let tag = tag::of(&text);
    Answer::content(StatusCode::OK, TOML, text).with_field("ETag", tag)
}

/// Another file, which serves and outlives a reload.
pub(crate) async fn put(call: &Call<'_>) -> Result<Answer, Problem> {
    let text = text(call.request)?;
    let _turn = call.plane.turn().await;
    loop {
        let before = call.plane.state();
        condition::check(call.request, Some(&tag::of(before.text().as_bytes())))?;
        let Some(file) = &before.config().file else {
            return Err(Problem::new(
                Fault::Conflict,
                "what serves was read from no file",
            ));
        };
        let config = Config::parse(text, file).map_err(wrong)?;
        // What a person wrote there in the meantime is not to be lost.
        let on_disk = std::fs::read(file);
        if on_disk.is_ok_and(|on_disk| on_disk != before.text().as_bytes()) {
            let detail = "the file was changed since it was loaded; reload it, and read it again";
            return Err(Problem::new(Fault::Conflict, detail));
        }
        let persist = Persist {
            file: file.clone(),
            text: text.to_owned(),
        };
        let next = State::loaded(Arc::new(config), before.revision());
        if submit(call.plane, next, Some(persist)).await?.is_some() {
            let answer = Answer::empty(StatusCode::NO_CONTENT);
            return Ok(answer.with_field("ETag", tag::of(text.as_bytes())));
        }
    }
}

/// What is wrong with a file; nothing is changed.
pub(crate) fn check(call: &Call<'_>) -> Result<Answer, Problem> {
    let text = text(call.request)?;
    let state = call.plane.state();
    let problems = Config::parse(text, state.file()).err().unwrap_or_default();
    let problems = problems.iter().map(|problem| {
        json!({
            "line": problem.line,
            "column": problem.column,
            "key": problem.key,
            "detail": problem.text,
        })
    });
    let problems: Vec<Value> = problems.collect();
    let json = json!({"valid": problems.is_empty(), "problems": problems});
    let content = json.to_string().into_bytes();
    Ok(Answer::content(StatusCode::OK, super::JSON, content))
}

fn text(request: &Request) -> Result<&str, Problem> {
    check_type(request, &[TOML])?;
    core::str::from_utf8(&request.content)
        .map_err(|_| Problem::new(Fault::Invalid, "the content is not UTF-8"))
}

fn wrong(problems: Vec<config::Problem>) -> Problem {
    let members = problems.into_iter().map(|problem| Member {
        pointer: pointer(&problem.key, ""),
        detail: problem.text,
        place: Some((problem.line, problem.column)),
    });
    Problem::new(Fault::Invalid, "the configuration has mistakes").with_members(members)
}
