//! The laws on seeds and on random input.

mod checksum;
mod udp;
mod tcp;
mod tls;
