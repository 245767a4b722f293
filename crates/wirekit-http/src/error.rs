wirekit_macros::errors! {
    /// The rule that a field value broke, and where: the offset counts bytes from the start of the value.
    ///
    /// ```
    /// use wirekit_http::{ErrorKind, Parameters};
    ///
    /// let error = Parameters::parse(b"; charset = utf-8").unwrap_err();
    /// assert_eq!((error.kind(), error.offset()), (ErrorKind::ParameterEquals, 9)); // RFC 9110 section 5.6.6: no space there
    /// ```
    pub struct Error;

    /// A rule of the grammar of a field value; each names its section of RFC 9110 or RFC 7239.
    ///
    /// ```
    /// use wirekit_http::ErrorKind;
    ///
    /// let kind = ErrorKind::EntityTag;
    /// assert_eq!(kind.spec(), "RFC 9110 section 8.8.3");
    /// assert_eq!(kind.as_str(), "http.entity_tag"); // never renamed: for logs and metrics
    /// ```
    pub enum ErrorKind("http") {
        /// A token ends or is missing where another byte stands.
        Token = "token", "RFC 9110 section 5.6.2", "no token";
        /// A list has more empty elements than were allowed.
        EmptyElement = "empty_element", "RFC 9110 section 5.6.1.2", "empty list element beyond those allowed";
        /// A quoted string is not closed.
        QuotedStringOpen = "quoted_string_open", "RFC 9110 section 5.6.4", "quoted string that does not end";
        /// A byte that a quoted string does not have: a control character.
        QuotedStringByte = "quoted_string_byte", "RFC 9110 section 5.6.4", "byte that no quoted string has";
        /// A parameter's name is not directly followed by `=`.
        ParameterEquals = "parameter_equals", "RFC 9110 section 5.6.6", "parameter name without an equals sign behind it";
        /// A parameter's value is neither a token nor a quoted string.
        ParameterValue = "parameter_value", "RFC 9110 section 5.6.6", "parameter value that is no token and no quoted string";
        /// Something other than `;` follows a parameter.
        ParameterDelimiter = "parameter_delimiter", "RFC 9110 section 5.6.6", "byte other than a semicolon between parameters";
        /// A parameter of `Forwarded` is there twice in one element.
        RepeatedParameter = "repeated_parameter", "RFC 7239 section 4", "parameter that the element has already";
        /// `for` or `by` of `Forwarded` is no node.
        Node = "node", "RFC 7239 section 6", "neither an address, nor unknown, nor an obfuscated identifier";
        /// A member of `Via` does not begin with a protocol, or has no recipient behind it.
        ViaMember = "via_member", "RFC 9110 section 7.6.3", "no received protocol and recipient";
        /// A comment is not closed, or has a byte that comments do not have.
        Comment = "comment", "RFC 9110 section 5.6.5", "comment that does not end, or a byte that it cannot have";
        /// An entity tag is not quoted, does not end or is followed by something.
        EntityTag = "entity_tag", "RFC 9110 section 8.8.3", "no entity tag";
        /// A range has another unit than bytes, or none.
        RangeUnit = "range_unit", "RFC 9110 section 14.1", "range unit other than bytes";
        /// A byte range is none, or ends before it begins.
        RangeSpec = "range_spec", "RFC 9110 section 14.1.2", "no byte range";
        /// There are more ranges than were allowed.
        TooManyRanges = "too_many_ranges", "RFC 9110 section 14.2", "more ranges than are allowed";
        /// `Content-Range` is none, or not within its own complete length.
        ContentRange = "content_range", "RFC 9110 section 14.4", "no range within a complete length";
        /// A media type or range has not the form `type/subtype`.
        MediaType = "media_type", "RFC 9110 section 8.3.1", "no media type";
        /// A weight is none of 0 to 1 with three digits at most.
        Weight = "weight", "RFC 9110 section 12.4.2", "no quality value";
        /// `Connection` names more fields than [`MAX_CONNECTION_OPTIONS`](crate::MAX_CONNECTION_OPTIONS).
        TooManyConnectionOptions = "too_many_connection_options", "RFC 9110 section 7.6.1", "more connection options than are kept";
    }
}

wirekit_macros::errors! {
    /// What kept a value from being encoded: the caller's side. Nothing was written.
    ///
    /// ```
    /// use wirekit_http::{EncodeError, encode_value};
    ///
    /// let mut out = [0; 4];
    /// assert_eq!(encode_value(b"a\nb", &mut out), Err(EncodeError::InvalidByte { offset: 1 })); // RFC 9110 section 5.6.4
    /// assert!(encode_value(b"a token", &mut out).is_err()); // no room
    /// ```
    pub enum EncodeError {
        /// The value holds a byte that the grammar has no form for, such as a control character.
        InvalidByte { /** Its place in the value. */ offset: usize } = "byte {offset} of the value cannot be written";
        /// A name is not a token.
        InvalidToken = "name is no token";
        /// A range ends before it begins, or is not within the complete length.
        InvalidRange = "range is not within the complete length";
        /// The output has no room for the value.
        OutputTooSmall { /** The length of the encoded value. */ needed: usize } = "output has no room for the {needed} bytes of the value";
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, ErrorKind};
    use std::string::ToString;

    #[test]
    fn errors_are_small_and_move_with_their_buffer() {
        assert!(size_of::<Error>() <= 32);
        let error = Error::new(ErrorKind::Token, 4).shifted(20);
        assert_eq!((error.kind(), error.offset()), (ErrorKind::Token, 24));
        assert_eq!(error.to_string(), "no token at byte 24");
    }
}
