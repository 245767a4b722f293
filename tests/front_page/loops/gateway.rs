/// One client's connection, and the server that answers its requests.
struct Gateway<'a> {
    exchange: Exchange,
    fields: FieldTable,
    table: ResponseTable,
    server: UwsgiServer<'a>,
    date: String, // the time, as the crate `httpdate` writes it
}

impl Gateway<'_> {
    /// Takes what the client sent, and says how much of it; appends what either side gets.
    fn client_sent(&mut self, input: &[u8], to_server: &mut Vec<u8>, to_client: &mut Vec<u8>) -> Result<usize, SendError> {
        let mut at = 0;
        if self.exchange.is_idle() {
            let (head, used) = match self.exchange.receive_request(input, &mut self.fields) {
                Ok(Some((Event::Head { head, .. }, used))) => (head, used),
                Ok(_) => return Ok(0),
                Err(error) => return self.refuse(error.kind().status(), to_client).map(|()| 0),
            };
            // Now the head says where the request goes: to a server, which is to be connected to, or nowhere.
            let (server, request) = (Upstream::Uwsgi(self.server), Request::new("http"));
            if let Err(refusal) = self.exchange.send_request(&head, server, &request, to_server) {
                self.refuse(refusal.status(), to_client)?;
            }
            at = used;
        }
        match self.exchange.forward_request(&input[at..], &mut self.fields, to_server) {
            Ok(used) => at += used,
            Err(error) => self.refuse(error.status(), to_client)?,
        }
        self.exchange.send_due(&[], to_client)?; // 100 (Continue), if the client waits for it
        Ok(at)
    }

    /// Takes what the server sent, likewise.
    fn server_sent(&mut self, input: &[u8], to_client: &mut Vec<u8>) -> Result<usize, SendError> {
        let edit = Edit::NONE.date(&self.date).remove(Edit::X_ACCEL);
        match self.exchange.forward_response(input, &mut self.table, &edit, to_client) {
            Ok(used) => Ok(used),
            Err(error) => self.refuse(error.status(), to_client).map(|()| input.len()),
        }
    }

    /// The client sends nothing more: it closed its side, or was lost.
    fn client_ended(&mut self, end: End, to_client: &mut Vec<u8>) -> Result<(), SendError> {
        match self.exchange.forward_request_end(end) {
            Ok(()) => Ok(()),
            Err(error) => self.refuse(error.status(), to_client),
        }
    }

    /// The server sends nothing more, likewise: only what it closed in order can be a whole response.
    fn server_ended(&mut self, end: End, to_client: &mut Vec<u8>) -> Result<(), SendError> {
        match self.exchange.forward_response_end(end, to_client) {
            Ok(()) => Ok(()),
            Err(error) => self.refuse(error.status(), to_client),
        }
    }

    /// Answers with this status; a response that was begun is given up, as it will never be whole.
    fn refuse(&mut self, status: StatusCode, to_client: &mut Vec<u8>) -> Result<(), SendError> {
        let date = [Field::new("Date", &self.date)];
        self.exchange.refuse(&StatusLine::new(status), &date, b"", to_client).map(drop)
    }
}
// Write `to_client` and `to_server`. While exchange.wants_request(), all that was read being taken, read from the client,
// while exchange.wants_response() from the server. When exchange.is_idle() the next request may come, when exchange.wants_close() close the client's
// connection: by a reset, if exchange.is_aborted(). When exchange.is_switched() copy what comes, both ways.
