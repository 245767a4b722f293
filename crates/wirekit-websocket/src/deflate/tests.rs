mod parking;

use alloc::vec::Vec;

use super::{Deflate, Direction, Inflate, Level, Pool, Takeover, WindowBits};
use crate::{
    Close, CloseCode, Config, Connection, Data, Error, ErrorKind, Limits, MessageKind, Part, Rsv,
    SendError,
};

const DROPPED: Direction = Direction {
    takeover: Takeover::Dropped,
    window_bits: WindowBits::MAX,
};

fn packed(part: Part, bytes: &[u8]) -> Data<'_> {
    Data {
        kind: MessageKind::Binary,
        part,
        rsv: Rsv::RSV1,
        bytes,
    }
}

fn plain(part: Part, bytes: &[u8]) -> Data<'_> {
    Data {
        kind: MessageKind::Binary,
        part,
        rsv: Rsv::NONE,
        bytes,
    }
}

fn inflate() -> Inflate {
    Inflate::new(Direction::DEFAULT, &Limits::DEFAULT)
}

/// Takes a message out in one go, in pieces of `room` bytes, and from fragments of every size.
fn check_message(messages: &[(&[u8], &[u8])]) {
    let mut whole = inflate();
    for (bytes, expected) in messages {
        let mut out = Vec::new();
        whole
            .decode_to(packed(Part::Whole, bytes), &mut out)
            .unwrap();
        assert_eq!(out, *expected, "{bytes:x?}");
    }
    for room in [1, 2, 3, 64] {
        for fragment in [1, 2, 5, 1000] {
            let mut pieces = inflate();
            for (bytes, expected) in messages {
                let mut out = Vec::new();
                let mut parts = Vec::new();
                let last = bytes.len().div_ceil(fragment).max(1) - 1;
                for index in 0..=last {
                    let end = bytes.len().min((index + 1) * fragment);
                    let part = match (index == 0, index == last) {
                        (true, true) => Part::Whole,
                        (true, false) => Part::First,
                        (false, false) => Part::Middle,
                        (false, true) => Part::Last,
                    };
                    let mut chunk = [0; 64];
                    let mut decoding = pieces.decode(packed(part, &bytes[index * fragment..end]));
                    while let Some(data) = decoding.next(&mut chunk[..room]).unwrap() {
                        out.extend_from_slice(data.bytes);
                        parts.push(data.part);
                    }
                }
                assert_eq!(out, *expected, "{bytes:x?} in {fragment} by {room}");
                let firsts = parts.iter().filter(|part| part.is_first()).count();
                let lasts = parts.iter().filter(|part| part.is_last()).count();
                assert_eq!((firsts, lasts), (1, 1), "{parts:?}");
                assert!(parts.first().unwrap().is_first() && parts.last().unwrap().is_last());
            }
        }
    }
}

