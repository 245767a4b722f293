//! Clients, the gateway's core and servers on virtual time: what each does follows from a seed, with faults in every phase, and
//! models that share no code with the core read what comes out on either side.

mod actions;
mod answer;
mod body;
mod chance;
mod check;
mod client;
mod cookies;
mod fate;
mod fault;
mod header;
mod notes;
mod reader;
mod request;
mod server;
mod site;
mod stage;
mod store;
mod tunnel;
mod users;

use chance::Chance;
use client::{Client, Link};
use stage::Stage;

/// Law 11: whatever clients, servers and time do, each exchange has one final response, in order, with nothing of another's;
/// nothing is sent twice that may not be; a connection serves on when both halves are done; what is held is bounded; each
/// timer is answered; each exchange ends once, with one reason.
pub fn simulator(data: &[u8]) {
    converse(Chance::Bytes(data), false);
}

/// The same of the conversation that follows from a number; how many exchanges it had. With `is_told` it is printed.
pub fn play(seed: u64, is_told: bool) -> usize {
    converse(Chance::seed(seed), is_told)
}

fn converse(chance: Chance<'_>, is_told: bool) -> usize {
    let mut stage = Stage::new(chance, is_told);
    if stage.has_users() {
        fault::had_users(&mut stage);
    }
    let mut clients = Vec::new();
    let mut first = 1;
    for _ in 0..=stage.chance.below(3) {
        let client = Client::new(stage.session(), first, &mut stage);
        first += client.requests.len();
        stage.note(|| client.wire.escape_ascii().to_string());
        clients.push(client);
    }
    // What is stuck for so long waits for time alone.
    for turn in 0..200_000 {
        let open = clients.iter().filter(|client| !client.is_over).count();
        if open == 0 {
            break;
        }
        let nth = match stage.chance.is_over() {
            // One that waits for another would be chosen for ever.
            true => turn % open,
            false => stage.chance.below(open),
        };
        let mut open = clients
            .iter_mut()
            .enumerate()
            .filter(|(_, client)| !client.is_over);
        let (at, _) = open.nth(nth).expect("a client");
        stage.note(|| format!("client {at}"));
        stage.turn += 1;
        step(&mut clients, at, &mut stage);
        for place in stage.worker.called.drain(..) {
            for client in clients.iter_mut().filter(|it| it.waiting == Some(place)) {
                client.is_called = true;
            }
        }
        if stage.chance.below(2) == 0
            && let Some(question) = stage.store.due(None, stage.now)
        {
            stage.store_answers(question);
        }
        counts(&clients, &stage);
    }
    assert!(
        clients.iter().all(|client| client.is_over),
        "a conversation without end"
    );
    stage.exchanges
}

fn step(clients: &mut [Client], at: usize, stage: &mut Stage<'_>) {
    if let Some(rules) = clients[at].renewal.take() {
        clients[at]
            .session
            .renew(rules, stage.now, &mut stage.worker);
        clients[at].settle(stage);
        clients[at].check(stage);
        if clients[at].is_over {
            return;
        }
    }
    let calm = if stage.has_users() { 12 } else { 24 };
    if stage.is_faulty && stage.chance.one_in(calm) {
        fault::happens(clients, at, stage);
    } else if !clients[at].gets_on(stage) {
        fault::waits(clients, at, stage);
    }
    clients[at].settle(stage);
    clients[at].check(stage);
}

/// Requests that the balancers count are those that servers have.
fn counts(clients: &[Client], stage: &Stage<'_>) {
    // By upstream and server: all, and WebSockets.
    let mut having = [[(0, 0); 3]; 2];
    for client in clients {
        if let Link::Connecting(it) | Link::Connected(it) = &client.link {
            let (all, switched) = &mut having[it.upstream][it.server];
            *all += 1;
            *switched += u32::from(it.is_tunnel);
        }
    }
    let balancers = stage.worker.balancers.iter().zip(&stage.places);
    for ((balancer, places), having) in balancers.zip(having) {
        for (server, &place) in places.iter().enumerate() {
            let (all, switched) = having[place];
            let active = balancer.active(server);
            // A WebSocket that is over is counted no longer; its connections close once the last bytes are written.
            assert!(
                active <= all && active + switched >= all,
                "{active} requests of a server that has {all}, {switched} of them WebSockets"
            );
        }
    }
}
