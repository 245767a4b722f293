// Its examples are of the bridge and of what that stands on.
#![cfg_attr(any(feature = "bridge", not(doctest)), doc = include_str!("../README.md"))]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "bridge")]
#[doc(inline)]
pub use wirekit_bridge as bridge;
#[doc(inline)]
pub use wirekit_checksum as checksum;
#[cfg(feature = "http")]
#[doc(inline)]
pub use wirekit_http as http;
#[cfg(feature = "http1")]
#[doc(inline)]
pub use wirekit_http1 as http1;
#[cfg(feature = "tcp")]
#[doc(inline)]
pub use wirekit_tcp as tcp;
#[cfg(feature = "tls")]
#[doc(inline)]
pub use wirekit_tls as tls;
#[cfg(feature = "udp")]
#[doc(inline)]
pub use wirekit_udp as udp;
#[cfg(feature = "uwsgi")]
#[doc(inline)]
pub use wirekit_uwsgi as uwsgi;
#[cfg(feature = "websocket")]
#[doc(inline)]
pub use wirekit_websocket as websocket;

/// How to choose, embed and trust these crates.
#[cfg(all(
    feature = "std",
    feature = "bridge",
    feature = "http",
    feature = "http1",
    feature = "tcp",
    feature = "tls",
    feature = "udp",
    feature = "uwsgi",
    feature = "websocket"
))]
pub mod guide {
    #[doc = include_str!("../docs/choosing.md")]
    pub mod choosing {}

    #[doc = include_str!("../docs/embedding.md")]
    pub mod embedding {}

    #[doc = include_str!("../docs/migrating.md")]
    pub mod migrating {}

    #[doc = include_str!("../docs/attacks.md")]
    pub mod attacks {}

    #[doc = include_str!("../docs/design.md")]
    pub mod design {}
}
