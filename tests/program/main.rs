//! The program in one process: its options, its exit statuses, the cases of `tests/cases/`, the verdicts of
//! `tests/verdicts/`.

#![cfg(test)]

mod cases;
mod commands;
mod unescape;
mod uwsgi;
mod verdicts;