#[test]
fn examples_of_section_7_2_3_come_out() {
    let hello = b"Hello";
    // 7.2.3.1, one block; 7.2.3.2, the same again by reference.
    check_message(&[
        (b"\xf2\x48\xcd\xc9\xc9\x07\x00", hello),
        (b"\xf2\x00\x11\x00\x00", hello),
    ]);
    // 7.2.3.3, a block without compression.
    check_message(&[(b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", hello)]);
    // 7.2.3.4, a block with BFINAL set.
    check_message(&[
        (b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", hello),
        (b"\xf2\x00\x11\x00\x00", hello),
    ]);
    // 7.2.3.5, two blocks.
    check_message(&[(
        b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00",
        hello,
    )]);
    // 7.2.3.6, an empty message.
    check_message(&[(b"\x00", b""), (b"\xf2\x48\xcd\xc9\xc9\x07\x00", hello)]);
    // Not in the RFC: no byte at all, and a last block that ends the message.
    check_message(&[
        (b"", b""),
        (b"\xf2\x48\xcd\xc9\xc9\x07\x00", hello),
        (b"", b""),
        (b"\xf2\x00\x11\x00\x00", hello),
    ]);
    check_message(&[
        (b"\xf3\x48\xcd\xc9\xc9\x07\x00", hello),
        (b"\xf2\x00\x11\x00\x00", hello),
    ]);
    // RFC 1951 section 3.2.3: BFINAL in the header of the empty block whose body is the tail.
    check_message(&[
        (b"\xf2\x48\xcd\xc9\xc9\x07\x04", hello),
        (b"\xf2\x00\x11\x00\x00", hello),
    ]);
    // Nor this: the tail of section 7.2.1 left on.
    check_message(&[
        (b"\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff", hello),
        (b"\xf2\x00\x11\x00\x00", hello),
        (b"\x00\x00\x00\xff\xff", b""),
        (b"\xf2\x00\x11\x00\x00\x00\x00\xff\xff", hello),
    ]);
}

#[test]
fn what_is_not_deflate_is_refused_forever() {
    #[rustfmt::skip]
    let rows: [(&[u8], ErrorKind); 7] = [
        (b"\x00\x00\xff\xff",             ErrorKind::InvalidDeflate), // the tail of no block
        (b"\xf2\x48\xcd\x00\x00\xff\xff", ErrorKind::InvalidDeflate),
        (b"\x00\x09\x00\xf6\xff\x00\x00\xff\xff", ErrorKind::InvalidDeflate), // inside a block that looks like it
        (b"\x06",                         ErrorKind::InvalidDeflate), // RFC 1951 section 3.2.3: BTYPE 11
        (b"\x00\x05\x00\x05\x00Hello",    ErrorKind::InvalidDeflate), // section 3.2.4: LEN and NLEN
        (b"\xf2\x00\x11\x00\x00",         ErrorKind::InvalidDeflate), // a distance before the first byte
        (b"\xff\xff\xff\xff\xff\xff\xff", ErrorKind::InvalidDeflate),
    ];
    for (bytes, kind) in rows {
        let mut inflate = inflate();
        let mut out = Vec::new();
        let error = inflate
            .decode_to(packed(Part::Whole, bytes), &mut out)
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{bytes:x?}");
        assert!(error.offset() <= bytes.len());
        assert_eq!(error.close_code(), CloseCode::INVALID_PAYLOAD);
        let again = inflate.decode_to(
            packed(Part::Whole, b"\xf2\x48\xcd\xc9\xc9\x07\x00"),
            &mut out,
        );
        assert_eq!(again, Err(error));
    }
}

/// RFC 7692 section 7.2.2: what a message ends with is the header of an empty block, and no prefix of these does but the
/// first byte of a stored block, which is the empty message of section 7.2.3.6.
#[test]
fn a_message_cut_inside_a_block_is_refused() {
    let words: Vec<u8> = (0..400u32)
        .flat_map(|word| std::format!("{}", word * word % 613).into_bytes())
        .collect();
    for level in [0, 1, 6] {
        for text in [&b"Hello"[..], &words] {
            let mut deflate = Deflate::new(Direction::DEFAULT, Level::new(level).unwrap());
            let whole = deflate.encode(plain(Part::Whole, text)).unwrap().bytes;
            for len in 1 + usize::from(level == 0)..whole.len() {
                let cut = packed(Part::Whole, &whole[..len]);
                let error = inflate().decode_to(cut, &mut Vec::new()).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidDeflate, "{level} {len}");
                let (mut pieces, mut room) = (inflate(), [0; 3]);
                let mut pieces = pieces.decode(cut);
                let error = loop {
                    match pieces.next(&mut room) {
                        Ok(piece) => assert!(piece.is_some_and(|piece| !piece.part.is_last())),
                        Err(error) => break error,
                    }
                };
                assert_eq!(error.kind(), ErrorKind::InvalidDeflate, "{level} {len}");
            }
        }
    }
}

#[test]
fn messages_stand_alone_without_takeover() {
    let mut inflate = Inflate::new(DROPPED, &Limits::DEFAULT);
    let mut out = Vec::new();
    inflate
        .decode_to(
            packed(Part::Whole, b"\xf2\x48\xcd\xc9\xc9\x07\x00"),
            &mut out,
        )
        .unwrap();
    let error = inflate
        .decode_to(packed(Part::Whole, b"\xf2\x00\x11\x00\x00"), &mut out)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidDeflate);

    let mut deflate = Deflate::new(DROPPED, Level::DEFAULT);
    let first = deflate
        .encode(plain(Part::Whole, b"Hello, hello, hello"))
        .unwrap()
        .bytes
        .to_vec();
    let second = deflate
        .encode(plain(Part::Whole, b"Hello, hello, hello"))
        .unwrap()
        .bytes
        .to_vec();
    assert_eq!(first, second);
}

#[test]
fn text_is_checked_as_it_comes_out() {
    let text = |bytes: &'static [u8]| Data {
        kind: MessageKind::Text,
        ..plain(Part::Whole, bytes)
    };
    let pack = |bytes: &'static [u8]| {
        let mut deflate = Deflate::new(Direction::DEFAULT, Level::DEFAULT);
        deflate
            .encode(plain(Part::Whole, bytes))
            .unwrap()
            .bytes
            .to_vec()
    };
    #[rustfmt::skip]
    let rows: [(&'static [u8], Option<ErrorKind>); 4] = [
        ("grüße".as_bytes(), None),
        (b"caf\xe9 au lait", Some(ErrorKind::InvalidUtf8)),
        (b"caf\xc3",         Some(ErrorKind::TruncatedUtf8)),
        (b"\xed\xa0\x80",     Some(ErrorKind::InvalidUtf8)),
    ];
    for (bytes, kind) in rows {
        for room in [1, 2, 100] {
            let wire = pack(bytes);
            let mut inflate = inflate();
            let mut pieces = inflate.decode(Data {
                kind: MessageKind::Text,
                ..packed(Part::Whole, &wire)
            });
            let mut chunk = [0; 100];
            let error = loop {
                match pieces.next(&mut chunk[..room]) {
                    Ok(Some(_)) => {}
                    Ok(None) => break None,
                    Err(error) => break Some(error.kind()),
                }
            };
            assert_eq!(error, kind, "{bytes:x?} by {room}");
        }
        // The sender checks as well, and has not moved when it refuses.
        let mut deflate = Deflate::new(Direction::DEFAULT, Level::DEFAULT);
        if kind.is_some() {
            assert!(matches!(
                deflate.encode(text(bytes)),
                Err(SendError::InvalidUtf8 { .. })
            ));
        }
        assert_eq!(
            deflate.encode(plain(Part::Whole, bytes)).unwrap().bytes,
            pack(bytes)
        );
    }
}

#[test]
fn a_bomb_fails_at_the_limit_without_a_buffer() {
    let mut deflate = Deflate::new(Direction::DEFAULT, Level::DEFAULT);
    let bomb = deflate
        .encode(plain(Part::Whole, &alloc::vec![0; 8 << 20]))
        .unwrap()
        .bytes
        .to_vec();
    assert!(bomb.len() < 10_000);
    let limits = Limits::DEFAULT.max_message_len(1 << 20);
    let too_long = ErrorKind::MessageTooLong { max: 1 << 20 };

    let mut out = Vec::new();
    let error = Inflate::new(Direction::DEFAULT, &limits)
        .decode_to(packed(Part::Whole, &bomb), &mut out)
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.close_code()),
        (too_long, CloseCode::MESSAGE_TOO_BIG)
    );
    assert!(out.capacity() <= 4 << 20, "{}", out.capacity());

    let mut inflate = Inflate::new(Direction::DEFAULT, &limits);
    let mut pieces = inflate.decode(packed(Part::Whole, &bomb));
    let mut chunk = [0; 4096];
    let mut len = 0;
    let error = loop {
        match pieces.next(&mut chunk) {
            Ok(data) => len += data.unwrap().bytes.len(),
            Err(error) => break error,
        }
    };
    assert_eq!((error.kind(), len), (too_long, 1 << 20));
    assert!(error.offset() < 2000, "most of the bomb was not looked at");

    // A message of just the limit is fine.
    let exact = deflate_once(&alloc::vec![7; 1 << 20]);
    let mut inflate = Inflate::new(Direction::DEFAULT, &limits);
    assert_eq!(
        inflate.decode_to(packed(Part::Whole, &exact), &mut Vec::new()),
        Ok(())
    );
}

