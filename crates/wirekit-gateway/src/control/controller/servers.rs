//! The servers of an upstream.

use core::time::Duration;
use std::sync::Arc;

use serde_json::{Map, Value};
use wirekit::http1::StatusCode;

use super::change::submit;
use super::content::{
    MERGE_PATCH, check_type, json, member, merge, mistakes, object, take_name, toml, wrong,
};
use super::query::{encode, step};
use super::request::JSON;
use super::{Answer, Call, list, upstreams};
use crate::config::{Server, ServerState, text};
use crate::control::Plane;
use crate::control::model::{Change, State};
use crate::control::view::{Fault, Problem, resource, tag};

pub(crate) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let [name] = call.names()?;
    let state = call.plane.state();
    let servers = state
        .servers(&name)
        .ok_or_else(|| upstreams::missing(&name))?;
    let servers = servers.into_iter();
    let mut members: Vec<(String, Value)> = servers
        .map(|server| (server.value.id.clone(), resource::server(server)))
        .collect();
    members.sort_by(|(a, _), (b, _)| a.cmp(b));
    list::page(call, members)
}

pub(crate) fn get(call: &Call<'_>) -> Result<Answer, Problem> {
    let [name, id] = call.names()?;
    let json = shown(&call.plane.state(), &name, &id)?;
    Ok(Answer::resource(StatusCode::OK, &json))
}

pub(crate) async fn put(call: &Call<'_>) -> Result<Answer, Problem> {
    let [name, id] = call.names()?;
    upstreams::check_name(&id)?;
    check_type(call.request, &[JSON])?;
    let given = object(json(call.request)?)?;
    let change = |state: &State| {
        let server = read(state, &name, &id, given.clone())?;
        Ok(Change::PutServer(name.clone(), server))
    };
    let changed = call
        .change(|state| tagged(state, &name, &id), change)
        .await?;
    let json = shown(&changed.after, &name, &id)?;
    if changed.before.server(&name, &id).is_some() {
        return Ok(Answer::resource(StatusCode::OK, &json));
    }
    let place = format!(
        "/api/v1/upstreams/{}/servers/{}",
        encode(&name),
        encode(&id)
    );
    Ok(Answer::resource(StatusCode::CREATED, &json).with_field("Location", place))
}

pub(crate) async fn patch(call: &Call<'_>) -> Result<Answer, Problem> {
    let [name, id] = call.names()?;
    check_type(call.request, &[MERGE_PATCH, JSON])?;
    let patch = Value::from(object(json(call.request)?)?);
    let change = |state: &State| {
        let merged = merge(shown(state, &name, &id)?, patch.clone());
        let server = read(state, &name, &id, object(merged)?)?;
        Ok(Change::PutServer(name.clone(), server))
    };
    let changed = call
        .change(|state| tagged(state, &name, &id), change)
        .await?;
    Ok(Answer::resource(
        StatusCode::OK,
        &shown(&changed.after, &name, &id)?,
    ))
}

/// How often it is looked whether a server that leaves still has requests.
const LOOK: Duration = Duration::from_millis(100);

pub(crate) async fn delete(call: &Call<'_>) -> Result<Answer, Problem> {
    let [name, id] = call.names()?;
    let is_forced = call.query.is_set("force")?;
    let change = |state: &State| {
        shown(state, &name, &id)?;
        Ok(match is_forced {
            true => Change::RemoveServer(name.clone(), id.clone()),
            false => Change::LeaveServer(name.clone(), id.clone()),
        })
    };
    let changed = call
        .change(|state| tagged(state, &name, &id), change)
        .await?;
    if is_forced {
        return Ok(Answer::empty(StatusCode::NO_CONTENT));
    }
    let json = shown(&changed.after, &name, &id)?;
    let own = changed.after.server(&name, &id);
    let own = own.and_then(|server| server.value.drain_timeout);
    let timeout = own.unwrap_or(changed.after.config().shutdown_timeout);
    // One that leaves already is waited for already.
    if !changed.before.leaves(&name, &id) {
        tokio::spawn(leave(call.shared.clone(), name, id, timeout));
    }
    Ok(Answer::resource(StatusCode::ACCEPTED, &json))
}

