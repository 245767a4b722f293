//! Networks that have the same addresses.

use crate::json;
use crate::talk::{Client, Server, Talk, file};

/// IEEE 802.1Q: each VLAN is a network of its own.
#[test]
fn two_vlans_are_two_networks() {
    let talk = |vlan| {
        let mut talk = Talk::to(80)
            .from(40_001)
            .open()
            .say(Client, "GET / HTTP/1.1\r\nHost: h.example\r\n\r\n")
            .say(Server, "HTTP/1.1 204 No Content\r\n\r\n")
            .close();
        for packet in &mut talk.packets {
            packet.vlan = vlan;
        }
        talk
    };
    let talks = [talk(None), talk(Some(7)), talk(Some(0x2008))];
    let mut rows = json(
        &file(&[&talks[0], &talks[1], &talks[2]]),
        &["--view", "connections"],
    );
    rows.retain(|row| row["statistics"].is_null());
    assert_eq!(rows.len(), 3);
    for row in rows {
        assert_eq!(
            (&row["packets_from_client"], &row["notes"]),
            (&5.into(), &serde_json::json!({}))
        );
    }
}
