//! Tests of the verifier as a whole.

mod behaviour;
mod model;
mod races;
mod support;
