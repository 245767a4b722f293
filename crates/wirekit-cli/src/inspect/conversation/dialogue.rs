//! What both ends of a connection say to each other, and where they change to another protocol.

use std::rc::Rc;

use wirekit::tcp::track::Side;

use super::application::{Application, Reading};
use super::readers::Compression;
use super::recogniser::Recogniser;
use super::sides::Sides;
use super::tale::{GapCause, Said, Unread, What};
use super::voice::Voice;
use crate::events::http1::Response;
use crate::events::websocket::deflate_parameters;
use crate::events::{Message, Rules};

/// Both directions.
#[derive(Debug)]
pub(crate) struct Dialogue {
    voices: Sides<Voice>,
    said: Vec<Said>,
    /// Requests that were not answered yet.
    unanswered: u64,
}

impl Dialogue {
    pub(crate) fn new(rules: &Rc<Rules>) -> Self {
        let voices = Sides {
            client: Voice::new(Side::Client, rules),
            server: Voice::new(Side::Server, rules),
        };
        Self {
            voices,
            said: Vec::new(),
            unanswered: 0,
        }
    }

    /// What was said since the last call.
    pub(crate) fn said(&mut self) -> impl Iterator<Item = Said> {
        self.said.drain(..)
    }

    /// The protocol is known: whatever comes is read as such.
    pub(crate) fn begin(&mut self, application: Application) {
        self.tell_unsupported(application);
        for side in [Side::Client, Side::Server] {
            self.voices
                .of_mut(side)
                .speak(application, Compression::None);
        }
    }

    /// The same, of a connection that was there before the capture: a message has to begin first.
    pub(crate) fn join(&mut self, application: Application) {
        for side in [Side::Client, Side::Server] {
            self.voices.of_mut(side).join(application);
        }
    }

    /// Takes the next bytes of a direction.
    pub(crate) fn data(&mut self, from: Side, bytes: &[u8], recogniser: &mut Recogniser) {
        let Some(application) = recogniser.current() else {
            return;
        };
        if let Some(before_len) = recogniser.listen_again(from, bytes) {
            let (before, bytes) = bytes.split_at_checked(before_len).unwrap_or((bytes, &[]));
            if !before.is_empty() {
                self.unread(from, before);
            }
            return self.turn(from, bytes, recogniser);
        }
        let before = self.said.len();
        self.voices
            .of_mut(from)
            .feed(application, bytes, &mut self.said);
        self.react(from, before, recogniser);
    }

    /// A connection that spoke nothing known speaks something from here on.
    fn turn(&mut self, from: Side, bytes: &[u8], recogniser: &mut Recogniser) {
        if let Some(application) = recogniser.current() {
            self.begin(application);
            self.data(from, bytes, recogniser);
        }
    }

    /// Takes bytes that say nothing of what the connection speaks.
    pub(crate) fn unread(&mut self, from: Side, bytes: &[u8]) {
        self.voices
            .of_mut(from)
            .feed(Application::Unknown, bytes, &mut self.said);
    }

    /// A protocol that has a name and no reader.
    fn tell_unsupported(&mut self, application: Application) {
        if matches!(application.protocol().reading, Reading::Unsupported) {
            let reason = Unread::Unsupported;
            self.say(
                Side::Client,
                What::Unread {
                    application,
                    reason,
                },
            );
        }
    }

    /// Bytes of a direction are missing.
    pub(crate) fn gap(&mut self, from: Side, gap: (u64, GapCause), recogniser: &Recogniser) {
        let application = recogniser.current().unwrap_or(Application::Unknown);
        self.voices
            .of_mut(from)
            .gap(application, gap, &mut self.said);
    }

    /// There is no room for what a direction holds.
    pub(crate) fn give_up(&mut self, from: Side, recogniser: &Recogniser) {
        let application = recogniser.current().unwrap_or(Application::Unknown);
        self.voices
            .of_mut(from)
            .give_up(application, &mut self.said);
    }

    /// The memory that both directions hold for what is not reported yet.
    pub(crate) fn held_len(&self) -> usize {
        self.voices.client.held_len() + self.voices.server.held_len()
    }

