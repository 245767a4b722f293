//! The laws on seeds and on random input.

#![cfg(test)]

#[cfg(feature = "bridge")]
mod bridge;
#[cfg(feature = "checksum")]
mod checksum;
#[cfg(feature = "cli")]
mod cli;
#[cfg(feature = "deflate")]
mod deflate;
#[cfg(feature = "gateway")]
mod gateway;
#[cfg(feature = "handshake")]
mod handshake;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "http1")]
mod http1;
#[cfg(feature = "all")]
mod kinds;
mod laws_hold;
#[cfg(feature = "all")]
mod targets;
#[cfg(feature = "tcp")]
mod tcp;
#[cfg(feature = "tls")]
mod tls;
#[cfg(feature = "udp")]
mod udp;
#[cfg(feature = "uwsgi")]
mod uwsgi;
#[cfg(feature = "websocket")]
mod websocket;
