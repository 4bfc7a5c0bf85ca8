//! From a call's packets to two lanes of sound, with the whole call at hand.
//!
//! Pure: packets and facts go in, samples and what was found go out. The stages, one file each:
//! [`stream`] puts packets in order, [`codec`] decodes them, [`timeline`] says where each belongs
//! on the tap's clock, [`conceal`] covers what is missing, [`lanes`] joins streams into the two
//! people of the call, [`dtmf`], [`speech`], [`peaks`] and [`quality`] look at the result; [`srtp`]
//! opens what the signalling gave keys for.

pub mod codec;
pub mod conceal;
pub mod dtmf;
pub mod lane;
pub mod lanes;
pub mod peaks;
pub mod quality;
pub mod speech;
pub mod srtp;
pub mod stream;
pub mod timeline;
mod voice;
pub mod wide;

pub use lane::{Assembled, Gap, GapReason, Lane, LaneStats};
pub use lanes::assemble;
pub use voice::{keying, keys};
