//! From a record to the packet in it: links, tags and tunnels, IP and its fragments, down to the transport.

mod ether;
pub(crate) mod fragments;
pub(crate) mod frame;
mod ip;
mod link;
pub(crate) mod packet;
mod tunnel;
mod wireless;
