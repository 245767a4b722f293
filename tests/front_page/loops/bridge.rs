//! That of `wirekit-bridge`: a gateway, between odd clients and an odd application.

use core::net::SocketAddr;
use core::time::Duration;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::SystemTime;

use wirekit::bridge::{Config, Edit, End, Exchange, Request, ResponseTable, Upstream, UwsgiServer};
use wirekit::http1::server::Event;
use wirekit::http1::{Field, FieldTable, SendError, StatusCode, StatusLine};
use wirekit::uwsgi::request::Prefix;

use crate::figures::root;
use crate::uwsgi::{answers_whatever_a_client_may_say, application};

include!("gateway.rs");

#[test]
fn what_is_tested_is_what_the_readme_shows() {
    let shown = fs::read_to_string(root().join("crates/wirekit-bridge/README.md"));
    assert!(
        shown
            .expect("a README")
            .contains(include_str!("gateway.rs"))
    );
}

#[test]
fn the_loop_of_bridge_answers_whatever_a_client_may_say() {
    let backend = application();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    // It ends with the test.
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || serve(&stream?, backend));
        }
    });
    answers_whatever_a_client_may_say(address);
}

/// What the README says beside the loop, with sockets that are looked at again and again.
fn serve(mut client: &TcpStream, backend: SocketAddr) -> io::Result<()> {
    let constants = b"\x0b\0SERVER_NAME\x01\0s\x0b\0SERVER_PORT\x02\x0080";
    let mut gateway = Gateway {
        exchange: Exchange::new(Config::DEFAULT),
        fields: FieldTable::new(),
        table: ResponseTable::new(),
        server: UwsgiServer::new(Prefix::from_block(constants).map_err(io::Error::other)?),
        date: httpdate::fmt_http_date(SystemTime::now()),
    };
    let mut server: Option<TcpStream> = None;
    let (mut from_client, mut from_server) = (Vec::new(), Vec::new());
    let (mut to_client, mut to_server) = (Vec::new(), Vec::new());
    client.set_nonblocking(true)?;
    while !gateway.exchange.wants_close() {
        let used = gateway.client_sent(&from_client, &mut to_server, &mut to_client);
        from_client.drain(..used.map_err(io::Error::other)?);
        if gateway.exchange.wants_request()
            && let Some(end) = read(client, &mut from_client)
        {
            gateway
                .client_ended(end, &mut to_client)
                .map_err(io::Error::other)?;
        }
        if !to_server.is_empty() {
            if server.is_none() {
                let stream = TcpStream::connect(backend)?;
                stream.set_nonblocking(true)?;
                server = Some(stream);
            }
            // It may have answered, and listen no more.
            let _ = server
                .as_ref()
                .map(|mut stream| stream.write_all(&to_server));
            to_server.clear();
        }
        if let Some(stream) = &server
            && gateway.exchange.wants_response()
        {
            let end = read(stream, &mut from_server);
            let used = gateway.server_sent(&from_server, &mut to_client);
            from_server.drain(..used.map_err(io::Error::other)?);
            if let Some(end) = end {
                gateway
                    .server_ended(end, &mut to_client)
                    .map_err(io::Error::other)?;
            }
        }
        client.write_all(&to_client)?;
        to_client.clear();
        if gateway.exchange.is_idle() {
            server = None;
            from_server.clear();
        }
        thread::sleep(Duration::from_millis(1));
    }
    // RFC 9112 section 9.6: what the client still sends is read, or it might not see the answer.
    client.set_nonblocking(false)?;
    client.shutdown(Shutdown::Write)?;
    while client.read(&mut [0; 4096])? > 0 {}
    Ok(())
}

/// Takes what has come, if anything; how the input ended, if it did.
fn read(mut stream: &TcpStream, into: &mut Vec<u8>) -> Option<End> {
    let mut piece = [0; 4096];
    let read = stream.read(&mut piece);
    if let Ok(len) = read {
        into.extend_from_slice(&piece[..len]);
    }
    End::of_read(&read)
}