fn deflate_once(bytes: &[u8]) -> Vec<u8> {
    Deflate::new(Direction::default(), Level::default())
        .encode(plain(Part::Whole, bytes))
        .unwrap()
        .bytes
        .to_vec()
}

#[test]
fn both_halves_agree_at_every_level_window_and_takeover() {
    let words: Vec<u8> = (0..40_000u32)
        .flat_map(|number| (number * number % 7919).to_le_bytes())
        .collect();
    for level in 0..=9 {
        for bits in 8..=15 {
            for takeover in [Takeover::Kept, Takeover::Dropped] {
                let direction = Direction {
                    takeover,
                    window_bits: WindowBits::new(bits).unwrap(),
                };
                let mut pool = Pool::new(1);
                let mut deflate = Deflate::new(direction, Level::new(level).unwrap());
                let mut inflate = Inflate::new(direction, &Limits::DEFAULT);
                let mut start = 0;
                for (round, len) in [0, 1, 5, 300, 0, 4000, 40_000, 7, 300]
                    .into_iter()
                    .enumerate()
                {
                    let message = &words[start..start + len];
                    start += len / 2;
                    let (front, back) = message.split_at(len / 3);
                    let mut out = Vec::new();
                    // Every other message in two frames; now and then the connection has been idle.
                    let parts: &[(Part, &[u8])] = match round % 2 {
                        0 => &[(Part::Whole, message)],
                        _ => &[(Part::First, front), (Part::Last, back)],
                    };
                    for &(part, bytes) in parts {
                        let data = deflate.encode(plain(part, bytes)).unwrap();
                        inflate.decode_to(data, &mut out).unwrap();
                    }
                    assert!(out == message, "level {level} {direction:?} round {round}");
                    if round % 3 == 0 {
                        deflate.park(&mut pool);
                        inflate.park(&mut pool);
                    }
                    if round % 4 == 0 {
                        deflate.unpark(&mut pool);
                        inflate.unpark(&mut pool);
                    }
                }
                assert!(deflate.parked_len() + inflate.parked_len() <= 48 << 10);
            }
        }
    }
}

