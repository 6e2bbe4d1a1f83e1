//! Tests of the verifier as a whole.

mod behaviour;
mod counts;
mod keys;
mod keys_model;
mod keys_support;
mod model;
mod places;
mod places_model;
mod races;
mod support;