    /// Something about the bytes of a direction that no decoder sees.
    pub(crate) fn say(&mut self, from: Side, what: What) {
        self.said.push(Said { from, what });
    }

    /// A direction has ended.
    pub(crate) fn finish(&mut self, from: Side, recogniser: &Recogniser) {
        let application = recogniser.current().unwrap_or(Application::Unknown);
        self.voices.of_mut(from).finish(application, &mut self.said);
    }

    /// A direction that had ended goes on all the same.
    pub(crate) fn go_on(&mut self, from: Side, recogniser: &Recogniser) {
        let application = recogniser.current().unwrap_or(Application::Unknown);
        self.voices.of_mut(from).join(application);
    }

    /// Lets one direction know what the other one said.
    fn react(&mut self, from: Side, before: usize, recogniser: &mut Recogniser) {
        let mut agreed = None;
        let mut asks = false;
        let mut refused = false;
        for said in self.said.get(before..).unwrap_or_default() {
            let What::Message { event, .. } = &said.what else {
                continue;
            };
            match (from, event.message()) {
                (Side::Client, Message::Request(request)) => {
                    self.unanswered += 1;
                    self.voices.server.asked(request.method.as_bytes());
                }
                (Side::Client, Message::Packet(packet)) => {
                    self.unanswered += 1;
                    let method = packet.vars().and_then(|vars| vars.get("REQUEST_METHOD"));
                    self.voices.server.asked(method.unwrap_or(b"GET"));
                }
                (Side::Client, Message::Switch) => asks = true,
                (Side::Server, Message::Response(response)) => {
                    agreed = Some(agreement(response));
                    if response.status.0 >= 200 {
                        self.unanswered = self.unanswered.saturating_sub(1);
                        refused = self.unanswered == 0;
                    }
                }
                (Side::Server, Message::Switch) => {
                    let (application, compression) =
                        agreed.unwrap_or((Application::Unknown, Compression::None));
                    return self.switch(application, compression, recogniser);
                }
                _ => {}
            }
        }
        if asks {
            // Reported when the server agrees, if it does.
            self.said.retain(|said| !is_switch(&said.what));
            self.voices.client.wait();
        }
        if refused && self.voices.client.is_waiting() {
            self.resume(recogniser);
        }
    }

    /// The server refused: what the client sent after its request is HTTP all the same.
    fn resume(&mut self, recogniser: &mut Recogniser) {
        let rest = self.voices.client.switch_rest();
        self.voices
            .client
            .speak(Application::Http1, Compression::None);
        if !rest.is_empty() {
            self.data(Side::Client, &rest, recogniser);
        }
    }

    /// From the next byte on, in both directions, the connection speaks another protocol.
    fn switch(
        &mut self,
        application: Application,
        compression: Compression,
        recogniser: &mut Recogniser,
    ) {
        let rests =
            [Side::Client, Side::Server].map(|side| (side, self.voices.of_mut(side).switch_rest()));
        recogniser.switch(application);
        self.tell_unsupported(application);
        for (side, rest) in rests {
            self.voices.of_mut(side).speak(application, compression);
            if !rest.is_empty() {
                self.data(side, &rest, recogniser);
            }
        }
    }
}

fn is_switch(what: &What) -> bool {
    matches!(what, What::Message { event, .. } if *event.message() == Message::Switch)
}

/// What a response that changes the protocol changes it to: RFC 9110 section 7.8, RFC 7692 section 5.
fn agreement(response: &Response) -> (Application, Compression) {
    let field = |name| response.fields.get(name).unwrap_or_default();
    let upgrade = field("upgrade").to_ascii_lowercase();
    let application = match upgrade.as_slice() {
        b"websocket" => Application::WebSocket,
        b"h2c" => Application::Http2,
        _ => Application::Unknown,
    };
    let extensions = str::from_utf8(field("sec-websocket-extensions"));
    let compression = match extensions.map(|text| (text, deflate_parameters(text))) {
        Ok(("", _)) => Compression::None,
        Ok((_, Ok(parameters))) => Compression::Deflate(parameters),
        Ok((_, Err(_))) | Err(_) => Compression::Unknown,
    };
    (application, compression)
}