#[test]
fn a_message_may_be_left_as_it_is() {
    let mut deflate = Deflate::new(Direction::DEFAULT, Level::DEFAULT);
    let mut inflate = inflate();
    let mut out = Vec::new();
    for _ in 0..3 {
        let data = deflate.encode(plain(Part::Whole, b"compressed ")).unwrap();
        inflate.decode_to(data, &mut out).unwrap();
        inflate
            .decode_to(plain(Part::Whole, b"as it is "), &mut out)
            .unwrap();
    }
    assert_eq!(
        out,
        b"compressed as it is compressed as it is compressed as it is "
    );
    let mut chunk = [0; 4];
    let mut pieces = inflate.decode(plain(Part::Whole, b"123456"));
    assert_eq!(
        pieces.next(&mut chunk),
        Ok(Some(plain(Part::First, b"1234")))
    );
    assert_eq!(pieces.next(&mut chunk), Ok(Some(plain(Part::Last, b"56"))));
    assert_eq!(pieces.next(&mut chunk), Ok(None));
}

#[test]
fn a_refused_message_leaves_the_compressor_as_it_was() {
    let config = Config::SERVER.permessage_deflate();
    let hello = || Data::whole(MessageKind::Text, b"Hello");
    let send = |deflate: &mut Deflate, connection: &mut Connection| {
        let mut out = Vec::new();
        let len = deflate.send(connection, hello(), None, &mut out)?;
        assert_eq!(len, out.len());
        Ok::<_, SendError>(out)
    };
    let new = || Deflate::new(Direction::DEFAULT, Level::FAST);
    let expected = send(&mut new(), &mut Connection::new(config)).unwrap();
    // An end that has not negotiated it, and one that has sent a Close frame.
    let mut closed = Connection::new(config);
    let close = Close {
        code: CloseCode::GOING_AWAY,
        reason: "",
    };
    closed.send_close(close, None, &mut Vec::new()).unwrap();
    #[rustfmt::skip]
    let rows = [
        (Connection::new(Config::SERVER), SendError::ReservedBits { rsv: Rsv::RSV1 }),
        (closed,                          SendError::CloseSent),
    ];
    for (mut refusing, error) in rows {
        let mut deflate = new();
        assert_eq!(send(&mut deflate, &mut refusing), Err(error));
        // A window with "Hello" in it would make it shorter.
        let sent = send(&mut deflate, &mut Connection::new(config));
        assert_eq!(sent.as_ref(), Ok(&expected));
    }
}

