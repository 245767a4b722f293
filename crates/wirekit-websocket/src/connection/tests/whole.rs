//! Messages that are whole in the buffer, and frames that are awaited.

use super::*;

/// A message of `len` bytes in one frame, for an end with this role.
fn message(role: Role, first: u8, len: usize) -> Vec<u8> {
    frame(
        first,
        &std::vec![b'a'; len],
        (role == Role::Server).then_some(KEY),
    )
}

#[test]
fn a_message_that_just_is_whole_is_one_event() {
    for role in [Role::Server, Role::Client] {
        for len in [0, 1, 125, 126, 0xffff, 0x1_0000] {
            // The limit is reached, and not passed.
            let config = Config::new(role).limits(Limits::DEFAULT.max_frame_len(len as u64));
            let payload = std::vec![b'a'; len];
            let mut text = message(role, 0x81, len);
            let used = text.len();
            let event = Event::Text(core::str::from_utf8(&payload).unwrap());
            let received = Connection::new(config).receive(&mut text).unwrap();
            assert_eq!(received, Some((event, used)), "{role:?} {len}");
            let mut binary = message(role, 0x82, len);
            let received = Connection::new(config).receive(&mut binary).unwrap();
            assert_eq!(
                received,
                Some((Event::Binary(&payload), used)),
                "{role:?} {len}"
            );
        }
    }
}

#[test]
fn frames_up_to_a_length_are_awaited() {
    for role in [Role::Server, Role::Client] {
        let config = Config::new(role).whole_len(20);
        for (len, is_awaited) in [(20, true), (21, false)] {
            let mut wire = message(role, 0x81, len);
            let end = wire.len() - 1;
            let received = Connection::new(config).receive(&mut wire[..end]).unwrap();
            assert_eq!(received.is_none(), is_awaited, "{role:?} {len}");
        }
    }
}

#[test]
fn an_awaited_fragment_is_checked_as_text_where_its_message_is() {
    // RFC 6455 section 8.1; the second frame is not whole.
    for (first, is_text) in [(0x01, true), (0x02, false)] {
        let mut client = Connection::new(Config::CLIENT.whole_len(20));
        client.receive(&mut frame(first, b"a", None)).unwrap();
        let mut rest = frame(0x80, b"b\xff cd", None);
        let end = rest.len() - 1;
        let received = client.receive(&mut rest[..end]).map_err(Error::kind);
        let expected = if is_text {
            Err(ErrorKind::InvalidUtf8)
        } else {
            Ok(None)
        };
        assert_eq!(received, expected);
    }
}
