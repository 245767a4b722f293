//! The codecs against real servers and programs (feature `interop`). A program that is missing is a failure.

#![cfg(test)]

mod browser;
mod gateway;
mod har;
mod html;
mod http1;
mod program;
mod statistics;
mod tcp_capture;
mod tcp_link;
mod tcp_lossy;
mod tcp_states;
mod tcp_tshark;
mod uwsgi;
mod websocket;
