//! What both ends of a connection say to each other, and where they change to another protocol.

use wirekit::tcp::track::Side;

use super::application::Application;
use super::recogniser::Recogniser;
use super::sides::Sides;
use super::tale::{Said, What};
use super::voice::{Compression, Voice};
use crate::events::Event;
use crate::events::websocket::deflate_parameters;

/// Both directions.
#[derive(Debug)]
pub(crate) struct Dialogue {
    voices: Sides<Voice>,
    said: Vec<Said>,
    /// Requests that were not answered yet.
    unanswered: u64,
}

impl Dialogue {
    pub(crate) fn new() -> Self {
        let voices = Sides {
            client: Voice::new(Side::Client),
            server: Voice::new(Side::Server),
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
        let before = self.said.len();
        self.voices
            .of_mut(from)
            .feed(application, bytes, &mut self.said);
        self.react(from, before, recogniser);
    }

    /// Bytes of a direction are missing.
    pub(crate) fn gap(&mut self, from: Side, len: u64, recogniser: &Recogniser) {
        let application = recogniser.current().unwrap_or(Application::Unknown);
        self.voices
            .of_mut(from)
            .gap(application, len, &mut self.said);
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

    /// Lets one direction know what the other one said.
    fn react(&mut self, from: Side, before: usize, recogniser: &mut Recogniser) {
        let mut agreed = None;
        let mut asks = false;
        let mut refused = false;
        for said in self.said.get(before..).unwrap_or_default() {
            let What::Message { event, .. } = &said.what else {
                continue;
            };
            match (from, event.name()) {
                (Side::Client, "request") => {
                    self.unanswered += 1;
                    self.voices.server.asked(text(event, "method").as_bytes());
                }
                (Side::Client, "packet") => {
                    self.unanswered += 1;
                    self.voices.server.asked(
                        pair(event, "vars", "REQUEST_METHOD")
                            .unwrap_or("GET")
                            .as_bytes(),
                    );
                }
                (Side::Client, "switch") => asks = true,
                (Side::Server, "response") => {
                    agreed = Some(agreement(event));
                    let is_final = event
                        .keys()
                        .get("status")
                        .and_then(serde_json::Value::as_u64)
                        .is_some_and(|it| it >= 200);
                    if is_final {
                        self.unanswered = self.unanswered.saturating_sub(1);
                        refused = self.unanswered == 0;
                    }
                }
                (Side::Server, "switch") => {
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
        for (side, rest) in rests {
            self.voices.of_mut(side).speak(application, compression);
            if !rest.is_empty() {
                self.data(side, &rest, recogniser);
            }
        }
    }
}

fn is_switch(what: &What) -> bool {
    matches!(what, What::Message { event, .. } if event.name() == "switch")
}

/// What a response that changes the protocol changes it to: RFC 9110 section 7.8, RFC 7692 section 5.
fn agreement(response: &Event) -> (Application, Compression) {
    let upgrade = pair(response, "fields", "upgrade").unwrap_or_default();
    let application = match upgrade.eq_ignore_ascii_case("websocket") {
        true => Application::WebSocket,
        false => Application::Unknown,
    };
    let extensions = pair(response, "fields", "sec-websocket-extensions").unwrap_or_default();
    let compression = match (extensions, deflate_parameters(extensions)) {
        ("", _) => Compression::None,
        (_, Ok(parameters)) => Compression::Deflate(parameters),
        (_, Err(_)) => Compression::Unknown,
    };
    (application, compression)
}

/// A key that is a text.
pub(crate) fn text<'e>(event: &'e Event, key: &str) -> &'e str {
    event
        .keys()
        .get(key)
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default()
}

/// The value of the first pair of a list whose name is `name`, in any case.
pub(crate) fn pair<'e>(event: &'e Event, key: &str, name: &str) -> Option<&'e str> {
    event.keys().get(key)?.as_array()?.iter().find_map(|pair| {
        let found = pair.get(0)?.as_str()?;
        if found.eq_ignore_ascii_case(name) {
            pair.get(1)?.as_str()
        } else {
            None
        }
    })
}
