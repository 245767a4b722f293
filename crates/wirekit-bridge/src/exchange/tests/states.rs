//! The page of states, made of what every step does in every state.

use core::fmt::Write as _;

use super::*;
use crate::Loss;
use crate::exchange::state::State;

const UPGRADE: &[u8] =
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const SWITCH: &[u8] =
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const PART: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nh";
const UNTIL_CLOSE: &[u8] = b"HTTP/1.1 200 OK\r\n\r\nh";
const LAST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const HEADS: [&[u8]; 4] = [GET, POST, UPGRADE, LAST];

const STATES: [State; 10] = [
    State::Idle,
    State::Received,
    State::Sent,
    State::Lost,
    State::Responding,
    State::Answering,
    State::Draining,
    State::Switched,
    State::Closing,
    State::Aborted,
];

/// Every way into a state that differs in what may follow.
fn in_state(state: State, kind: Kind) -> Vec<Gateway> {
    let received = |head: &[u8]| {
        let mut gateway = Gateway::new();
        gateway
            .exchange
            .receive_request(head, &mut gateway.fields)
            .unwrap();
        gateway
    };
    let answered = |head: &[u8], response: &[u8]| {
        let mut gateway = Gateway::ask(head, kind);
        let _ = gateway.answer(response, response.len(), false);
        gateway
    };
    match state {
        State::Idle => std::vec![Gateway::new()],
        State::Received => HEADS.map(received).into(),
        State::Sent => HEADS.map(|head| Gateway::ask(head, kind)).into(),
        State::Lost => {
            let mut gateways = in_state(State::Sent, kind);
            gateways.extend(in_state(State::Responding, kind));
            for gateway in &mut gateways {
                let (end, out) = (End::Lost(Loss::Timeout), &mut gateway.to_client);
                let _ = gateway.exchange.forward_response_end(end, out);
            }
            gateways
        }
        State::Responding => {
            let with = |response| HEADS.map(|head| answered(head, response));
            with(PART).into_iter().chain(with(UNTIL_CLOSE)).collect()
        }
        State::Answering => HEADS
            .map(|head| {
                let mut gateway = received(head);
                send_head(&mut gateway);
                gateway
            })
            .into(),
        State::Draining => std::vec![answered(POST, TOO_LARGE)],
        State::Switched => std::vec![answered(UPGRADE, SWITCH)],
        State::Closing => std::vec![answered(LAST, TOO_LARGE)],
        State::Aborted => {
            let mut gateway = answered(GET, PART);
            let _ = gateway.exchange.lose_server();
            std::vec![gateway]
        }
    }
}

fn send_head(gateway: &mut Gateway) {
    let (line, length) = (StatusLine::new(StatusCode::OK), BodyLength::Length(3));
    let out = &mut gateway.to_client;
    let _ = gateway.exchange.send_head(&line, &[], length, out);
}

type Step = (&'static str, &'static [State], fn(&mut Gateway, Kind));

