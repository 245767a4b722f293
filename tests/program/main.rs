//! The program in one process: its options, its exit statuses, and the cases of `tests/cases/`.

#![cfg(test)]

mod cases;
mod commands;
