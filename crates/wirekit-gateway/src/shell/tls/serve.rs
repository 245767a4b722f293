use core::future::{Future, poll_fn};
use std::io::{self, ErrorKind};
use std::rc::Rc;
use std::sync::Arc;

use rustls::{HandshakeKind, ServerConfig};
use tokio::sync::watch;

use super::{Channel, certificate};
use crate::core::session::{Listener, Peer};
use crate::shell::client::Client;
use crate::shell::proxied::Accepted;
use crate::shell::stream::Stream;
use crate::shell::worker::Phase;
use crate::shell::{Shared, connection};

/// Serves a client in TLS until its connection ends.
pub(in crate::shell) fn serve(
    accepted: Accepted,
    server: Arc<ServerConfig>,
    listener: Rc<Listener>,
    shared: Rc<Shared>,
    phase: watch::Receiver<Phase>,
) -> impl Future<Output = ()> {
    // What is needed up to the end of the handshake is given back before the connection becomes one of many that are idle.
    let arriving = Box::pin(arrive(accepted, server, shared.clone()));
    async move {
        if let Some(arrived) = arriving.await {
            connection::serve(arrived, listener, shared, phase).await;
        }
    }
}

async fn arrive(
    accepted: Accepted,
    server: Arc<ServerConfig>,
    shared: Rc<Shared>,
) -> Option<connection::Arrived> {
    let arrived = accepted.introduce(&shared).await?;
    let (remote, place, registered) = (arrived.remote, arrived.place, arrived.registered);
    let handshake = handshake(arrived.stream, server, arrived.received, &shared);
    let shaken = tokio::select! {
        shaken = handshake => shaken,
        () = registered.ended() => return None,
    };
    match shaken {
        Ok((client, peer)) => Some(connection::Arrived {
            client,
            remote,
            peer: Some(peer),
            place,
            registered,
        }),
        Err(error) => {
            match error.kind() {
                // An authority got what it wanted.
                ErrorKind::Other => {}
                ErrorKind::TimedOut => shared.metrics.borrow_mut().handshake("timed_out"),
                _ => shared.metrics.borrow_mut().handshake("failed"),
            }
            let remote = remote.map_or_else(|| "a client".to_owned(), |remote| remote.to_string());
            log::debug!("no TLS with {remote}: {error}");
            None
        }
    }
}

async fn handshake(
    mut stream: Stream,
    server: Arc<ServerConfig>,
    received: Vec<u8>,
    shared: &Shared,
) -> io::Result<(Client, Peer)> {
    let patience = shared.rules().config().limits.head_timeout;
    let mut channel = Box::new(Channel::new(server)?);
    channel.received(&received);
    let done = poll_fn(|cx| channel.poll_handshake(cx, &mut stream));
    match tokio::time::timeout(patience, done).await {
        Ok(done) => done?,
        Err(_) => return Err(ErrorKind::TimedOut.into()),
    }
    if channel.connection().alpn_protocol() == Some(super::ACME_TLS_1) {
        // It has seen the certificate, and wants nothing more.
        let mut client = Client::encrypted(stream, channel);
        client.shutdown(patience).await;
        return Err(io::Error::other("an authority looked for its answer"));
    }
    let kind = channel.connection().handshake_kind();
    shared.metrics.borrow_mut().handshake(match kind {
        Some(HandshakeKind::Resumed) => "resumed",
        _ => "full",
    });
    let server_name = channel.take_server_name();
    let certificates = channel.connection().peer_certificates().unwrap_or_default();
    let client_name = certificates.first().and_then(certificate::client_name);
    let peer = Peer::new(server_name, client_name);
    Ok((Client::encrypted(stream, channel), peer))
}
