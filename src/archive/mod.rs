//! What is kept: the spool while a call lasts, sealed objects afterwards.

pub mod cipher;
pub mod decode;
pub mod disk;
pub mod encode;
pub mod objects;
pub mod ranges;
pub mod seal;
pub mod spool;

pub use encode::AudioFormat;
pub use seal::{Recording, SealedCall};
