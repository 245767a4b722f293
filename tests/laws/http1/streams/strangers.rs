use wirekit::http1::{
    BodyLength, BodyReader, Config, Error, Field, FieldTable, Limits, Method, Progress, Quirks,
    RequestHead, RequestLine, RequestReader, ResponseHead, ResponseReader, State, StatusCode,
    StatusLine, Trailers, client, server,
};

/// Small enough for short input to have one field too many.
type Table = FieldTable<8>;

/// Stands between the streams of an input: no legal head has this byte.
const SEPARATOR: u8 = 0x1e;
const READERS: usize = 4;
const ROUNDS: usize = 12;

/// Law 10, strangers do not mix: several readers, served in any order with tables that are shared, made afresh, moved
/// and swapped, each report what they report alone.
///
/// The input is a byte for each reader, four for each round (where the table comes from, and up to three turns), and
/// the streams.
pub fn strangers(data: &[u8]) {
    let Some((choices, data)) = data.split_first_chunk::<READERS>() else {
        return;
    };
    let Some((rounds, data)) = data.split_at_checked(4 * ROUNDS) else {
        return;
    };
    let streams: Vec<&[u8]> = data.split(|&byte| byte == SEPARATOR).collect();
    let mut readers: Vec<Reader<'_>> = choices
        .iter()
        .zip(streams.iter().cycle())
        .map(|(&choice, stream)| Reader::new(choice, stream))
        .collect();
    let mut tables = Tables::new();
    for round in rounds.as_chunks().0 {
        tables.serve(&mut readers, *round);
    }
    // What has not arrived in the rounds arrives at once.
    for _ in 0..ROUNDS {
        for reader in &mut readers {
            reader.receive(usize::MAX, &mut tables.shared);
        }
    }
    for (reader, &choice) in readers.iter().zip(choices) {
        let (mut alone, mut table) = (Reader::new(choice, reader.stream), Table::with_capacity());
        for &arrived in &reader.arrivals {
            alone.receive(arrived, &mut table);
        }
        assert_eq!(reader.events, alone.events, "reader {choice:#04x}");
    }
}

/// The tables of several readers, none of which belongs to one of them.
struct Tables {
    shared: Table,
    other: Table,
    pool: Vec<Table>,
}

impl Tables {
    fn new() -> Self {
        Self {
            shared: Table::with_capacity(),
            other: Table::with_capacity(),
            pool: vec![Table::with_capacity(); 3],
        }
    }

