//! What others say of a box's log: an authority of OpenSSL's that stamps its checkpoints (RFC 3161),
//! and other boxes that cosign them (C2SP tlog-witness).

mod common;

#[path = "others/authority.rs"]
mod authority;
#[path = "others/stamped.rs"]
mod stamped;
#[path = "others/witnessed.rs"]
mod witnessed;
