//! What goes wrong, in whatever phase a client is; and what happens when nothing else does.

use core::time::Duration;

use wirekit_gateway::config::ServerState;

use super::client::{Client, Link};
use super::stage::Stage;
use super::store::Mood;
use super::users::USERS;

pub(super) fn happens(clients: &mut [Client], at: usize, stage: &mut Stage<'_>) {
    let client = &mut clients[at];
    let fault = match stage.has_users() {
        true => stage.chance.below(34),
        false => stage.chance.below(17),
    };
    stage.note(|| format!("fault {fault}"));
    match fault {
        0 | 1 => passes(clients, stage, Duration::from_millis(700)),
        2 => passes(clients, stage, Duration::from_secs(61)),
        3 => until_deadline(clients, at, stage),
        4 => {
            client.is_lost = true;
            client.session.client_lost(stage.now, &mut stage.worker);
        }
        5 | 6 => ends(client, stage),
        7 | 8 => loses_server(client, stage),
        9 | 10 => server_ends(client, stage),
        11 => {
            if let Link::Connected(server) = &mut client.link
                && !client.session.to_server().is_empty()
            {
                server.is_deaf = true;
                client.session.server_takes_no_more();
            }
        }
        12 => drain(clients, stage),
        13 | 14 => state(stage),
        15 => match stage.chance.below(3) {
            2 => {
                stage.reload();
                for client in clients.iter_mut() {
                    client.renewal = Some(stage.rules.clone());
                }
            }
            1 => stage.check_health(),
            _ => client.is_impatient = true,
        },
        16 => client.is_impatient = true,
        21..24 => state(stage),
        // A server that failed is tried again.
        24 | 25 => passes(clients, stage, Duration::from_secs(12)),
        // Who is known is asked for again.
        31 | 32 => passes(clients, stage, Duration::from_secs(3)),
        // And then another gateway has moved them, or the store is another one.
        27 | 29 => {
            store(fault, stage);
            passes(clients, stage, Duration::from_secs(3));
        }
        33 => stage.check_health(),
        _ => store(fault, stage),
    }
}

/// A server goes down, drains, or is back.
fn state(stage: &mut Stage<'_>) {
    let upstream = stage.chance.below(stage.worker.balancers.len());
    let server = stage
        .chance
        .below(stage.rules.config().upstreams[upstream].servers.len());
    let states = [
        ServerState::Down,
        ServerState::Up,
        ServerState::Drain,
        ServerState::Backup,
    ];
    let state = stage.chance.pick(&states);
    stage.worker.balancers[upstream].set_state(server, state);
    let now = stage.moment();
    let address = &stage.rules.config().upstreams[upstream].servers[server].address;
    stage.fates.set_state(address, state, now);
}

/// The store is another one than it was, or says another thing.
fn store(fault: usize, stage: &mut Stage<'_>) {
    match fault {
        17 | 18 | 26 | 27 => mood(stage),
        // Another gateway has found that a server was down.
        19 | 28 | 29 => moves(stage),
        _ => stage.store.flush(),
    }
}

fn mood(stage: &mut Stage<'_>) {
    stage.store.mood = stage.chance.pick(&[
        Mood::Fine,
        Mood::Late,
        Mood::Silent,
        Mood::Gone,
        Mood::Full,
        Mood::Wrong,
    ]);
    stage.note(|| format!("the store is {:?}", stage.store.mood));
}

fn moves(stage: &mut Stage<'_>) {
    let user = stage.chance.below(USERS);
    let sessions = stage.sessions();
    let (upstream, session) = (sessions.upstream, sessions.digests[user]);
    let servers = &stage.rules.config().upstreams[upstream].servers;
    let server = servers[stage.chance.below(servers.len())].id.clone();
    stage.note(|| format!("user {user} has {server} by another gateway"));
    stage.store.put(session, &server);
}

/// Other gateways had users before this conversation began.
pub(super) fn had_users(stage: &mut Stage<'_>) {
    for _ in 0..stage.chance.below(4) {
        moves(stage);
    }
    if stage.is_faulty && stage.chance.one_in(4) {
        mood(stage);
    }
}

/// Nothing can happen to this client: it waits for the gateway, or has all that it wanted.
pub(super) fn waits(clients: &mut [Client], at: usize, stage: &mut Stage<'_>) {
    let client = &mut clients[at];
    if client.has_all()
        && client.has_sent_all()
        && client.session.wants_client()
        && !client.has_ended
    {
        stage.note(|| "has all".to_owned());
        return ends(client, stage);
    }
    let is_calm = !stage.is_faulty && !stage.is_disturbed;
    if is_calm && client.waiting.is_some() {
        // Another client has the server, and goes on.
        return;
    }
    assert!(
        stage.is_faulty || stage.is_disturbed || client.has_ended,
        "nothing more happens, though nothing went wrong"
    );
    until_deadline(clients, at, stage);
}

fn ends(client: &mut Client, stage: &mut Stage<'_>) {
    if !client.has_ended && client.session.wants_client() {
        client.has_ended = true;
        client.session.client_ended(stage.now, &mut stage.worker);
    }
}

fn loses_server(client: &mut Client, stage: &mut Stage<'_>) {
    if let Link::Connected(server) = &mut client.link {
        (server.has_ended, server.is_deaf) = (true, true);
        if let Some(answer) = &mut server.answer {
            answer.breaks_off();
        }
        client.session.server_lost(stage.now, &mut stage.worker);
    }
}

fn server_ends(client: &mut Client, stage: &mut Stage<'_>) {
    if let Link::Connected(server) = &mut client.link
        && client.session.wants_server()
        && !server.has_ended
    {
        server.has_ended = true;
        if let Some(answer) = &mut server.answer {
            answer.ends_at(server.sent);
        }
        client.session.server_ended(stage.now, &mut stage.worker);
    }
}

fn drain(clients: &mut [Client], stage: &mut Stage<'_>) {
    stage.is_drained = true;
    stage.is_disturbed = true;
    for client in clients.iter_mut().filter(|client| !client.is_over) {
        client.drained.get_or_insert(client.records);
        client.session.drain(stage.now, &mut stage.worker);
        client.settle(stage);
        client.check(stage);
    }
}

fn until_deadline(clients: &mut [Client], at: usize, stage: &mut Stage<'_>) {
    let deadline = clients[at].session.deadline();
    passes(clients, stage, deadline.saturating_sub(stage.now));
}

fn passes(clients: &mut [Client], stage: &mut Stage<'_>, time: Duration) {
    stage.pass(time);
    stage.is_disturbed = true;
    for client in clients.iter_mut().filter(|client| !client.is_over) {
        client.is_impatient = true;
        client.check(stage);
    }
}
