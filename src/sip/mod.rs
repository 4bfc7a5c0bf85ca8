//! SIP and SDP as a tap meets them: read leniently, because the phones have already understood each
//! other.

pub mod address;
pub mod crypto;
pub mod message;
pub mod sdp;

pub use address::NameAddr;
pub use message::{Message, Start};
pub use sdp::{Format, MediaDirection, Sdp};

/// A text up to a length in bytes; a character is not cut in two.
pub fn shortened(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}
