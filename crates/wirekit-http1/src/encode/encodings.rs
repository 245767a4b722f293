/// The ways to encode a line with its fields, for its `impl`: `$head` checks them.
macro_rules! encodings {
    ($(#[$errors:meta])* $head:path) => {
        /// Appends the head, its empty line included, and returns its length.
        ///
        /// # Errors
        ///
        $(#[$errors])*
        #[cfg(feature = "alloc")]
        pub fn encode<'f, F>(
            &self,
            fields: F,
            body: BodyLength,
            out: &mut impl BufMut,
        ) -> Result<usize, EncodeError>
        where
            F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
        {
            $head(self, fields, body)?.write_to(&mut Appended(out))
        }

        /// Writes the head to the start of `out` and returns its length.
        ///
        /// # Errors
        ///
        /// As [`encode`](Self::encode).
        pub fn encode_to_slice<'f, F>(
            &self,
            fields: F,
            body: BodyLength,
            out: &mut [u8],
        ) -> Result<usize, EncodeError>
        where
            F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
        {
            $head(self, fields, body)?.write_to(&mut Slice(out))
        }

        /// The length of the encoded head.
        ///
        /// # Errors
        ///
        /// As [`encode`](Self::encode), but for the room.
        pub fn encoded_len<'f, F>(&self, fields: F, body: BodyLength) -> Result<usize, EncodeError>
        where
            F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
        {
            Ok($head(self, fields, body)?.len())
        }
    };
}

pub(super) use encodings;
