//! SIP and SDP as a tap meets them: read leniently, because the phones have already understood each
//! other.

pub mod address;
pub mod crypto;
pub mod message;
pub mod sdp;

pub use address::NameAddr;
pub use message::{Message, Start};
pub use sdp::{Format, MediaDirection, Sdp};
