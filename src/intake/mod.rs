//! What others recorded or noted: sound files, and the call records of a phone system.

pub mod audio;
pub mod cdr;
pub mod sound;
