/// The methods by which a connection sends, for its `impl`: each appends to a buffer or writes to the start of a slice.
///
/// Both ends have the same ones. What differs is the line of a head, whose rules the caller's documentation states, and
/// what a send means for the end that does it: its own `head`, `data`, `data_apart` and `end`.
macro_rules! send_methods {
    ($(#[$head:meta])* $line:ident) => {
        $(#[$head])*
        #[cfg(feature = "alloc")]
        pub fn send_head<'f, F>(
            &mut self,
            line: &$line<'_>,
            fields: F,
            body: BodyLength,
            out: &mut impl BufMut,
        ) -> Result<usize, SendError>
        where
            F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
        {
            self.head(line, fields, body, &mut Appended(out))
        }

        /// [`send_head`](Self::send_head), to the start of a slice.
        ///
        /// # Errors
        ///
        /// As `send_head`.
        pub fn send_head_to_slice<'f, F>(
            &mut self,
            line: &$line<'_>,
            fields: F,
            body: BodyLength,
            out: &mut [u8],
        ) -> Result<usize, SendError>
        where
            F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
        {
            self.head(line, fields, body, &mut Slice(out))
        }

        /// Appends a piece of content, in a chunk where the body is chunked. In answer to HEAD it is taken, and nothing is
        /// written.
        ///
        /// # Errors
        ///
        /// [`SendError::State`], [`SendError::BodyTooLong`], [`SendError::BodyNotAllowed`] and [`SendError::Encode`];
        /// nothing has then changed.
        #[cfg(feature = "alloc")]
        pub fn send_data(
            &mut self,
            data: &[u8],
            out: &mut impl BufMut,
        ) -> Result<usize, SendError> {
            self.data(data, &mut Appended(out))
        }

        /// [`send_data`](Self::send_data), to the start of a slice.
        ///
        /// # Errors
        ///
        /// As `send_data`.
        pub fn send_data_to_slice(
            &mut self,
            data: &[u8],
            out: &mut [u8],
        ) -> Result<usize, SendError> {
            self.data(data, &mut Slice(out))
        }

        /// What to write around `len` bytes of content that the caller sends from where they lie.
        ///
        /// # Errors
        ///
        /// [`SendError::State`], [`SendError::BodyTooLong`] and [`SendError::BodyNotAllowed`], in answer to HEAD too: the
        /// content must not be written. Nothing has then changed.
        pub fn send_data_apart(&mut self, len: u64) -> Result<DataFrame, SendError> {
            self.data_apart(len)
        }

        /// Appends the end of the message, with the trailers of a chunked body.
        ///
        /// # Errors
        ///
        /// [`SendError::State`], [`SendError::BodyTooShort`], [`SendError::TrailersNotAllowed`] and
        /// [`SendError::Encode`]; nothing has then changed.
        #[cfg(feature = "alloc")]
        pub fn send_end(
            &mut self,
            trailers: &[Field<'_>],
            out: &mut impl BufMut,
        ) -> Result<usize, SendError> {
            self.end(trailers, &mut Appended(out))
        }

        /// [`send_end`](Self::send_end), to the start of a slice.
        ///
        /// # Errors
        ///
        /// As `send_end`.
        pub fn send_end_to_slice(
            &mut self,
            trailers: &[Field<'_>],
            out: &mut [u8],
        ) -> Result<usize, SendError> {
            self.end(trailers, &mut Slice(out))
        }
    };
}

/// The methods that come with `alloc`, by those to a slice: for the tests of a build without it.
#[cfg(all(test, not(feature = "alloc")))]
macro_rules! send_methods_to_vec {
    ($line:ident) => {
        fn send_head<'f, F>(
            &mut self,
            line: &$line<'_>,
            fields: F,
            body: BodyLength,
            out: &mut Vec<u8>,
        ) -> Result<usize, SendError>
        where
            F: IntoIterator<Item: core::borrow::Borrow<Field<'f>>> + Clone,
        {
            append(out, |room| {
                self.send_head_to_slice(line, fields, body, room)
            })
        }

        fn send_data(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<usize, SendError> {
            append(out, |room| self.send_data_to_slice(data, room))
        }

        fn send_end(
            &mut self,
            trailers: &[Field<'_>],
            out: &mut Vec<u8>,
        ) -> Result<usize, SendError> {
            append(out, |room| self.send_end_to_slice(trailers, room))
        }
    };
}

pub(crate) use send_methods;
#[cfg(all(test, not(feature = "alloc")))]
pub(crate) use send_methods_to_vec;
