use bytes::{Buf, BytesMut};
use wirekit::http1::server::{Connection, Event};
use wirekit::http1::{BodyLength, Config, Field, FieldTable, Method, SendError, StatusCode, StatusLine};

/// One client: put what was read into `input`, call `advance`, write `output`.
struct Session {
    connection: Connection,
    fields: FieldTable,
    input: BytesMut,
    output: BytesMut,
}

impl Session {
    fn new() -> Self {
        let (connection, fields) = (Connection::new(Config::DEFAULT), FieldTable::new());
        Self { connection, fields, input: BytesMut::new(), output: BytesMut::new() }
    }

    /// Takes in what `input` holds.
    fn advance(&mut self) -> Result<(), SendError> {
        while let Ok(Some((event, used))) = self.connection.receive(&self.input, &mut self.fields) {
            answer(event, &mut self.connection, &mut self.output)?;
            self.input.advance(used);
        }
        // 100 (Continue) to a client that waits for it, or the answer to what is wrong with the request.
        self.connection.send_due(&[Field::new("Date", &date())], &mut self.output).map(drop)
    }

    /// The client sends nothing more.
    fn end(&mut self) -> Result<(), SendError> {
        let _ = self.connection.receive_eof(); // what is wrong with that is due
        self.advance()
    }
}

/// Answers a request once its head is there. Its content comes as `Event::Data`, which nobody here wants.
fn answer(event: Event<'_>, connection: &mut Connection, out: &mut BytesMut) -> Result<(), SendError> {
    let Event::Head { head, .. } = event else { return Ok(()) };
    let (status, text) = match (head.method(), head.target()) {
        (Method::GET | Method::HEAD, "/") => (StatusCode::OK, "hello\n"),
        (Method::CONNECT, _) => {
            connection.close_after_response(); // what follows may be meant for the tunnel
            (StatusCode::NOT_IMPLEMENTED, "no tunnels\n")
        }
        _ => (StatusCode::NOT_FOUND, "nothing here\n"),
    };
    let date = date();
    let fields = [Field::new("Content-Type", "text/plain"), Field::new("Date", &date)];
    connection.send_head(&StatusLine::new(status), &fields, BodyLength::Length(text.len() as u64), out)?;
    connection.send_data(text.as_bytes(), out)?; // to HEAD it is not sent
    connection.send_end(&[], out).map(drop)
}

/// RFC 9110 section 6.6.1: a server with a clock says when it made a response.
fn date() -> String {
    httpdate::fmt_http_date(std::time::SystemTime::now())
}
