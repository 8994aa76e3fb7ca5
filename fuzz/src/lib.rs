//! What the fuzz targets share: the extension's own parsers, compiled from its sources, and what to hold them to.

#[path = "../../src/claims/mod.rs"]
pub mod claims;
#[path = "../../src/token/mod.rs"]
pub mod token;

pub mod facts;
pub mod issuer;
pub mod memory;
