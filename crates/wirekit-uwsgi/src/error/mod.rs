mod encode;

use crate::Key;
pub use encode::EncodeError;

wirekit_macros::errors! {
    /// Bytes from the peer broke a rule: which rule, and at which byte of the slice that was passed.
    ///
    /// ```
    /// use wirekit_uwsgi::{ErrorKind, Vars};
    ///
    /// let error = Vars::parse(b"\x09\0PATH_INFO\x40\0/env").unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::ValueOverrun { len: 64, left: 4 });
    /// assert_eq!(error.offset(), 11); // the value's length
    /// ```
    pub struct Error;

    /// The rules that wire bytes can break.
    ///
    /// [`spec`](Self::spec) names a section of this crate's [`specification`](crate::specification), or of an RFC.
    ///
    /// ```
    /// use wirekit_uwsgi::ErrorKind;
    ///
    /// let kind = ErrorKind::ContentLengthSyntax;
    /// assert_eq!(kind.as_str(), "uwsgi.content_length_syntax"); // never renamed: for logs and metrics
    /// assert_eq!(kind.spec(), "RFC 3875 section 4.1.2");
    /// ```
    pub enum ErrorKind("uwsgi") {
        /// A var block ends inside the two bytes of a key's length.
        KeyLenTruncated = "key_len_truncated", "wirekit-uwsgi specification section 2", "block ends inside a key length";
        /// A key of zero bytes.
        EmptyKey = "empty_key", "wirekit-uwsgi specification section 2", "empty key";
        /// A key's length reaches past the end of its block.
        KeyOverrun { /** The length that was declared. */ len: u16 = 0, /** The bytes left in the block. */ left: u16 = 0 } = "key_overrun", "wirekit-uwsgi specification section 2", "key of {len} bytes where the block has {left} left";
        /// A var block ends after a key, before the two bytes of its value's length.
        ValueLenTruncated = "value_len_truncated", "wirekit-uwsgi specification section 2", "block ends before a value length";
        /// A value's length reaches past the end of its block.
        ValueOverrun { /** The length that was declared. */ len: u16 = 0, /** The bytes left in the block. */ left: u16 = 0 } = "value_overrun", "wirekit-uwsgi specification section 2", "value of {len} bytes where the block has {left} left";
        /// A key that may stand once stands twice, with different values.
        RepeatedKey { /** The key. */ key: Key = Key::ContentLength } = "repeated_key", "wirekit-uwsgi specification section 4.2", "{key} repeated with another value";
        /// `CONTENT_LENGTH` is not a row of ASCII digits.
        ContentLengthSyntax = "content_length_syntax", "RFC 3875 section 4.1.2", "content length is not a decimal number";
        /// `CONTENT_LENGTH` does not fit 64 bits.
        ContentLengthOverflow = "content_length_overflow", "RFC 3875 section 4.1.2", "content length does not fit 64 bits";
        /// A request on a persistent socket announces a body, which that variant would read as the next packet.
        BodyOnPersistent = "body_on_persistent", "wirekit-uwsgi specification section 4.4", "body announced on a persistent socket";
        /// A request without a length has a transfer coding other than `chunked`, so that its end is not known.
        BodyCoding = "body_coding", "wirekit-uwsgi specification section 4.5", "body of no length in a coding other than chunked";
        /// A chunk's line is no size in hexadecimal digits, does not end with CR LF, or a trailer is no field.
        ChunkSyntax = "chunk_syntax", "RFC 9112 section 7.1", "malformed chunk";
        /// A chunk's size does not fit 64 bits.
        ChunkSizeOverflow = "chunk_size_overflow", "RFC 9112 section 7.1", "chunk size does not fit 64 bits";
        /// The chunk extensions and trailers of a body are longer than what is passed over.
        ChunkLinesTooLong { /** The limit. */ max: usize = 0 } = "chunk_lines_too_long", "RFC 9112 section 7.1", "more than {max} bytes of chunk extensions and trailers";
        /// An answer's `Status` is not three digits and a reason.
        StatusSyntax = "status_syntax", "wirekit-uwsgi specification section 5.1", "not a status";
        /// An answer's status does not start with 1 to 5, so it is not between 100 and 599.
        StatusRange { /** The first digit. */ found: u16 = 0 } = "status_range", "wirekit-uwsgi specification section 5.1", "no status starts with {found}";
        /// Two statuses in one head.
        StatusConflict = "status_conflict", "wirekit-uwsgi specification section 5.1", "two statuses";
        /// A line of a head is not a token, a colon and a value.
        FieldSyntax = "field_syntax", "wirekit-uwsgi specification section 5.2", "not a field line";
        /// A field line starts with white space.
        FieldFolded = "field_folded", "wirekit-uwsgi specification section 5.2", "folded field line";
        /// A control character stands in a head, such as NUL or a bare CR.
        FieldByte = "field_byte", "wirekit-uwsgi specification section 5.2", "control character in a head";
        /// A head is longer than the limit.
        HeadTooLong { /** The limit. */ max: usize = 0 } = "head_too_long", "wirekit-uwsgi specification section 5.2", "head longer than {max} bytes";
        /// A head has more fields than the caller's table holds.
        TooManyFields { /** The table's capacity. */ max: usize = 0 } = "too_many_fields", "wirekit-uwsgi specification section 5.2", "more than {max} fields";
        /// `Content-Length` stands twice, with different values.
        ContentLengthConflict = "content_length_conflict", "wirekit-uwsgi specification section 5.3", "two content lengths";
        /// An answer's transfer coding is not `chunked` alone.
        TransferCoding = "transfer_coding", "wirekit-uwsgi specification section 5.3", "transfer coding other than chunked";
        /// An answer has both a length and a transfer coding.
        LengthAndCoding = "length_and_coding", "wirekit-uwsgi specification section 5.3", "both a length and a transfer coding";
        /// 101 although the request asked for no other protocol.
        UnexpectedSwitch = "unexpected_switch", "wirekit-uwsgi specification section 5.5", "switch of protocols that nobody asked for";
        /// The application closed the connection without a byte, which is how uWSGI says no.
        NoAnswer = "no_answer", "wirekit-uwsgi specification section 5.6", "no answer";
        /// The application closed the connection inside a head.
        HeadTruncated = "head_truncated", "wirekit-uwsgi specification section 5.6", "answer ends inside its head";
        /// The connection ends before the length that was announced for a body.
        BodyTruncated { /** The bytes that are not there. */ missing: u64 = 0 } = "body_truncated", "RFC 9112 section 8", "body ends {missing} bytes before its length";
        /// The connection ends inside a request's chunked body.
        ChunksTruncated = "chunks_truncated", "RFC 9112 section 8", "chunked body ends before its last chunk";
        /// The connection ends inside a packet.
        PacketTruncated = "packet_truncated", "wirekit-uwsgi specification section 1", "connection ends inside a packet";
        /// An array block ends inside the two bytes of an item's length.
        ItemLenTruncated = "item_len_truncated", "wirekit-uwsgi specification section 3", "array ends inside an item length";
        /// An item's length reaches past the end of its array.
        ItemOverrun { /** The length that was declared. */ len: u16 = 0, /** The bytes left in the block. */ left: u16 = 0 } = "item_overrun", "wirekit-uwsgi specification section 3", "item of {len} bytes where the array has {left} left";
        /// A packet's modifier is none that can stand here.
        WrongModifier { /** The modifier. */ found: u8 = 0 } = "wrong_modifier", "wirekit-uwsgi specification section 6", "modifier {found} cannot stand here";
        /// A remote call without a function's name.
        EmptyCall = "empty_call", "wirekit-uwsgi specification section 7.1", "call without a function";
        /// A variable that must be there is not.
        MissingVar { /** The variable's key. */ name: &'static str = "" } = "missing_var", "wirekit-uwsgi specification section 4.1", "{name} is missing";
        /// A number in a subscription is not a row of ASCII digits.
        NumberSyntax = "number_syntax", "wirekit-uwsgi specification section 7.6", "not a decimal number";
        /// A number in a subscription is larger than its field can be.
        NumberOverflow = "number_overflow", "wirekit-uwsgi specification section 7.6", "number too large for its field";
        /// A variable stands behind the signature of a subscription, which does not cover it.
        BehindSignature = "behind_signature", "wirekit-uwsgi specification section 7.6", "variable behind the signature";
        /// A datagram ends before its packet does.
        DatagramTruncated { /** The bytes that the packet takes. */ needed: usize = 0 } = "datagram_truncated", "wirekit-uwsgi specification section 1", "datagram holds less than the {needed} bytes of its packet";
        /// A datagram goes on after its packet.
        DatagramTrailing = "datagram_trailing", "wirekit-uwsgi specification section 1", "bytes after the packet of a datagram";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_small() {
        assert!(size_of::<Error>() <= 32);
    }

    #[test]
    fn a_shift_moves_the_offset_only() {
        let error = Error::new(ErrorKind::EmptyKey, 3).shifted(4);
        assert_eq!((error.kind(), error.offset()), (ErrorKind::EmptyKey, 7));
    }
}
