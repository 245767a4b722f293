//! The program in one process: its options, its exit statuses, and the cases of `tests/cases/`.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by a panic"
)]

mod cases;
mod commands;
