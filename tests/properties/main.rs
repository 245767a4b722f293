//! The laws on seeds and on random input.

mod tls;
