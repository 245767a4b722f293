//! WebSocket frames behind a switch of protocols.

use super::answer::Answer;
use super::body::token;

/// Text messages of one client's conversation.
pub(super) fn frames(number: usize, count: usize, is_masked: bool) -> Vec<u8> {
    let mut frames = Vec::new();
    for at in 0..count {
        let text = token(number).repeat(1 + at);
        let len = u8::try_from(text.len()).expect("a short message");
        if is_masked {
            let mask = [1, 2, 3, 4];
            frames.extend([0x81, 0x80 | len]);
            frames.extend(mask);
            let bytes = text.bytes().zip(mask.into_iter().cycle());
            frames.extend(bytes.map(|(byte, mask)| byte ^ mask));
        } else {
            frames.extend([0x81, len]);
            frames.extend(text.bytes());
        }
    }
    frames
}

/// The answer that switches.
pub(super) fn switch() -> Answer {
    let wire = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    Answer::switch(wire)
}

/// What came through is what was sent, in order, with at most a Close frame of the gateway's own behind a whole frame.
pub(super) fn check(got: &[u8], sent: &[u8]) {
    if sent.starts_with(got) {
        return;
    }
    let mut at = 0;
    loop {
        let (got, sent) = (&got[at..], &sent[at..]);
        if got.first() == Some(&0x88) {
            let &[_, len, ..] = got else { return };
            let mask = usize::from(len >> 7) * 4;
            let len = 2 + mask + usize::from(len & 0x7f);
            assert!(got.len() <= len, "something behind a Close frame");
            return;
        }
        let &[_, len, ..] = sent else {
            panic!("what nobody sent: {}", got.escape_ascii())
        };
        let len = 2 + usize::from(len >> 7) * 4 + usize::from(len & 0x7f);
        let end = len.min(got.len());
        assert_eq!(got[..end], sent[..end], "a frame is another");
        if got.len() <= end {
            return;
        }
        at += len;
    }
}
