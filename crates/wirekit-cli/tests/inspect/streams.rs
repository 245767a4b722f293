//! The bytes of a connection.

use crate::talk::{Client, Server, Talk};
use crate::{inspect, json, run};

fn talk() -> Talk {
    let page: Vec<u8> = (0..=255).cycle().take(5000).collect();
    let mut talk = Talk::to(9999)
        .open()
        .say(Client, "hello\r\n")
        .say(Server, b"\0\x01")
        .say(Client, "there");
    for piece in page.chunks(1460) {
        talk = talk.say(Server, piece);
    }
    talk.close()
}

#[test]
fn raw_bytes_come_out_as_they_went_in() {
    let expected: Vec<u8> = [0, 1]
        .into_iter()
        .chain((0..=255).cycle().take(5000))
        .collect();
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let arguments = "wirekit inspect - --view stream --connection 1 --format raw --from server";
    let status = wirekit_cli::run(
        arguments.split(' '),
        &talk().file()[..],
        &mut stdout,
        &mut stderr,
    );
    assert_eq!(status, 0);
    assert!(stdout == expected);
}

#[test]
fn each_piece_has_its_packet_and_place() {
    let arguments = ["--view", "stream", "--connection", "1"];
    let text = inspect(&talk().file(), &arguments);
    assert!(
        text.starts_with("0.003000  →   4  hello\\r\\n\n0.004000   ←  5  \\x00\\x01\n"),
        "{text}"
    );
    let rows = json(&talk().file(), &arguments);
    let places: Vec<(u64, u64, u64)> = rows
        .iter()
        .map(|row| (&row["packet"], &row["offset"], &row["len"]))
        .map(|(packet, offset, len)| {
            (
                packet.as_u64().unwrap(),
                offset.as_u64().unwrap(),
                len.as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(places[..4], [(4, 0, 7), (5, 0, 2), (6, 7, 5), (7, 2, 1460)]);
    let hex = inspect(
        &talk().file(),
        &[&arguments[..], &["--format", "hex", "--from", "client"]].concat(),
    );
    assert!(
        hex.contains(&format!("00000000  68 65 6c 6c 6f 0d 0a{:29}hello..\n", "")),
        "{hex}"
    );
    assert!(hex.contains("00000007  74 68 65 72 65 "), "{hex}");
}

#[test]
fn what_is_missing_is_said_where_it_is() {
    let talk = Talk::to(9999)
        .open()
        .say(Client, "a")
        .miss(Client, 5)
        .say(Client, "b")
        .acknowledge(Server)
        .close();
    let rows = json(&talk.file(), &["--view", "stream", "--connection", "1"]);
    assert_eq!(
        (&rows[1]["gap"], &rows[1]["offset"], &rows[1]["len"]),
        (&"lost".into(), &1.into(), &5.into())
    );
    assert_eq!(
        (&rows[2]["data"], &rows[2]["offset"]),
        (&"b".into(), &6.into())
    );
}

#[test]
fn a_stream_wants_its_connection() {
    for arguments in [
        &["--view", "stream"][..],
        &["--format", "raw"],
        &["--from", "client"],
        &["--view", "stream", "--connection", "1", "--format", "raw"],
    ] {
        assert_eq!(run(&talk().file(), arguments).0, 2, "{arguments:?}");
    }
}
