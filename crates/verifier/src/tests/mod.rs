//! Tests of the verifier as a whole.

mod behaviour;
mod model;
mod places;
mod places_model;
mod races;
mod support;
