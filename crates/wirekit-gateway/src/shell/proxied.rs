use core::future::poll_fn;
use core::net::SocketAddr;
use std::rc::Rc;

use tokio::time::{Instant, timeout_at};

use super::Shared;
use super::clients::Place;
use super::connections::Registered;
use super::stream::Stream;
use crate::config::Address;
use crate::core::proxy_protocol;
use crate::core::session::{Action, Listener, Session};

/// What a header of the PROXY protocol holds at most, version 1 and 2 alike, with room for what follows it.
const ROOM: usize = 4096;

/// A client's connection on which no HTTP is spoken yet, or never.
pub(super) struct Arrived {
    pub(super) stream: Stream,
    /// Whom the connection is from.
    pub(super) remote: Option<SocketAddr>,
    /// What came behind a header of the PROXY protocol.
    pub(super) received: Vec<u8>,
    pub(super) place: Option<Place>,
    pub(super) registered: Registered,
}

/// A connection as it was accepted.
pub(super) struct Accepted {
    pub(super) stream: Stream,
    pub(super) address: Rc<Address>,
    pub(super) has_header: bool,
    pub(super) place: Option<Place>,
    pub(super) registered: Registered,
}

impl Accepted {
    /// The connection once it is known whom it is from; none where that is not to be had, or where that client has as many
    /// connections as it may.
    pub(super) async fn introduce(self, shared: &Shared) -> Option<Arrived> {
        let Self {
            mut stream,
            address,
            has_header,
            mut place,
            registered,
        } = self;
        let (mut remote, mut received) = (stream.remote(), Vec::new());
        if has_header {
            (remote, received) = Box::pin(introduce(&mut stream, &address, shared)).await?;
            let client = remote.map(|remote| remote.ip());
            place = shared.clients.borrow().enter(client).ok()?;
            registered.set_remote(remote);
        }
        Some(Arrived {
            stream,
            remote,
            received,
            place,
            registered,
        })
    }
}

/// Reads the header of the PROXY protocol in front of what is no HTTP: whom the connection is from, and what came behind the
/// header. None where it did not come, which the log says as of any other listener.
async fn introduce(
    stream: &mut Stream,
    address: &Address,
    shared: &Shared,
) -> Option<(Option<SocketAddr>, Vec<u8>)> {
    let listener = Rc::new(Listener::new(address).with_proxy_header());
    let mut session = Session::new(shared.rules(), listener, stream.remote(), shared.now());
    let mut received = Vec::new();
    loop {
        while let Some(action) = session.next_action() {
            if let Action::Ended(mut record) = action {
                shared.ended(&mut record);
            }
        }
        if session.is_done() {
            return None;
        }
        let deadline = Instant::from_std(shared.start + session.deadline());
        let mut room = vec![0; ROOM];
        let read = timeout_at(deadline, poll_fn(|cx| stream.poll_read(cx, &mut room))).await;
        let now = shared.now();
        let bytes = match &read {
            Ok(Ok(len)) => room.get(..*len).unwrap_or_default(),
            _ => &[],
        };
        received.extend_from_slice(bytes);
        if let Ok(Some((client, len))) = proxy_protocol::parse(&received) {
            let rest = received.get(len..).unwrap_or_default().to_vec();
            return Some((client.or(stream.remote()), rest));
        }
        let mut worker = shared.worker.borrow_mut();
        match read {
            Err(_) => session.time_passed(now, &mut worker),
            Ok(Err(_)) => session.client_lost(now, &mut worker),
            Ok(Ok(0)) => session.client_ended(now, &mut worker),
            Ok(Ok(_)) => session.client_sent(bytes, now, &mut worker),
        }
    }
}
