//! Certificates of listeners. Their keys are written and never read.

use serde_json::{Map, Value};
use wirekit::http1::StatusCode;

use super::content::{check_type, json, member, object, take_name, wrong};
use super::query::{encode, step};
use super::request::JSON;
use super::upstreams::check_name;
use super::{Answer, Call, list};
use crate::config::{Certificate, Pem};
use crate::control::model::{Change, State};
use crate::control::view::{Fault, Problem, certificate, tag};
use crate::shell::{Misfit, fits};

pub(crate) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let state = call.plane.state();
    let members = state.certificates().map(|(name, resource)| {
        let facts = call.plane.facts(name);
        let json = certificate::certificate(name, resource, facts.as_ref());
        (name.to_owned(), json)
    });
    list::page(call, members.collect())
}

pub(crate) fn get(call: &Call<'_>) -> Result<Answer, Problem> {
    let [name] = call.names()?;
    let json = shown(call, &call.plane.state(), &name).ok_or_else(|| missing(&name))?;
    Ok(Answer::resource(StatusCode::OK, &json))
}

pub(crate) async fn put(call: &Call<'_>) -> Result<Answer, Problem> {
    let [name] = call.names()?;
    check_name(&name)?;
    check_type(call.request, &[JSON])?;
    let given = read(&name, object(json(call.request)?)?)?;
    let change = |_: &State| {
        let given = Box::new(given.clone());
        Ok(Change::PutCertificate(name.clone(), given))
    };
    let tagged = |state: &State| tagged(call, state, &name);
    let changed = call.change(tagged, change).await?;
    let json = shown(call, &changed.after, &name).ok_or_else(|| missing(&name))?;
    match changed.before.certificate(&name) {
        Some(_) => Ok(Answer::resource(StatusCode::OK, &json)),
        None => {
            let place = format!("/api/v1/certificates/{}", encode(&name));
            Ok(Answer::resource(StatusCode::CREATED, &json).with_field("Location", place))
        }
    }
}

pub(crate) async fn delete(call: &Call<'_>) -> Result<Answer, Problem> {
    let [name] = call.names()?;
    let change = |state: &State| match state.certificate(&name) {
        Some(_) => Ok(Change::RemoveCertificate(name.clone())),
        None => Err(missing(&name)),
    };
    call.change(|state| tagged(call, state, &name), change)
        .await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn shown(call: &Call<'_>, state: &State, name: &str) -> Option<Value> {
    let facts = call.plane.facts(name);
    let resource = state.certificate(name)?;
    Some(certificate::certificate(name, resource, facts.as_ref()))
}

fn tagged(call: &Call<'_>, state: &State, name: &str) -> Option<String> {
    shown(call, state, name).map(|json| tag::of(json.to_string().as_bytes()))
}

fn missing(name: &str) -> Problem {
    Problem::new(Fault::NotFound, format!("there is no certificate {name:?}"))
}

/// What is said of a certificate, and not asked.
const SAID: [&str; 10] = [
    "source",
    "file",
    "acme",
    "subject",
    "issuer",
    "serial",
    "not_before",
    "not_after",
    "fingerprint",
    "persisted",
];

fn read(name: &str, mut given: Map<String, Value>) -> Result<Certificate, Problem> {
    take_name(&mut given, "name", name)?;
    for said in SAID {
        given.remove(said);
    }
    let names = match given.remove("names") {
        None => Vec::new(),
        Some(Value::Array(names)) => {
            let names = names.into_iter().enumerate();
            let names = names.map(|(at, name)| match name {
                Value::String(name) => Ok(name.to_ascii_lowercase()),
                _ => Err(wrong([member(format!("/names/{at}"), "is no text")])),
            });
            names.collect::<Result<Vec<_>, _>>()?
        }
        Some(_) => return Err(wrong([member("/names", "is no array")])),
    };
    let mut pem = |name: &str| match given.remove(name) {
        Some(Value::String(pem)) => Ok(pem),
        Some(_) => Err(wrong([member(step(name), "is no text")])),
        None => {
            let detail = "is missing; allowed is PEM";
            Err(wrong([member(step(name), detail)]))
        }
    };
    let pem = Pem::new(pem("chain")?, pem("key")?);
    if let Some(name) = given.keys().next() {
        let detail = "is unknown; allowed are names, chain and key";
        return Err(wrong([member(step(name), detail)]));
    }
    match fits(&names, &pem) {
        Ok(()) => Ok(Certificate::given(names, pem)),
        Err(Misfit::Chain(text)) => Err(wrong([member("/chain", text)])),
        Err(Misfit::Key(text)) => Err(wrong([member("/key", text)])),
        Err(Misfit::Name(at, text)) => Err(wrong([member(format!("/names/{at}"), text)])),
        Err(Misfit::Mismatch(text)) => Err(Problem::new(
            Fault::KeyMismatch,
            "key and chain do not match",
        )
        .with_members([member("/key", text)])),
    }
}
