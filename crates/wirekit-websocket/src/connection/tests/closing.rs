//! The end of the transport in every state of the close handshake.

use super::*;

const CLOSE: Close<'_> = Close {
    code: CloseCode::GOING_AWAY,
    reason: "",
};
const ABNORMAL: Result<Option<Event<'_>>, ErrorKind> = Err(ErrorKind::AbnormalClosure);
const RESERVED: Result<Option<Event<'_>>, ErrorKind> =
    Err(ErrorKind::ReservedOpcode { opcode: Opcode(3) });

/// What an end does.
#[derive(Clone, Copy, Debug)]
enum Act {
    Send,
    Receive,
    /// A frame that breaks a rule.
    ReceiveWrong,
    ReceivePing,
}
use Act::{Receive, ReceivePing, ReceiveWrong, Send};

fn after(role: Role, acts: &[Act]) -> Connection {
    let mut connection = Connection::new(Config::new(role));
    let (own, peers) = match role {
        Role::Client => (Some(KEY), None),
        Role::Server => (None, Some(KEY)),
    };
    for act in acts {
        match act {
            Send => _ = connection.send_close(CLOSE, own, &mut Vec::new()).unwrap(),
            Receive => {
                _ = connection
                    .receive(&mut frame(0x88, b"\x03\xe9", peers))
                    .unwrap()
            }
            ReceivePing => _ = connection.receive(&mut frame(0x89, b"x", peers)).unwrap(),
            ReceiveWrong => {
                _ = connection
                    .receive(&mut frame(0x83, b"", peers))
                    .unwrap_err()
            }
        }
    }
    connection
}

/// What was done, the state, what the end of the transport is, and the state then. Whether the transport is to be closed,
/// before its end and after it, by a client and by a server.
type Row<'a> = (
    &'a [Act],
    State,
    Result<Option<Event<'static>>, ErrorKind>,
    State,
    [(bool, bool); 2],
);

#[rustfmt::skip]
const ROWS: &[Row<'_>] = &[
    (&[],                   State::Open,          ABNORMAL, State::Failed,        [(false, true); 2]),             // 7.1.5
    (&[ReceivePing],        State::Open,          ABNORMAL, State::Failed,        [(false, true); 2]),             // nobody awaits the pong
    (&[Send],               State::CloseSent,     ABNORMAL, State::Failed,        [(false, true); 2]),             // 7.1.5
    (&[Send, ReceivePing],  State::CloseSent,     ABNORMAL, State::Failed,        [(false, true); 2]),
    (&[Receive],            State::CloseReceived, Ok(None), State::CloseReceived, [(false, false); 2]),            // 5.5.1: the answer may follow
    (&[Send, Receive],      State::Closed,        Ok(None), State::Closed,        [(false, true), (true, true)]),  // 7.1.1: the server closes first
    (&[Receive, Send],      State::Closed,        Ok(None), State::Closed,        [(false, true), (true, true)]),
    (&[ReceiveWrong],       State::Failing,       RESERVED, State::Failing,       [(false, false); 2]),            // 7.1.7: the Close frame may follow
    (&[ReceiveWrong, Send], State::Failed,        RESERVED, State::Failed,        [(true, true); 2]),
    (&[Send, ReceiveWrong], State::Failed,        RESERVED, State::Failed,        [(true, true); 2]),
];

#[test]
fn the_end_of_the_transport_is_in_order_behind_the_peer_s_close_frame() {
    for &(acts, state, end, state_after, wants_close) in ROWS {
        for (role, wants_close) in [Role::Client, Role::Server].into_iter().zip(wants_close) {
            let mut connection = after(role, acts);
            let due = connection.state().owes_close();
            assert_eq!(connection.state(), state, "{acts:?}");
            let is_open = matches!(state, State::Open | State::CloseSent);
            assert_eq!(connection.wants_input(), is_open, "{acts:?}");
            assert_eq!(connection.wants_close(), wants_close.0, "{role:?} {acts:?}");
            for _ in 0..2 {
                let answer = connection.receive_eof();
                assert_eq!(answer.map_err(Error::kind), end, "{acts:?}");
                assert_eq!(connection.state(), state_after, "{acts:?}");
                assert_eq!(connection.wants_close(), wants_close.1, "{role:?} {acts:?}");
                assert_eq!(connection.due().is_some(), due, "{acts:?}");
                assert!(!connection.wants_input());
                // What was not read before the end is no longer of interest, and an error is final.
                let mut rest = [0x81];
                assert_eq!(connection.receive(&mut rest).map(|_| None), answer);
            }
        }
    }
}

#[test]
fn an_end_without_a_close_frame_has_the_code_1006() {
    let error = after(Role::Client, &[Send]).receive_eof().unwrap_err();
    assert_eq!(
        (error.close_code(), error.offset()),
        (CloseCode::ABNORMAL_CLOSURE, 0)
    );
    assert_eq!(error.kind().spec(), "RFC 6455 section 7.1.5");
}

#[test]
fn a_close_frame_is_sent_once() {
    #[rustfmt::skip]
    let rows: &[(&[Act], bool, SendError)] = &[
        (&[Send],               false, SendError::CloseSent),
        (&[Send, Receive],      false, SendError::CloseSent),
        (&[Receive, Send],      false, SendError::CloseSent),
        (&[Send, ReceiveWrong], false, SendError::Failed),
        (&[ReceiveWrong, Send], false, SendError::Failed),
        (&[],                   true,  SendError::Failed),
        (&[Send],               true,  SendError::Failed),
    ];
    for &(acts, ends, error) in rows {
        let mut server = after(Role::Server, acts);
        if ends {
            server.receive_eof().unwrap_err();
        }
        let mut out = Vec::new();
        assert_eq!(
            server.send_close(CLOSE, None, &mut out),
            Err(error),
            "{acts:?}"
        );
        assert_eq!(server.send_due(None, &mut out), Ok(0), "{acts:?}");
    }
}
