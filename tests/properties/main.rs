//! The laws on seeds and on random input.

#![cfg(test)]

mod bridge;
mod checksum;
mod cli;
mod deflate;
mod handshake;
mod http;
mod http1;
mod kinds;
mod plain;
mod targets;
mod tcp;
mod tls;
mod udp;
mod uwsgi;
mod websocket;
