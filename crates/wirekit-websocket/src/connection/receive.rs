use super::{Connection, IncomingFrame, IncomingMessage, NextByte, Step};
use crate::utf8::whole_text_error;
use crate::{
    Data, Error, Event, FrameHeader, MaskingKey, MessageKind, Opcode, Part, Role, Rsv,
    Utf8Validator, arch, frame,
};

/// An unfragmented, uncompressed message that is whole in the input.
#[derive(Clone, Copy)]
struct WholeMessage {
    kind: MessageKind,
    header_len: usize,
    payload_len: usize,
    /// Zero where the frame is not masked.
    key: MaskingKey,
}

impl WholeMessage {
    /// Recognizes what nearly every frame is, from few bytes; anything else is for `receive_any`.
    #[inline]
    fn recognize<const MASKED: bool>(input: &[u8]) -> Option<Self> {
        let &[first, second, ..] = input else {
            return None;
        };
        let kind = match first {
            0x81 => MessageKind::Text,
            0x82 => MessageKind::Binary,
            _ => return None,
        };
        let (payload_len, key_at) = match second ^ if MASKED { 0x80 } else { 0 } {
            len @ 0..=125 => (usize::from(len), 2),
            126 => {
                let &[_, _, high, low, ..] = input else {
                    return None;
                };
                let len @ 126.. = usize::from(u16::from_be_bytes([high, low])) else {
                    return None;
                };
                (len, 4)
            }
            127 => {
                let &[_, _, a, b, c, d, e, f, g, h, ..] = input else {
                    return None;
                };
                let len @ 0x1_0000.. = u64::from_be_bytes([a, b, c, d, e, f, g, h]) else {
                    return None;
                };
                (usize::try_from(len).ok()?, 10)
            }
            _ => return None,
        };
        if MASKED {
            let (&key, payload) = input.get(key_at..)?.split_first_chunk()?;
            let message = Self {
                kind,
                header_len: key_at + 4,
                payload_len,
                key: MaskingKey(key),
            };
            (payload_len <= payload.len()).then_some(message)
        } else {
            let message = Self {
                kind,
                header_len: key_at,
                payload_len,
                key: MaskingKey([0; 4]),
            };
            (payload_len <= input.get(key_at..)?.len()).then_some(message)
        }
    }
}