    fn serve(&mut self, readers: &mut [Reader<'_>], [table, turns @ ..]: [u8; 4]) {
        match table % 6 {
            0 => take_turns(readers, turns, &mut self.shared),
            1 => take_turns_with_a_fresh_table(readers, turns),
            2 => {
                for turn in turns {
                    take_turns_with_a_fresh_table(readers, [turn, NOBODY, NOBODY]);
                }
            }
            3 => {
                core::mem::swap(&mut self.shared, &mut self.other);
                take_turns(readers, turns, &mut self.shared);
            }
            4 => {
                let mut moved = self.pool.remove(0);
                take_turns(readers, turns, &mut moved);
                self.pool.push(moved);
            }
            _ => {
                self.other = self.shared.clone();
                take_turns(readers, turns, &mut self.other);
            }
        }
    }
}

/// The turn of no reader.
const NOBODY: u8 = 0x80;

/// Lets readers receive: the low two bits of a turn say which, the next three how much arrives.
fn take_turns(readers: &mut [Reader<'_>], turns: [u8; 3], table: &mut Table) {
    const ARRIVES: [usize; 8] = [0, 1, 5, 16, 33, 60, 90, usize::MAX];
    for turn in turns.into_iter().filter(|turn| turn & NOBODY == 0) {
        let more = ARRIVES[usize::from(turn >> 2 & 7)];
        let reader = &mut readers[usize::from(turn & 3)];
        reader.receive(reader.arrived.saturating_add(more), table);
    }
}

/// Makes a table that stands each time where the one before it stood.
#[inline(never)]
fn take_turns_with_a_fresh_table(readers: &mut [Reader<'_>], turns: [u8; 3]) {
    let mut table = Table::with_capacity();
    take_turns(readers, turns, &mut table);
}

/// One reader and its stream.
struct Reader<'a> {
    kind: Kind,
    config: Config,
    stream: &'a [u8],
    /// Where the next event starts.
    at: usize,
    arrived: usize,
    /// What had arrived at each call.
    arrivals: Vec<usize>,
    events: Vec<String>,
    has_failed: bool,
}

enum Kind {
    RequestHead(Progress),
    ResponseHead(Progress),
    Trailers(Progress),
    Body(BodyReader),
    Requests(RequestReader),
    Responses(ResponseReader),
    Server(Box<server::Connection>),
    Client(Box<client::Connection>),
}

impl<'a> Reader<'a> {
    fn new(choice: u8, stream: &'a [u8]) -> Self {
        let limits = Limits::DEFAULT
            .max_head_len(600)
            .max_fields(if choice & 8 == 0 { 100 } else { 3 })
            .max_target_len(100)
            .max_trailers_len(80);
        let quirks = Quirks::NAMED
            .iter()
            .enumerate()
            .filter(|(index, _)| (usize::from(choice >> 4) + index) % 4 == 1)
            .fold(Quirks::NONE, |all, (_, (_, quirk))| all.union(*quirk));
        let config = Config::DEFAULT.limits(limits).quirks(quirks);
        let kind = match choice & 7 {
            0 => Kind::RequestHead(Progress::new()),
            1 => Kind::ResponseHead(Progress::new()),
            2 => Kind::Trailers(Progress::new()),
            3 => Kind::Body(BodyReader::new(BodyLength::Chunked, config)),
            4 => Kind::Requests(RequestReader::new(config)),
            5 => Kind::Responses(ResponseReader::new(config)),
            6 => Kind::Server(Box::new(server::Connection::new(config))),
            _ => Kind::Client(Box::new(client::Connection::new(config))),
        };
        Self {
            kind,
            config,
            stream,
            at: 0,
            arrived: 0,
            arrivals: Vec::new(),
            events: Vec::new(),
            has_failed: false,
        }
    }

    /// Receives one event from the first `arrived` bytes of the stream.
    fn receive(&mut self, arrived: usize, table: &mut Table) {
        if self.has_failed {
            return;
        }
        self.arrived = arrived.min(self.stream.len());
        self.arrivals.push(self.arrived);
        let input = self.stream.get(self.at..self.arrived).unwrap_or_default();
        let config = &self.config;
        let events = match &mut self.kind {
            Kind::RequestHead(progress) => {
                described(RequestHead::resume(input, table, config, progress))
            }
            Kind::ResponseHead(progress) => {
                described(ResponseHead::resume(input, table, config, progress))
            }
            Kind::Trailers(progress) => described(Trailers::resume(input, table, config, progress)),
            Kind::Body(body) => described(body.receive(input, table)),
            Kind::Requests(reader) => described(reader.receive(input, table)),
            Kind::Responses(reader) => described(reader.receive(input, table)),
            Kind::Server(connection) => {
                let events = described(connection.receive(input, table));
                answer(connection);
                events
            }
            Kind::Client(connection) => {
                ask(connection);
                described(connection.receive(input, table))
            }
        };
        match events {
            Ok(Some((event, used))) => {
                self.events.push(format!("{} {used} {event}", self.at));
                self.at += used;
            }
            Ok(None) => {}
            Err(error) => {
                self.events.push(format!("{} {error}", self.at));
                self.has_failed = true;
            }
        }
    }
}

fn described<T: core::fmt::Debug>(
    received: Result<Option<(T, usize)>, Error>,
) -> Result<Option<(String, usize)>, Error> {
    received.map(|event| event.map(|(event, used)| (format!("{event:?}"), used)))
}

/// Answers a request that is whole with a head alone, as far as that is an answer to it.
fn answer(connection: &mut server::Connection) {
    let mut out = Vec::new();
    if matches!(
        connection.client_state(),
        State::Done | State::MustClose | State::MightSwitch
    ) {
        let line = StatusLine::new(StatusCode::NOT_FOUND);
        let sent = connection.send_head(&line, &[], BodyLength::None, &mut out);
        if sent.is_ok() {
            let _ = connection.send_end(&[], &mut out);
        }
    }
}

/// Sends a request if none is under way.
fn ask(connection: &mut client::Connection) {
    let mut out = Vec::new();
    if connection.is_idle() {
        let host = [Field::new("Host", "a")];
        let line = RequestLine::new(Method::GET, "/");
        let sent = connection.send_head(&line, &host, BodyLength::None, &mut out);
        if sent.is_ok() {
            let _ = connection.send_end(&[], &mut out);
        }
    }
}