/// Removes a server once it has no more requests, or after this time, unless it is put again before.
async fn leave(plane: Arc<Plane>, name: String, id: String, timeout: Duration) {
    let end = tokio::time::Instant::now() + timeout;
    let key = (name.clone(), id.clone());
    loop {
        tokio::time::sleep(LOOK).await;
        let totals = plane.totals().await;
        let active = totals.servers.get(&key).map_or(0, |server| server.active);
        let is_late = tokio::time::Instant::now() >= end;
        let _turn = plane.turn().await;
        let state = plane.state();
        if !state.leaves(&name, &id) || plane.is_draining() {
            return;
        }
        if active > 0 && !is_late {
            continue;
        }
        match state.after(Change::RemoveServer(name.clone(), id.clone())) {
            Ok(next) => match submit(&plane, next, None).await {
                Ok(None) => continue,
                Ok(Some(_)) => log::info!("server {id} of upstream {name} is gone"),
                Err(problem) => {
                    log::error!("server {id} of upstream {name} stays: {}", problem.detail)
                }
            },
            Err(_) => log::error!("server {id} of upstream {name} stays: no other server does"),
        }
        return;
    }
}

pub(crate) fn get_drain(call: &Call<'_>) -> Result<Answer, Problem> {
    let [name, id] = call.names()?;
    shown(&call.plane.state(), &name, &id)?;
    let json = drain(&call.plane.state(), &name, &id)
        .ok_or_else(|| Problem::new(Fault::NotFound, format!("server {id:?} does not drain")))?;
    Ok(Answer::resource(StatusCode::OK, &json))
}

pub(crate) async fn put_drain(call: &Call<'_>) -> Result<Answer, Problem> {
    let [name, id] = call.names()?;
    check_type(call.request, &[JSON])?;
    let timeout = deadline(object(json(call.request)?)?)?;
    let change = |state: &State| {
        shown(state, &name, &id)?;
        Ok(Change::Drain(name.clone(), id.clone(), timeout))
    };
    let tag =
        |state: &State| drain(state, &name, &id).map(|json| tag::of(json.to_string().as_bytes()));
    let changed = call.change(tag, change).await?;
    let status = match drain(&changed.before, &name, &id) {
        Some(_) => StatusCode::OK,
        None => StatusCode::CREATED,
    };
    Ok(Answer::resource(
        status,
        &drain(&changed.after, &name, &id).unwrap_or_default(),
    ))
}

pub(crate) async fn delete_drain(call: &Call<'_>) -> Result<Answer, Problem> {
    let [name, id] = call.names()?;
    let change = |state: &State| {
        shown(state, &name, &id)?;
        Ok(Change::Undrain(name.clone(), id.clone()))
    };
    let tag =
        |state: &State| drain(state, &name, &id).map(|json| tag::of(json.to_string().as_bytes()));
    call.change(tag, change).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// How long a server is to keep whom it has; none for as long as they stay.
fn deadline(mut given: Map<String, Value>) -> Result<Option<Duration>, Problem> {
    // What is said of it, not asked.
    given.remove("leaves");
    let deadline = match given.remove("deadline") {
        None => None,
        Some(given) => {
            let read = given.as_str().and_then(text::duration);
            let read = read.filter(|time| !time.is_zero());
            Some(read.ok_or_else(|| {
                let allowed = "allowed is a time of more than zero, such as \"30s\"";
                wrong([member("/deadline", format!("{given} is wrong; {allowed}"))])
            })?)
        }
    };
    match given.keys().next() {
        None => Ok(deadline),
        Some(name) => Err(wrong([member(
            step(name),
            "is unknown; allowed is deadline",
        )])),
    }
}

/// What there is to say of a server that drains; none where it does not.
fn drain(state: &State, name: &str, id: &str) -> Option<Value> {
    let server = state.server(name, id)?.value;
    if server.state != ServerState::Drain {
        return None;
    }
    let mut json = Map::new();
    if let Some(time) = server.drain_timeout {
        json.insert("deadline".to_owned(), text::Shown(time).to_string().into());
    }
    json.insert("leaves".to_owned(), state.leaves(name, id).into());
    Some(json.into())
}

fn shown(state: &State, name: &str, id: &str) -> Result<Value, Problem> {
    if state.upstream(name).is_none() {
        return Err(upstreams::missing(name));
    }
    let server = state.server(name, id);
    server.map(resource::server).ok_or_else(|| {
        Problem::new(
            Fault::NotFound,
            format!("upstream {name:?} has no server {id:?}"),
        )
    })
}

fn tagged(state: &State, name: &str, id: &str) -> Option<String> {
    let server = state.server(name, id).map(resource::server)?;
    Some(tag::of(server.to_string().as_bytes()))
}

fn read(
    state: &State,
    name: &str,
    id: &str,
    mut given: Map<String, Value>,
) -> Result<Server, Problem> {
    let upstream = state.upstream(name);
    let upstream = upstream.ok_or_else(|| upstreams::missing(name))?;
    take_name(&mut given, "id", id)?;
    given.remove("persisted");
    given.insert("id".to_owned(), id.into());
    Server::parse(&toml(&given)?, &upstream.value.balance, state.file()).map_err(mistakes)
}
