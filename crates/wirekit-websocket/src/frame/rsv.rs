wirekit_macros::flags! {
    /// The three reserved bits of a frame, for extensions (RFC 6455 section 5.2).
    ///
    /// ```
    /// use wirekit_websocket::{FrameHeader, Rsv};
    ///
    /// let (header, _) = FrameHeader::parse(b"\xc1\x07")?.expect("a whole header");
    /// assert!(header.rsv.contains(Rsv::RSV1)); // compressed, where permessage-deflate is in use
    /// # Ok::<(), wirekit_websocket::Error>(())
    /// ```
    #[expect(
        clippy::exhaustive_structs,
        reason = "RFC 6455 section 5.2 fixes three bits"
    )]
    pub struct Rsv(pub u8) {
        /// RSV1, which permessage-deflate owns (RFC 7692 section 7.2.3.1).
        RSV1 = 2, "RSV1";
        /// RSV2.
        RSV2 = 1, "RSV2";
        /// RSV3.
        RSV3 = 0, "RSV3";
    }
}

#[cfg(test)]
mod tests {
    use super::Rsv;

    #[test]
    fn bits_show_in_the_order_of_the_wire() {
        let bits = Rsv::RSV3 | Rsv::RSV1;
        assert_eq!(std::format!("{bits:?}"), "Rsv(RSV1|RSV3)");
        assert_eq!((bits, Rsv::RSV2), (Rsv(5), Rsv(2)));
    }
}
