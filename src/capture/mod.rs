//! Where frames come from: capture files and live interfaces.

pub mod file;
pub mod filter;
pub mod live;

pub use file::CaptureFiles;
pub use live::LiveTap;
