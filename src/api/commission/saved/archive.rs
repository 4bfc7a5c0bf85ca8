//! Several files as one ZIP archive (PKWARE APPNOTE 6.3), stored as they are: what is in them is
//! compressed already.

use crate::store::StoreError;
use flate2::Crc;

/// APPNOTE §4.4.3: version 2.0 of the format.
const VERSION: u16 = 20;
/// APPNOTE §4.4.4, bit 11: names are UTF-8.
const UTF8: u16 = 1 << 11;
/// 1980-01-01, as MS-DOS counts: the archive is the same whenever it is made.
const DATE: u16 = 1 << 5 | 1;

/// Files by name, in their order.
///
/// # Errors
/// [`StoreError::Broken`] for more than 65,535 files or 4 GiB: such need another version.
pub(super) fn zip(files: impl Iterator<Item = (String, Vec<u8>)>) -> Result<Vec<u8>, StoreError> {
    let (mut archive, mut directory, mut count) = (Vec::new(), Vec::new(), 0u16);
    for (name, bytes) in files {
        let at = fits(archive.len())?;
        let head = head(&name, &bytes)?;
        archive.extend(b"PK\x03\x04");
        archive.extend(&head);
        archive.extend(name.as_bytes());
        archive.extend(&bytes);
        entry(&mut directory, &name, &head, at);
        count = count.checked_add(1).ok_or_else(too_large)?;
    }
    end(&mut archive, &directory, count)?;
    Ok(archive)
}

/// What a file's own head and its entry have in common (APPNOTE §4.3.7).
fn head(name: &str, bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
    let size = fits(bytes.len())?;
    let mut crc = Crc::new();
    crc.update(bytes);
    let mut head = Vec::new();
    // Method 0, stored, and the time 00:00.
    for field in [VERSION, UTF8, 0, 0, DATE] {
        head.extend(field.to_le_bytes());
    }
    for field in [crc.sum(), size, size] {
        head.extend(field.to_le_bytes());
    }
    let length = u16::try_from(name.len()).map_err(|_| too_large())?;
    head.extend(length.to_le_bytes());
    head.extend([0; 2]);
    Ok(head)
}

/// A file's entry in the directory (APPNOTE §4.3.12); `at` is where its own head begins.
fn entry(directory: &mut Vec<u8>, name: &str, head: &[u8], at: u32) {
    directory.extend(b"PK\x01\x02");
    directory.extend(VERSION.to_le_bytes());
    directory.extend(head);
    // No comment, the first disk, no attributes.
    directory.extend([0; 10]);
    directory.extend(at.to_le_bytes());
    directory.extend(name.as_bytes());
}

/// The directory and its end (APPNOTE §4.3.16).
fn end(archive: &mut Vec<u8>, directory: &[u8], count: u16) -> Result<(), StoreError> {
    let (at, size) = (fits(archive.len())?, fits(directory.len())?);
    archive.extend(directory);
    archive.extend(b"PK\x05\x06");
    archive.extend([0; 4]);
    for _ in 0..2 {
        archive.extend(count.to_le_bytes());
    }
    archive.extend(size.to_le_bytes());
    archive.extend(at.to_le_bytes());
    archive.extend([0; 2]);
    Ok(())
}

fn fits(length: usize) -> Result<u32, StoreError> {
    u32::try_from(length).map_err(|_| too_large())
}

fn too_large() -> StoreError {
    StoreError::Broken("an archive of 4 GiB or 65,536 files".to_owned())
}