impl Connection {
    /// Takes the next event from the start of `input` and says how many bytes it used; `None` asks for more bytes.
    ///
    /// Payloads are unmasked in place, once, and lent from there: what an event lends is the last of the bytes used, so that a
    /// caller who owns the buffer can split it off instead of copying it. A message in one frame that is whole in `input`
    /// is one event; otherwise its bytes are lent as they come (see also [`Config::whole_len`](crate::Config::whole_len)).
    /// Control frames are awaited whole, so a buffer of 139 bytes is enough for everything. Text is checked as it
    /// arrives and fails inside an incomplete frame. `None` leaves `input` untouched; after the peer's Close frame
    /// it is the only answer.
    ///
    /// # Errors
    ///
    /// Any [`ErrorKind`](crate::ErrorKind) but those of compression and of the transport's end. The first error is final and is
    /// returned forever; a Close frame with its [`close_code`](Error::close_code) is then due, and `send_due` writes it.
    #[inline]
    pub fn receive<'i>(
        &mut self,
        input: &'i mut [u8],
    ) -> Result<Option<(Event<'i>, usize)>, Error> {
        if self.next_byte == NextByte::OfMessage {
            let message = match self.config.role {
                Role::Server => WholeMessage::recognize::<true>(input),
                Role::Client => WholeMessage::recognize::<false>(input),
            };
            if let Some(message) = message
                && message.payload_len as u64 <= self.max_whole_message_len
            {
                return self.receive_whole_message(message, input);
            }
        }
        self.receive_any(input)
    }

    #[inline]
    fn receive_whole_message<'i>(
        &mut self,
        message: WholeMessage,
        input: &'i mut [u8],
    ) -> Result<Option<(Event<'i>, usize)>, Error> {
        let WholeMessage {
            kind,
            header_len,
            payload_len,
            key,
        } = message;
        let used = header_len + payload_len;
        let payload = input.get_mut(header_len..used).unwrap_or_default();
        self.frame.checked_len = 0;
        match (kind, self.config.role) {
            (MessageKind::Binary, Role::Server) => arch::unmask(payload, key),
            (MessageKind::Binary, Role::Client) => {}
            (MessageKind::Text, Role::Server) => {
                return match arch::unmask_text(payload, key) {
                    Ok(text) => Ok(Some((Event::Text(text), used))),
                    Err(bytes) => Err(self.fail(whole_text_error(bytes).shifted(header_len))),
                };
            }
            (MessageKind::Text, Role::Client) => {
                return match arch::as_text(payload) {
                    Some(text) => Ok(Some((Event::Text(text), used))),
                    None => Err(self.fail(whole_text_error(payload).shifted(header_len))),
                };
            }
        }
        Ok(Some((Event::Binary(payload), used)))
    }

    #[inline(never)]
    fn receive_any<'i>(
        &mut self,
        input: &'i mut [u8],
    ) -> Result<Option<(Event<'i>, usize)>, Error> {
        match self.next_byte {
            NextByte::OfMessage | NextByte::OfFragment => {}
            NextByte::OfPayload => return self.receive_payload(input, 0),
            NextByte::Nothing => return self.error.map_or(Ok(None), Err),
        }
        let Some((header, header_len)) =
            self.parse_header(input).map_err(|error| self.fail(error))?
        else {
            return Ok(None);
        };
        let available = input.len() - header_len;
        if header.opcode.is_control() {
            return self.receive_control(header, header_len, input);
        }
        if header.payload_len > available as u64 {
            if header.payload_len <= self.config.whole_len as u64 {
                let payload = input.get(header_len..).unwrap_or_default();
                return self
                    .check_ahead(header, payload)
                    .map_err(|error| self.fail(error.shifted(header_len)));
            }
            if available == 0 {
                return Ok(None);
            }
        }
        self.begin_frame(header);
        self.receive_payload(input, header_len)
    }

    pub(super) fn parse_header(&self, input: &[u8]) -> Result<Option<(FrameHeader, usize)>, Error> {
        frame::parse(input, self)
    }

    fn begin_frame(&mut self, header: FrameHeader) {
        let message_bits = self.config.reserved_bits.of_messages();
        let message = self.message.get_or_insert(IncomingMessage {
            kind: if header.opcode == Opcode::TEXT {
                MessageKind::Text
            } else {
                MessageKind::Binary
            },
            rsv: Rsv::NONE,
            begun: false,
            len: 0,
            fragments: 0,
            text: Utf8Validator::new(),
        });
        message.len += header.payload_len;
        message.fragments += 1;
        message.rsv |= header.rsv;
        self.frame = IncomingFrame {
            fin: header.fin,
            rsv: header.rsv | message.rsv.intersection(message_bits),
            key: header.masking_key,
            remaining: header.payload_len,
            checked_len: 0,
            checked: Utf8Validator::new(),
        };
        self.next_byte = NextByte::OfPayload;
    }

    /// Lends payload bytes from `start` on: those of the current frame, as many as there are.
    fn receive_payload<'i>(
        &mut self,
        input: &'i mut [u8],
        start: usize,
    ) -> Result<Option<(Event<'i>, usize)>, Error> {
        let available = input.len() - start;
        if available == 0 && self.frame.remaining > 0 {
            return Ok(None);
        }
        let Some(mut message) = self.message else {
            return Ok(None);
        };
        let len = usize::try_from(self.frame.remaining)
            .map_or(available, |remaining| remaining.min(available));
        let used = start + len;
        let bytes = input.get_mut(start..used).unwrap_or_default();

        let checked = matches!(message.kind, MessageKind::Text) && message.rsv.is_empty();
        match self.frame.key {
            Some(key) if checked => message.text.update_masked(bytes, key),
            Some(key) => {
                key.apply(bytes);
                Ok(())
            }
            None if checked => message.text.update(bytes),
            None => Ok(()),
        }
        .map_err(|error| self.fail(error.shifted(start)))?;

        self.frame.key = self.frame.key.map(|key| key.advanced(len));
        self.frame.remaining -= len as u64;
        let frame_ends = self.frame.remaining == 0;
        let message_ends = frame_ends && self.frame.fin;
        if message_ends && checked {
            message
                .text
                .finish(used)
                .map_err(|error| self.fail(error))?;
        }
        let part = match (message.begun, message_ends) {
            (false, true) => Part::Whole,
            (false, false) => Part::First,
            (true, false) => Part::Middle,
            (true, true) => Part::Last,
        };
        message.begun = true;
        self.message = (!message_ends).then_some(message);
        self.next_byte = match (frame_ends, message_ends) {
            (_, true) => NextByte::OfMessage,
            (true, false) => NextByte::OfFragment,
            (false, false) => NextByte::OfPayload,
        };
        let data = Data {
            kind: message.kind,
            part,
            rsv: self.frame.rsv,
            bytes,
        };
        Ok(Some((Event::Data(data), used)))
    }

    /// The frame is awaited whole. If it is text, what has arrived is checked nevertheless, each byte once.
    #[cold]
    fn check_ahead<T>(&mut self, header: FrameHeader, payload: &[u8]) -> Result<Option<T>, Error> {
        let (is_text, rsv, before) = match self.message {
            Some(message) => (message.kind == MessageKind::Text, message.rsv, message.text),
            None => (
                header.opcode == Opcode::TEXT,
                Rsv::NONE,
                Utf8Validator::new(),
            ),
        };
        if !is_text || !(rsv | header.rsv).is_empty() {
            return Ok(None);
        }
        if self.frame.checked_len == 0 {
            self.frame.checked = before;
        }
        let start = self.frame.checked_len;
        let arrived = payload.get(start..).unwrap_or_default();
        match header.masking_key {
            Some(key) => self
                .frame
                .checked
                .check_masked(arrived, key.advanced(start)),
            None => self.frame.checked.update(arrived),
        }
        .map_err(|error| error.shifted(start))?;
        self.frame.checked_len = payload.len();
        Ok(None)
    }

    #[cold]
    pub(super) fn fail(&mut self, error: Error) -> Error {
        self.error = Some(error);
        self.close_code = error.close_code();
        self.step(Step::Fail);
        error
    }
}