/// What a gateway calls, and with what; and where, if not everywhere. What is out of place is an error, and changes nothing.
#[rustfmt::skip]
const STEPS: [Step; 16] = [
    ("`receive_request`: a head", &STATES, |gateway, _| {
        let _ = gateway.exchange.receive_request(GET, &mut gateway.fields);
    }),
    ("`send_request`", &STATES, |gateway, kind| {
        let mut fields = FieldTable::<100>::new();
        let (head, _) = RequestHead::parse(GET, &mut fields).unwrap().unwrap();
        let (exchange, out) = (&mut gateway.exchange, &mut gateway.to_server);
        let _ = send_to(exchange, &head, kind, gateway.peer, &Request::new("http"), out);
    }),
    ("`forward_request`: the rest", &STATES, |gateway, _| {
        let _ = gateway.exchange.forward_request(EVIL, &mut gateway.fields, &mut gateway.to_server);
    }),
    ("`forward_request_end`: `Clean`", &STATES, |gateway, _| {
        let _ = gateway.exchange.forward_request_end(End::Clean);
    }),
    ("`forward_request_end`: `Broken`", &STATES, |gateway, _| {
        let _ = gateway.exchange.forward_request_end(End::Lost(Loss::Broken));
    }),
    ("`forward_request_end`: `Timeout`", &STATES, |gateway, _| {
        let _ = gateway.exchange.forward_request_end(End::Lost(Loss::Timeout));
    }),
    ("`forward_response`: a final head", &[State::Sent], |gateway, _| {
        let _ = gateway.answer(PART, PART.len(), false);
    }),
    ("`forward_response`: a 101", &[State::Sent], |gateway, _| {
        let _ = gateway.answer(SWITCH, SWITCH.len(), false);
    }),
    ("`forward_response`: a fault", &[State::Sent], |gateway, _| {
        let _ = gateway.answer(b"HTTP/2 200\r\n\r\n", 14, false);
    }),
    ("`forward_response`: the rest", &[State::Responding], |gateway, _| {
        let _ = gateway.answer(b"i\n", 2, false);
    }),
    ("`forward_response_end`: `Clean`", &STATES, |gateway, _| {
        let _ = gateway.exchange.forward_response_end(End::Clean, &mut gateway.to_client);
    }),
    ("`forward_response_end`: `Lost`", &STATES, |gateway, _| {
        let _ = gateway.exchange.forward_response_end(End::Lost(Loss::Broken), &mut gateway.to_client);
    }),
    ("`lose_server`", &STATES, |gateway, _| {
        let _ = gateway.exchange.lose_server();
    }),
    ("`send_head`", &STATES, |gateway, _| send_head(gateway)),
    ("`send_end`", &STATES, |gateway, _| {
        let _ = gateway.exchange.send_data(b"hi\n", &mut gateway.to_client);
        let _ = gateway.exchange.send_end(&[], &mut gateway.to_client);
    }),
    ("`refuse`", &STATES, |gateway, _| {
        let line = StatusLine::new(StatusCode::BAD_GATEWAY);
        let _ = gateway.exchange.refuse(&line, &[], b"", &mut gateway.to_client);
    }),
];

/// What leads from each state to which others.
fn page() -> String {
    let mut page = String::from(
        "How far an [`Exchange`](crate::Exchange) is.\n\n\
         This table is made of what each method does in each state. What is out of place there is an error, and leaves the\n\
         state as it is. Switched, Closing and Aborted are the last.\n\n\
         | in | after | next |\n|---|---|---|\n",
    );
    for state in STATES {
        for (name, _, step) in STEPS.into_iter().filter(|step| step.1.contains(&state)) {
            let mut next = Vec::new();
            for kind in KINDS {
                for mut gateway in in_state(state, kind) {
                    assert_eq!(gateway.exchange.state(), state, "{kind:?}");
                    step(&mut gateway, kind);
                    let after = gateway.exchange.state();
                    if after != state && !next.contains(&after) {
                        next.push(after);
                    }
                }
            }
            next.sort_by_key(|&state| state as u8);
            if !next.is_empty() {
                let next: Vec<_> = next.iter().map(|state| std::format!("{state:?}")).collect();
                writeln!(page, "| {state:?} | {name} | {} |", next.join(", ")).unwrap();
            }
        }
    }
    page
}

#[test]
fn the_page_of_states_is_true() {
    let page = page();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/STATES.md");
    if std::env::var_os("WIREKIT_BLESS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap();
    assert_eq!(written, page, "WIREKIT_BLESS=1 writes it anew");
}

// What each state says is wanted, the loop of the documentation reads.
#[test]
fn what_is_wanted_follows_from_the_state() {
    for kind in KINDS {
        for state in STATES {
            for gateway in in_state(state, kind) {
                let exchange = gateway.exchange;
                assert_eq!(exchange.is_idle(), state == State::Idle);
                assert_eq!(exchange.is_switched(), state == State::Switched);
                assert_eq!(exchange.is_aborted(), state == State::Aborted);
                let closes = matches!(state, State::Closing | State::Aborted);
                assert_eq!(exchange.wants_close(), closes);
                let wants_response = matches!(state, State::Sent | State::Responding);
                assert_eq!(exchange.wants_response(), wants_response, "{state:?}");
                if matches!(state, State::Idle | State::Draining) {
                    assert!(exchange.wants_request());
                }
                let rest = match state {
                    State::Draining => Rest::Receive,
                    _ => exchange.client().rest(),
                };
                assert_eq!(exchange.rest(), rest);
                if state != State::Lost {
                    let owes = matches!(state, State::Received | State::Sent);
                    assert_eq!(exchange.owes_response(), owes, "{state:?}");
                }
            }
        }
    }
}
