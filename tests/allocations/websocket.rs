//! The connections of `wirekit-websocket`, over buffers of the caller's.

use wirekit::websocket::{
    Config, Connection, Data, Event, MaskingKeys, MessageKind, MessageReader, Part, Rsv,
};

use crate::allocations;

const PIECES: [(Part, &[u8]); 3] = [
    (Part::First, "\u{4e2d}".as_bytes()),
    (Part::Middle, b"a"),
    (Part::Last, b"b"),
];

/// Everything that a connection does, over buffers of the caller's.
fn one_round(
    client: &mut Connection,
    server: &mut Connection,
    keys: &mut MaskingKeys,
    wire: &mut Vec<u8>,
) {
    wire.clear();
    client
        .send_text("Hello", Some(keys.next_key()), wire)
        .unwrap();
    client
        .send_binary(&[7; 1000], Some(keys.next_key()), wire)
        .unwrap();
    client
        .send_ping(b"ping", Some(keys.next_key()), wire)
        .unwrap();
    for (part, bytes) in PIECES {
        let data = Data {
            kind: MessageKind::Text,
            part,
            rsv: Rsv::NONE,
            bytes,
        };
        client.send_data(data, Some(keys.next_key()), wire).unwrap();
    }
    let mut pong = [0; 32];
    let mut rest = wire.as_mut_slice();
    let mut events = 0;
    while let Some((_, used)) = server.receive(rest).unwrap() {
        events += 1;
        server.send_due(None, &mut pong.as_mut_slice()).unwrap();
        rest = &mut rest[used..];
    }
    assert_eq!((events, rest.len()), (6, 0));
}

#[test]
fn a_connection_allocates_nothing() {
    let (mut client, mut server) = (
        Connection::new(Config::CLIENT),
        Connection::new(Config::SERVER),
    );
    let mut keys = MaskingKeys::new().unwrap();
    let mut wire = Vec::with_capacity(4096);
    one_round(&mut client, &mut server, &mut keys, &mut wire);
    let count = allocations(|| {
        for _ in 0..1000 {
            one_round(&mut client, &mut server, &mut keys, &mut wire);
        }
    });
    assert_eq!(count, 0);
}

#[test]
fn a_message_reader_comes_to_rest() {
    let mut reader = MessageReader::new();
    let mut round = |_| {
        let message = reader.push(Event::Binary(&[7; 1000])).unwrap();
        assert_eq!(message.bytes.len(), 1000);
    };
    (0..10).for_each(&mut round);
    let count = allocations(|| (0..1000).for_each(&mut round));
    assert_eq!(count, 0);
}
