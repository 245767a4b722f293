//! Ends that say more than that, and that are none.

use wirekit::tcp::Flags;

use crate::talk::{Client, Server, Talk};
use crate::{events, inspect};

const REQUEST: &[u8] = b"GET /a HTTP/1.1\r\nHost: h.example\r\n\r\n";
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo";

/// RFC 9293 section 3.5.2: "TCP implementations SHOULD allow a received RST segment to include data", which "could contain
/// ASCII text that explained the cause of the RST".
#[test]
fn the_text_of_a_rst_is_shown() {
    let reset = Flags::RST | Flags::ACK;
    let file = Talk::to(80)
        .open()
        .say(Client, REQUEST)
        .send(Server, reset, b"policy violation")
        .file();
    let resets = events(&file, "reset");
    assert_eq!(resets.len(), 1);
    assert_eq!(resets[0]["data"], "policy violation");
    let story = inspect(&file, &[]);
    assert!(
        story.contains("RST, breaks off: \"policy violation\", 16 bytes"),
        "{story}"
    );
}

/// A RST or FIN that somebody else wrote, and that the ends ignored, ends nothing.
#[test]
fn data_behind_an_end_that_was_ignored_is_read() {
    for flags in [Flags::RST | Flags::ACK, Flags::FIN | Flags::ACK] {
        let talk = Talk::to(80)
            .open()
            .say(Client, REQUEST)
            .say(Server, RESPONSE);
        let forged = talk
            .clone()
            .send(Client, flags, b"")
            .send(Server, flags, b"");
        let mut talk = talk
            .wait(5)
            .say(Client, REQUEST)
            .say(Server, RESPONSE)
            .say(Client, REQUEST)
            .close();
        for (at, packet) in forged.packets[5..].iter().enumerate() {
            talk.packets.insert(5 + at, packet.clone());
        }
        let file = talk.file();
        let (requests, responses) = (events(&file, "request"), events(&file, "response"));
        assert_eq!(
            (requests.len(), responses.len()),
            (3, 2),
            "{flags:?} {}",
            inspect(&file, &[])
        );
    }
}
