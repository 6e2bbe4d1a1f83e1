//! The subsurface delivery API.

pub mod validation;
