//! What a comment on a call marks.

use crate::words;

words! {
    /// What a comment marks (PRODUCT R13).
    pub enum Tag: "tag" {
        Stall = "stall",
        Objection = "objection",
        Bridge = "bridge",
        Coaching = "coaching",
    }
}
