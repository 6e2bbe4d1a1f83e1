//! Keys of the server under the master key.
