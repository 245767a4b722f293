//! permessage-deflate: what it holds, and that it allocates nothing on the way.

use wirekit::websocket::deflate::{Deflate, Inflate, Level, Parameters, Pool};
use wirekit::websocket::{
    Config, Connection, Data, Event, Limits, MaskingKeys, MessageKind, Part, Role, Rsv,
};

use crate::{allocations, counted};

/// What stays allocated of what `work` allocates.
fn kept_len(work: impl FnOnce()) -> isize {
    counted(work).0.kept_len
}

/// A server with permessage-deflate, and what its client sends.
struct Pair {
    client: Connection,
    server: Connection,
    deflates: [Deflate; 2],
    inflates: [Inflate; 2],
    keys: MaskingKeys,
    wire: Vec<u8>,
    message: Vec<u8>,
}

impl Pair {
    fn new() -> Self {
        let agreed = Parameters::DEFAULT;
        let [client, server] = [Role::Client, Role::Server];
        Self {
            client: Connection::new(Config::CLIENT.permessage_deflate()),
            server: Connection::new(Config::SERVER.permessage_deflate()),
            deflates: [client, server]
                .map(|role| Deflate::new(agreed.sent_by(role), Level::DEFAULT)),
            inflates: [server, client]
                .map(|role| Inflate::new(agreed.sent_by(role), &Limits::DEFAULT)),
            keys: MaskingKeys::from_seed([1; 32]),
            wire: Vec::with_capacity(4096),
            message: Vec::with_capacity(4096),
        }
    }

    /// A message to the server and its echo.
    fn exchange(&mut self, text: &[u8]) {
        let plain = Data {
            kind: MessageKind::Text,
            part: Part::Whole,
            rsv: Rsv::NONE,
            bytes: text,
        };
        self.wire.clear();
        let key = Some(self.keys.next_key());
        self.deflates[0]
            .send(&mut self.client, plain, key, &mut self.wire)
            .expect("open");
        self.message.clear();
        let Ok(Some((Event::Data(data), _))) = self.server.receive(&mut self.wire) else {
            panic!("a message")
        };
        self.inflates[1]
            .decode_to(data, &mut self.message)
            .expect("our own message");
        assert_eq!(self.message, text);

        self.wire.clear();
        self.deflates[1]
            .send(&mut self.server, plain, None, &mut self.wire)
            .expect("open");
        self.message.clear();
        let Ok(Some((Event::Data(data), _))) = self.client.receive(&mut self.wire) else {
            panic!("a message")
        };
        self.inflates[0]
            .decode_to(data, &mut self.message)
            .expect("our own message");
        assert_eq!(self.message, text);
    }
}

fn text(round: usize) -> String {
    let mut text = String::new();
    while text.len() < 1000 {
        text += &format!(
            "{{\"round\":{round},\"at\":{},\"value\":{}}},",
            text.len(),
            round * 7919 % 1000 * text.len()
        );
    }
    text
}

#[test]
fn compressed_messages_allocate_nothing_and_idle_connections_hold_little() {
    let texts: Vec<String> = (0..500).map(text).collect();
    let mut pool = Pool::new(8);

    let (made, mut pair) = counted(Pair::new);
    let made = made.kept_len;
    assert!(made < 10 << 10, "{made} bytes before the first message");
    let active = kept_len(|| texts.iter().for_each(|text| pair.exchange(text.as_bytes())));
    let again = allocations(|| texts.iter().for_each(|text| pair.exchange(text.as_bytes())));
    assert_eq!(again, 0, "in 1000 messages with takeover");

    // The server's half of an idle connection. Its engines are freed here, as a full pool would.
    let mut none = Pool::new(0);
    let compressor = kept_len(|| pair.deflates[1].park(&mut none));
    let decompressor = kept_len(|| pair.inflates[1].park(&mut none));
    let freed = compressor + decompressor;
    let parked = pair.deflates[1].parked_len() + pair.inflates[1].parked_len();
    println!(
        "one end: {} bytes to compress, {} to decompress; parked: {parked} in all",
        -compressor, -decompressor
    );
    assert_eq!(parked, 48 << 10);
    assert!(
        parked + size_of::<Deflate>() + size_of::<Inflate>() + size_of::<Connection>() <= 64 << 10
    );
    // Nothing else is left of it: both ends' engines weigh the same.
    let freed_too = kept_len(|| {
        pair.deflates[0].park(&mut none);
        pair.inflates[0].park(&mut none);
    });
    assert_eq!(
        active + freed + freed_too,
        2 * (48 << 10),
        "two ends, parked"
    );

    // A pool saves the engines, and the connection goes on where it was.
    texts.iter().for_each(|text| pair.exchange(text.as_bytes()));
    for index in 0..2 {
        pair.deflates[index].park(&mut pool);
        pair.inflates[index].park(&mut pool);
    }
    let resumed = allocations(|| {
        for index in 0..2 {
            pair.deflates[index].unpark(&mut pool);
            pair.inflates[index].unpark(&mut pool);
        }
        texts.iter().for_each(|text| pair.exchange(text.as_bytes()));
    });
    assert_eq!(resumed, 0, "after an idle time");
}
