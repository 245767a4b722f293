//! The program in one process: its options, its exit statuses, and the cases of `tests/cases/`.

mod cases;
mod commands;
