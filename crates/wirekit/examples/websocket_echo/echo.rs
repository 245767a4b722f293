//! A connection that is open, and sends back every message it gets.

use core::time::Duration;

use wirekit::websocket::deflate::{Deflate, Inflate, Level, Parameters, Pool};
use wirekit::websocket::{
    Close, CloseCode, CloseTimeout, Closing, Config, Connection, Data, Error, Event, Limits,
    MaskingKeys, MessageKind, Part, Role, SendError, State,
};

use crate::session::CLOSE_TIMEOUT;

/// One end of an echoing connection, after its handshake.
#[derive(Debug)]
pub(crate) struct Echo {
    connection: Connection,
    compression: Option<Compression>,
    /// A client's.
    keys: Option<MaskingKeys>,
    /// What has come of a message that is not whole yet.
    message: Vec<u8>,
    messages: u64,
    last_text: String,
    /// The code of the peer's Close frame.
    close_code: Option<CloseCode>,
    close_timeout: CloseTimeout,
}

#[derive(Debug)]
struct Compression {
    deflate: Deflate,
    inflate: Inflate,
}

impl Echo {
    /// The handshake may have agreed on compression. A client passes its keys.
    pub(crate) fn new(role: Role, keys: Option<MaskingKeys>, agreed: Option<Parameters>) -> Self {
        let mut config = Config::new(role);
        if agreed.is_some() {
            config = config.permessage_deflate();
        }
        Self {
            connection: Connection::new(config),
            compression: agreed.map(|agreed| Compression {
                deflate: Deflate::new(agreed.sent_by(role), Level::FAST),
                inflate: Inflate::new(agreed.sent_by(role.peer()), &Limits::DEFAULT),
            }),
            keys,
            message: Vec::new(),
            messages: 0,
            last_text: String::new(),
            close_code: None,
            close_timeout: CloseTimeout::new(CLOSE_TIMEOUT),
        }
    }

    /// Takes what it can of `buf`, appends what is to be sent to `out`, and returns how much it took.
    pub(crate) fn receive(
        &mut self,
        buf: &mut [u8],
        out: &mut Vec<u8>,
    ) -> Result<usize, SendError> {
        let mut taken = 0;
        while self.connection.wants_input() {
            let rest = buf.get_mut(taken..).unwrap_or_default();
            let Ok(received) = self.connection.receive(rest) else {
                self.send_due(out)?; // a Close frame with the error's code
                break;
            };
            let Some((event, used)) = received else {
                return Ok(taken);
            };
            taken += used;
            let data = match event {
                Event::Text(text) => Data::whole(MessageKind::Text, text.as_bytes()),
                Event::Binary(bytes) => Data::whole(MessageKind::Binary, bytes),
                Event::Data(data) => data,
                other => {
                    if let Event::Close(close) = other {
                        self.close_code = Some(close.code);
                    }
                    self.send_due(out)?; // a pong, or the answer to a Close frame
                    continue;
                }
            };
            // RFC 6455 section 5.5.1: no data follows a Close frame, which this end may have sent.
            if self.connection.state() == State::Open {
                self.take(data, out)?;
            }
        }
        Ok(buf.len()) // what follows is discarded (RFC 6455 section 1.4)
    }

    fn send_due(&mut self, out: &mut Vec<u8>) -> Result<usize, SendError> {
        let key = self.keys.as_mut().map(MaskingKeys::next_key);
        self.connection.send_due(key, out)
    }

    /// The peer sends nothing more, and perhaps without having closed: `finish` says so.
    pub(crate) fn receive_eof(&mut self) {
        let _ = self.connection.receive_eof();
    }

    /// Whether to close the transport, or its writing side where the peer's has not ended.
    pub(crate) const fn wants_close(&self) -> bool {
        self.connection.wants_close()
    }

    /// How long to read, by the time since the connection began.
    pub(crate) fn closing(&mut self, now: Duration) -> Closing {
        self.close_timeout.poll(&self.connection, now)
    }

    /// The transport has ended: the code of the connection's end, how many messages came, and the last text.
    pub(crate) fn finish(mut self, pool: &mut Pool) -> String {
        self.park(pool);
        // RFC 6455 section 7.1.5: that of the peer's Close frame, if there was one.
        let code = self.close_code.unwrap_or(CloseCode::ABNORMAL_CLOSURE);
        format!("{} {} {}", code.0, self.messages, self.last_text)
    }

    /// For a while there will be nothing to do.
    pub(crate) fn park(&mut self, pool: &mut Pool) {
        if let Some(Compression { deflate, inflate }) = &mut self.compression {
            deflate.park(pool);
            inflate.park(pool);
        }
    }

    /// There may be something to do again.
    pub(crate) fn unpark(&mut self, pool: &mut Pool) {
        if let Some(Compression { deflate, inflate }) = &mut self.compression {
            deflate.unpark(pool);
            inflate.unpark(pool);
        }
    }

    fn take(&mut self, data: Data<'_>, out: &mut Vec<u8>) -> Result<(), SendError> {
        if data.part == Part::Whole && !data.is_compressed() {
            return self.echo(data.kind, data.bytes, out);
        }
        match &mut self.compression {
            Some(Compression { inflate, .. }) => {
                if let Err(error) = inflate.decode_to(data, &mut self.message) {
                    return self.give_up(error, out);
                }
            }
            None => self.message.extend_from_slice(data.bytes),
        }
        if data.part.is_last() {
            let mut message = core::mem::take(&mut self.message);
            self.echo(data.kind, &message, out)?;
            message.clear();
            self.message = message;
        }
        Ok(())
    }

    fn echo(
        &mut self,
        kind: MessageKind,
        bytes: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        self.messages += 1;
        if kind == MessageKind::Text {
            self.last_text.clear();
            self.last_text
                .extend(String::from_utf8_lossy(bytes).chars().take(80));
        }
        let key = self.keys.as_mut().map(MaskingKeys::next_key);
        match &mut self.compression {
            Some(Compression { deflate, .. }) => {
                deflate.send(&mut self.connection, Data::whole(kind, bytes), key, out)?;
            }
            None => {
                self.connection
                    .send_data(Data::whole(kind, bytes), key, out)?;
            }
        }
        Ok(())
    }

    fn give_up(&mut self, error: Error, out: &mut Vec<u8>) -> Result<(), SendError> {
        let key = self.keys.as_mut().map(MaskingKeys::next_key);
        let close = Close {
            code: error.close_code(),
            reason: error.kind().as_str(),
        };
        self.connection.send_close(close, key, out).map(|_| ())
    }
}
