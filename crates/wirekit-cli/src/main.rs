//! The program `wirekit`; everything is in the library beside it.

fn main() {}
