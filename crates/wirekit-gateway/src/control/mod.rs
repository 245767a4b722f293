//! The control plane: what runs, as resources that a program or a person reads and changes.
//!
//! - [`model`]: the resources, and what may be changed of them. It knows no HTTP and no socket.
//! - [`view`]: the model as JSON, problem details and Prometheus' text. Views do not know each other.
//! - [`controller`]: a request becomes a call of the model: routes, versions, who may, and on which condition.

pub(crate) mod controller;
pub(crate) mod model;
mod plane;
pub(crate) mod view;

pub(crate) use plane::{Persist, Plane, Refused, Submission};
