//! Where frames come from: capture files and live interfaces.

mod blocks;
pub mod file;
pub mod filter;
pub mod live;
mod unpack;

pub use file::CaptureFiles;
pub use live::LiveTap;
