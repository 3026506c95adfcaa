//! The plain `json` format.
