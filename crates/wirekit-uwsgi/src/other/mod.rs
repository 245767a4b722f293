//! Packets that are no requests: specification section 7.

pub mod cache;
pub mod control;
pub mod rpc;
pub mod subscription;
