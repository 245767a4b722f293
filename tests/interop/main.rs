//! The codecs against real servers and programs (feature `interop`).

mod tcp_capture;
mod tcp_tshark;
