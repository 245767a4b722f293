//! The dependency floors: an arrow goes to a lower floor, never sideways or up.
