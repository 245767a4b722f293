//! The laws on seeds and on random input.
