//! Changes: each is made from what serves, and serves before it is answered.

use std::sync::Arc;

use super::{Call, condition};
use crate::control::model::{Change, Conflict, State};
use crate::control::view::{Fault, Problem};
use crate::control::{Persist, Plane, Refused};

/// What was before a change, and what is after it.
#[derive(Debug)]
pub(crate) struct Changed {
    /// What the change was made from.
    pub(crate) before: Arc<State>,
    /// What serves now.
    pub(crate) after: Arc<State>,
}

impl Call<'_> {
    /// Changes what serves, if the request's condition holds for what is there. `tag` is that of the resource; `change` is
    /// made anew where another change was faster.
    pub(crate) async fn change(
        &self,
        tag: impl Fn(&State) -> Option<String>,
        change: impl Fn(&State) -> Result<Change, Problem>,
    ) -> Result<Changed, Problem> {
        let _turn = self.plane.turn().await;
        loop {
            let before = self.plane.state();
            let change = change(&before)?;
            condition::check(self.request, tag(&before).as_deref())?;
            let next = before.after(change).map_err(problem)?;
            if let Some(after) = submit(self.plane, next, None).await? {
                return Ok(Changed { before, after });
            }
        }
    }
}

/// Has a state serve; none where it was made from what no longer does.
pub(crate) async fn submit(
    plane: &Plane,
    state: State,
    persist: Option<Persist>,
) -> Result<Option<Arc<State>>, Problem> {
    match plane.submit(state, persist).await {
        Ok(after) => Ok(Some(after)),
        Err(Refused::Stale) => Ok(None),
        Err(Refused::Draining) => Err(Problem::new(Fault::Draining, "the gateway stops")),
        Err(Refused::Unfit(text)) => Err(Problem::new(Fault::Conflict, text)),
        Err(Refused::Unwritten(text)) => Err(Problem::new(Fault::Failed, text)),
    }
}

fn problem(conflict: Conflict) -> Problem {
    let (fault, detail) = match conflict {
        Conflict::NoUpstream(name) => (Fault::NotFound, format!("there is no upstream {name:?}")),
        Conflict::NoServer(name, id) => (
            Fault::NotFound,
            format!("upstream {name:?} has no server {id:?}"),
        ),
        Conflict::NotDraining(_, id) => (Fault::NotFound, format!("server {id:?} does not drain")),
        Conflict::InUse(user) => (Fault::InUse, format!("{user} uses it")),
        Conflict::OtherProtocol(user, protocol) => (
            Fault::InUse,
            format!(
                "{user} uses it, so that its protocol stays {}",
                protocol.as_str()
            ),
        ),
        Conflict::AddressTwice(id) => (
            Fault::AddressTwice,
            format!("server {id:?} has that address"),
        ),
        Conflict::LastServer => (
            Fault::LastServer,
            "no other server of the upstream stays".to_owned(),
        ),
        Conflict::OnlyBackup => (
            Fault::Conflict,
            "all servers would be backup; allowed is at least one of another state".to_owned(),
        ),
    };
    Problem::new(fault, detail)
}
