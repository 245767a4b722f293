//! What a newcomer reads and copies: what the READMEs show is what the program prints and what was measured, their links
//! lead somewhere, and their loops and the example programs answer whatever a peer may say.
//!
//! `WIREKIT_BLESS=1 cargo test -p wirekit-tests --test front_page` writes the figures anew.

#![cfg(test)]

mod attacks;
mod captures;
mod client;
mod figures;
mod guide;
mod http1;
mod links;
mod loops;
mod parts;
mod program;
mod story;
mod uwsgi;
mod websocket;
