//! Upstreams and their servers.

use serde_json::Value;
use wirekit::http1::StatusCode;

use super::{Answer, Call, list};
use crate::control::view::{Fault, Problem, resource};

pub(crate) fn list_upstreams(call: &Call<'_>) -> Result<Answer, Problem> {
    let state = call.plane.state();
    let upstreams = state.upstreams().into_iter();
    let members =
        upstreams.map(|upstream| (upstream.value.name.clone(), resource::upstream(upstream)));
    list::page(call, members.collect())
}

pub(crate) fn get_upstream(call: &Call<'_>) -> Result<Answer, Problem> {
    let [name] = call.names()?;
    let state = call.plane.state();
    let upstream = state.upstream(&name).ok_or_else(|| no_upstream(&name))?;
    Ok(Answer::resource(
        StatusCode::OK,
        &resource::upstream(upstream),
    ))
}

pub(crate) fn list_servers(call: &Call<'_>) -> Result<Answer, Problem> {
    let [name] = call.names()?;
    let state = call.plane.state();
    let servers = state.servers(&name).ok_or_else(|| no_upstream(&name))?;
    let servers = servers.into_iter();
    let mut members: Vec<(String, Value)> = servers
        .map(|server| (server.value.id.clone(), resource::server(server)))
        .collect();
    members.sort_by(|(a, _), (b, _)| a.cmp(b));
    list::page(call, members)
}

pub(crate) fn get_server(call: &Call<'_>) -> Result<Answer, Problem> {
    let [name, id] = call.names()?;
    let state = call.plane.state();
    if state.upstream(&name).is_none() {
        return Err(no_upstream(&name));
    }
    let server = state.server(&name, &id).ok_or_else(|| {
        Problem::new(
            Fault::NotFound,
            format!("upstream {name:?} has no server {id:?}"),
        )
    })?;
    Ok(Answer::resource(StatusCode::OK, &resource::server(server)))
}

fn no_upstream(name: &str) -> Problem {
    Problem::new(Fault::NotFound, format!("there is no upstream {name:?}"))
}
