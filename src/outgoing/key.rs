//! The file that all secrets are derived from: `webhooks.key` in the data folder. Several boxes on
//! one database need the same file.

use crate::keyfile;
pub use crate::keyfile::KeyError;
use crate::webhook::Master;
use std::path::Path;

const FILE: &str = "webhooks.key";
const REMEDY: &str = "put the right file back, or remove it, rotate every receiver's secret, and \
    enter the keys of CRMs again";

/// Reads the key; makes one where there is none.
///
/// # Errors
/// When the file cannot be read or written, or holds no key.
pub fn open(data: &Path) -> Result<Master, KeyError> {
    keyfile::open(&data.join(FILE), REMEDY).map(|key| Master::new(*key))
}
