//! Law 11 for a gateway: what passes it is what was meant for whom it reaches, whatever either side does and however its
//! bytes are cut: a whole message, a refusal, or a connection that ends visibly unfinished.

mod answer;
mod body;
mod check;
mod cuts;
mod gateway;
mod plan;
mod record;

use arbitrary::Unstructured;
use cuts::Cuts;
use gateway::Gateway;
use plan::Plan;

/// The law for one client's connection and the servers behind it.
pub fn exchange(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let Ok(plan) = Plan::new(&mut u) else {
        return;
    };
    let whole = Gateway::new(&plan, Cuts::WHOLE).run();
    check::outcome(&plan, &whole);
    let pieces = Gateway::new(&plan, Cuts::new(u.take_rest())).run();
    check::outcome(&plan, &pieces);
    let as_one = check::read(&plan, &whole) == check::read(&plan, &pieces);
    assert!(as_one, "{plan:#?}\n{whole:#?}\n{pieces:#?}");
}