#[test]
fn an_output_that_just_has_room_will_do() {
    let config = Config::SERVER.permessage_deflate();
    // What cannot be compressed needs the most.
    let noise: Vec<u8> = (0..1000u32)
        .map(|number| number.wrapping_mul(0x9e37_79b9).to_be_bytes()[0])
        .collect();
    for bytes in [b"Hello", &noise[..]] {
        let message = Data::whole(MessageKind::Binary, bytes);
        let send = |mut out: &mut [u8]| {
            let mut deflate = Deflate::new(Direction::DEFAULT, Level::FAST);
            deflate.send(&mut Connection::new(config), message, None, &mut out)
        };
        let Err(SendError::OutputTooSmall { needed, available }) = send(&mut []) else {
            panic!("an output without room");
        };
        assert_eq!(available, 0);
        assert!(needed <= bytes.len() * 9 / 8 + 64 + crate::MAX_HEADER_LEN);
        let mut out = std::vec![0; needed];
        assert!(send(&mut out[1..]).is_err());
        assert!(send(&mut out).is_ok());
    }
}

#[test]
fn behind_a_mark_of_another_extension_nothing_is_text() {
    // RFC 6455 section 9.2: what its payload is, is for the extension to say, to the end of the message.
    let mut deflate = Deflate::new(Direction::DEFAULT, Level::FAST);
    let piece = |part, rsv| Data {
        kind: MessageKind::Text,
        part,
        rsv,
        bytes: b"\xff",
    };
    assert!(deflate.encode(piece(Part::Whole, Rsv::NONE)).is_err());
    assert!(deflate.encode(piece(Part::First, Rsv::RSV2)).is_ok());
    assert!(deflate.encode(piece(Part::Last, Rsv::NONE)).is_ok());
    let wire = deflate_once(b"\xff");
    let (front, back) = wire.split_at(1);
    for (mark, ended) in [
        (Rsv::RSV2, Ok(())),
        (Rsv::NONE, Err(ErrorKind::InvalidUtf8)),
    ] {
        let mut inflate = inflate();
        let mut decode = |part, rsv, bytes| {
            let kind = MessageKind::Text;
            #[rustfmt::skip]
            let data = Data { kind, part, rsv, bytes };
            inflate.decode_to(data, &mut Vec::new())
        };
        assert_eq!(decode(Part::First, Rsv::RSV1 | mark, front), Ok(()));
        let last = decode(Part::Last, Rsv::RSV1, back);
        assert_eq!(last.map_err(Error::kind), ended);
    }
}

#[test]
fn errors_keep_their_offset_inside() {
    let wire = b"\xf2\x48\xcd\xc9\xc9\x07\x00\x06";
    let error = inflate()
        .decode_to(packed(Part::Whole, wire), &mut Vec::new())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidDeflate);
    assert!(error.offset() <= wire.len());
    let _: Error = error.shifted(2);
}
