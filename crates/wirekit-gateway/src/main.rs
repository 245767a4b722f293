//! The program `wirekit-gateway`.

fn main() {}
