//! What is kept: the spool while a call lasts, sealed objects afterwards.

mod beneath;
mod cipher;
pub mod decode;
pub mod disk;
pub mod encode;
mod error;
mod flac;
pub mod format;
pub mod keys;
pub mod marks;
pub mod objects;
pub mod pcm;
pub mod ranges;
pub mod seal;
pub mod spool;
mod wav;
pub mod webm;

pub use error::{ArchiveError, Result};
pub use format::AudioFormat;
pub use seal::{Recording, SealedCall};
