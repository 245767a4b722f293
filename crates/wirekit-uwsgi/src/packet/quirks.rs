wirekit_macros::flags! {
    /// Ways to read variables as another parser does, where they break the rules; none by default.
    ///
    /// Each one permits an attack: two parsers on one path that read a packet differently.
    ///
    /// ```
    /// use wirekit_uwsgi::{Quirks, Vars};
    ///
    /// let block = b"\0\0\x01\0x"; // an empty key
    /// assert!(Vars::parse(block).is_err());
    /// let vars = Vars::parse_with(block, Quirks::EMPTY_KEY)?;
    /// assert_eq!(vars.get(b""), Some(&b"x"[..]));
    /// # Ok::<(), wirekit_uwsgi::Error>(())
    /// ```
    pub struct Quirks(u8) {
        /// uWSGI: a key that would reach the block's end or past it is no error; its two length bytes are skipped and
        /// its bytes are read as the next length.
        ///
        /// The attack: a value that a front checked as one var is read by the application as several, so a packet
        /// such as `.. ff 7f 09 00 PATH_INFO ..` names another path, or `UWSGI_FILE`, which uWSGI executes.
        RESYNC = 0, "resync";
        /// gunicorn: a key of zero bytes is an ordinary key.
        ///
        /// The attack: a packet that uWSGI drops is served.
        EMPTY_KEY = 1, "empty_key";
        /// uWSGI: `CONTENT_LENGTH` is the digits that its value starts with, modulo 2^64; zero if it starts with none.
        ///
        /// The attack: a front that reads the value in another way and the application disagree where the body ends, so a
        /// part of it is taken for a request, or a request for a part of it.
        LEADING_DIGITS = 2, "leading_digits";
    }
}
