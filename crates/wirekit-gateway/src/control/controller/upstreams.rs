//! Upstreams.

use serde_json::{Map, Value};
use wirekit::http1::StatusCode;

use super::content::{
    MERGE_PATCH, check_type, json, member, merge, mistakes, object, take_name, toml, wrong,
};
use super::query::{encode, step};
use super::request::JSON;
use super::{Answer, Call, list};
use crate::config::Upstream;
use crate::control::model::{Change, State};
use crate::control::view::{Fault, Problem, resource, tag};

pub(crate) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let state = call.plane.state();
    let upstreams = state.upstreams().into_iter();
    let members =
        upstreams.map(|upstream| (upstream.value.name.clone(), resource::upstream(upstream)));
    list::page(call, members.collect())
}

pub(crate) fn get(call: &Call<'_>) -> Result<Answer, Problem> {
    let [name] = call.names()?;
    let json = shown(&call.plane.state(), &name).ok_or_else(|| missing(&name))?;
    Ok(Answer::resource(StatusCode::OK, &json))
}

pub(crate) async fn put(call: &Call<'_>) -> Result<Answer, Problem> {
    let [name] = call.names()?;
    check_name(&name)?;
    check_type(call.request, &[JSON])?;
    let upstream = read(call.plane.state().as_ref(), &name, json(call.request)?)?;
    let change = |_: &State| Ok(Change::PutUpstream(Box::new(upstream.clone())));
    let changed = call.change(|state| tagged(state, &name), change).await?;
    let json = shown(&changed.after, &name).ok_or_else(|| missing(&name))?;
    match changed.before.upstream(&name) {
        Some(_) => Ok(Answer::resource(StatusCode::OK, &json)),
        None => {
            let answer = Answer::resource(StatusCode::CREATED, &json);
            Ok(answer.with_field("Location", format!("/api/v1/upstreams/{}", encode(&name))))
        }
    }
}

pub(crate) async fn patch(call: &Call<'_>) -> Result<Answer, Problem> {
    let [name] = call.names()?;
    check_type(call.request, &[MERGE_PATCH, JSON])?;
    let patch = Value::from(object(json(call.request)?)?);
    let change = |state: &State| {
        let current = shown(state, &name).ok_or_else(|| missing(&name))?;
        Ok(Change::PutUpstream(Box::new(read(
            state,
            &name,
            merge(current, patch.clone()),
        )?)))
    };
    let changed = call.change(|state| tagged(state, &name), change).await?;
    let json = shown(&changed.after, &name).ok_or_else(|| missing(&name))?;
    Ok(Answer::resource(StatusCode::OK, &json))
}

pub(crate) async fn delete(call: &Call<'_>) -> Result<Answer, Problem> {
    let [name] = call.names()?;
    let change = |state: &State| match state.upstream(&name) {
        Some(_) => Ok(Change::RemoveUpstream(name.clone())),
        None => Err(missing(&name)),
    };
    call.change(|state| tagged(state, &name), change).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn shown(state: &State, name: &str) -> Option<Value> {
    state.upstream(name).map(resource::upstream)
}

fn tagged(state: &State, name: &str) -> Option<String> {
    shown(state, name).map(|json| tag::of(json.to_string().as_bytes()))
}

pub(crate) fn missing(name: &str) -> Problem {
    Problem::new(Fault::NotFound, format!("there is no upstream {name:?}"))
}

/// A name that a configuration and a path have in the same letters.
pub(crate) fn check_name(name: &str) -> Result<(), Problem> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    // A path loses segments that are nothing but dots.
    if name.bytes().all(is_plain) && !name.starts_with('.') {
        return Ok(());
    }
    let allowed = "allowed are letters, digits, -, _ and . behind the first of them";
    let detail = format!("{name:?} is no name; {allowed}");
    Err(Problem::new(Fault::Invalid, detail))
}

fn read(state: &State, name: &str, value: Value) -> Result<Upstream, Problem> {
    let mut given = object(value)?;
    take_name(&mut given, "name", name)?;
    given.remove("persisted");
    if given.contains_key("server") {
        return Err(wrong([member(
            step("server"),
            "is unknown; did you mean servers?",
        )]));
    }
    if let Some(Value::Array(servers)) = given.get("servers")
        && let Some(at) = servers.iter().position(|server| !server.is_object())
    {
        return Err(wrong([member(format!("/servers/{at}"), "is no object")]));
    }
    let keys = given.into_iter();
    let keys = keys.map(|(key, value)| match key.as_str() {
        "servers" => ("server".to_owned(), value),
        _ => (key, value),
    });
    let text = toml(&keys.collect::<Map<_, _>>())?;
    Upstream::parse(name, &text, state.file()).map_err(mistakes)
}
