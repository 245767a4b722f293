//! What the READMEs show is what the program prints and what was measured, and their links lead somewhere.
//!
//! `WIREKIT_BLESS=1 cargo test -p wirekit-tests --test front_page` writes the figures anew.

#![cfg(test)]

mod figures;
mod links;
mod story;
