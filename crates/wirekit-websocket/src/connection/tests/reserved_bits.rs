use super::*;

/// A text whose bytes came in frames with these bits.
fn marked(marks: &[(Rsv, usize)], bytes: &[u8]) -> Received {
    Received::Message {
        kind: MessageKind::Text,
        marks: marks.into(),
        bytes: bytes.into(),
    }
}

#[test]
fn rsv1_marks_compressed_messages_where_negotiated() {
    let compressed = |bytes: &[u8]| marked(&[(Rsv::RSV1, bytes.len())], bytes);
    #[rustfmt::skip]
    let rows: &[Row<'_>] = &[
        (&[(0xc1, b"\xff\xff")], &[compressed(b"\xff\xff")], None),                           // RFC 7692 6.1
        (&[(0x41, b"\xff"), (0x80, b"\xc0")], &[compressed(b"\xff\xc0")], None),              // RFC 7692 6.1
        (&[(0x81, b"ab")], &[text("ab")], None),                                              // RFC 7692 6
        (&[(0x41, b"a"), (0xc0, b"b")], &[], Some((ErrorKind::ReservedBits { rsv: Rsv::RSV1 }, 0))), // RFC 7692 6.1
        (&[(0xc9, b"a")], &[], Some((ErrorKind::ReservedBits { rsv: Rsv::RSV1 }, 0))),        // RFC 7692 6.1
        (&[(0xe1, b"a")], &[], Some((ErrorKind::ReservedBits { rsv: Rsv::RSV2 }, 0))),        // 5.2
    ];
    for &row in rows {
        check(|role| Config::new(role).permessage_deflate(), row);
    }
}

#[test]
fn extensions_own_bits_of_data_frames() {
    let binary = Received::Message {
        kind: MessageKind::Binary,
        marks: [(Rsv::RSV2, 1)].into(),
        bytes: b"a".into(),
    };
    let plain = |len| (Rsv::NONE, len);
    let error = |rsv| Some((ErrorKind::ReservedBits { rsv }, 0));
    #[rustfmt::skip]
    let rows: &[Row<'_>] = &[
        (&[(0xa2, b"a")], &[binary], None),            // 5.2
        (&[(0x81, b"a"), (0xb1, b"\xff")], &[text("a"), marked(&[(Rsv(3), 1)], b"\xff")], None),      // 9.2: extension data is no text
        (&[(0x01, b"a"), (0xa0, b"\xff")], &[marked(&[plain(1), (Rsv::RSV2, 1)], b"a\xff")], None),             // 9.2: bits of one frame
        (&[(0x21, b"\xff"), (0x80, b"\xff")], &[marked(&[(Rsv::RSV2, 1), plain(1)], b"\xff\xff")], None),
        (&[(0x01, b"\xce"), (0xa0, b"a")], &[marked(&[plain(1), (Rsv::RSV2, 1)], b"\xcea")], None),
        (&[(0x01, b"\xff")], &[], Some((ErrorKind::InvalidUtf8, 2))),                         // 8.1: before the first bit
        (&[(0xc1, b"a")], &[], error(Rsv::RSV1)),                                             // 5.2: not negotiated
        (&[(0xf1, b"a")], &[], error(Rsv::RSV1)),
        (&[(0xa9, b"a")], &[], error(Rsv::RSV2)),                                             // 5.5: control frames have none
        (&[(0x98, b"")], &[], error(Rsv::RSV3)),
    ];
    for &row in rows {
        check(|role| Config::new(role).reserved_bits(Rsv(3)), row);
    }
    // RFC 7692 section 6.1 keeps RSV1 to the first frame, whatever else is negotiated, in either order.
    let with_both: [fn(Role) -> Config; 2] = [
        |role| Config::new(role).reserved_bits(Rsv(6)).permessage_deflate(),
        |role| Config::new(role).permessage_deflate().reserved_bits(Rsv(6)),
    ];
    #[rustfmt::skip]
    let rows: &[Row<'_>] = &[
        (&[(0x61, b"\xff"), (0xa0, b"b")], &[marked(&[(Rsv(6), 2)], b"\xffb")], None),
        (&[(0x41, b"a"), (0xc0, b"b")], &[], error(Rsv::RSV1)),
        (&[(0x91, b"a")], &[], error(Rsv::RSV3)),
    ];
    for config in with_both {
        rows.iter().for_each(|&row| check(config, row));
    }
    // Without compression, RSV1 is like the others.
    let row: Row<'_> = (
        &[(0x41, b"a"), (0xc0, b"b")],
        &[marked(&[(Rsv::RSV1, 2)], b"ab")],
        None,
    );
    check(|role| Config::new(role).reserved_bits(Rsv::RSV1), row);
}

#[test]
fn each_piece_has_the_bits_of_its_frame() {
    let mut server = Connection::new(Config::SERVER.permessage_deflate().reserved_bits(Rsv(7)));
    let mut client = Connection::new(Config::CLIENT.permessage_deflate().reserved_bits(Rsv(7)));
    let piece = |part, rsv, bytes| Data {
        kind: MessageKind::Text,
        part,
        rsv,
        bytes,
    };
    let mut wire = Vec::new();
    // The message is compressed, as the pieces say; the wire says it once (RFC 7692 section 6.1).
    let pieces = [
        piece(Part::First, Rsv(5), b"a"),
        piece(Part::Middle, Rsv(4), b"b"),
        piece(Part::Last, Rsv(6), b"c"),
    ];
    for data in pieces {
        server.send_data(data, None, &mut wire).unwrap();
    }
    assert_eq!(wire, b"\x51\x01a\x00\x01b\xa0\x01c");
    let mut rest = &mut wire[..];
    for data in pieces {
        assert_eq!(client.receive(rest), Ok(Some((Event::Data(data), 3))));
        rest = &mut rest[3..];
    }
}

#[test]
fn bits_to_send_need_an_owner() {
    let mut server = Connection::new(Config::SERVER.permessage_deflate().reserved_bits(Rsv::RSV2));
    let mut out = Vec::new();
    let piece = |part, rsv, bytes| Data {
        kind: MessageKind::Text,
        part,
        rsv,
        bytes,
    };
    let unowned = |rsv| Err(SendError::ReservedBits { rsv });
    #[rustfmt::skip]
    let rows = [
        (piece(Part::Whole, Rsv(3), b"a"), unowned(Rsv::RSV3)),                   // 5.2
        (piece(Part::Whole, Rsv(8), b"a"), unowned(Rsv(8))),                      // no bit of a frame
        (piece(Part::Whole, Rsv::NONE, b"\xff"), Err(SendError::InvalidUtf8 { offset: 0 })),
        (piece(Part::First, Rsv::NONE, b"\xce"), Ok(3)),
        (piece(Part::Middle, Rsv::RSV1, b"a"), Err(SendError::OutsideMessage)),   // RFC 7692 6.1: begun without
        (piece(Part::Middle, Rsv::NONE, b"a"), Err(SendError::InvalidUtf8 { offset: 0 })),
        (piece(Part::Middle, Rsv::RSV2, b"\xff"), Ok(3)),                         // 9.2: for the extension to say
        (piece(Part::Last, Rsv::NONE, b"\xff"), Ok(3)),
        (piece(Part::Whole, Rsv::NONE, b"a"), Ok(3)),
    ];
    for (data, result) in rows {
        assert_eq!(server.send_data(data, None, &mut out), result, "{data:?}");
    }
    assert_eq!(out, b"\x01\x01\xce\x20\x01\xff\x80\x01\xff\x81\x01a");
}
