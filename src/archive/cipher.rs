//! What is written is encrypted, under keys of [`super::keys`].
//!
//! # An encrypted object (little endian)
//! ```text
//! "ASSAYOBJ" version:u16 chunk_log2:u16 reserved:u32 key_id:[u8;32] wrapped:[u8;80]   = 128 bytes
//! chunks of 64 KiB, each followed by its tag of 16 bytes; the last may be shorter, or empty
//! ```
//! STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015): a chunk's nonce is its number and whether it
//! is the last, so that chunks can be read in any order and none can be dropped, moved or cut off
//! unseen. The object's name is authenticated with each: one recording cannot be put in another's
//! place.

use super::error::{ArchiveError, Result};
use super::keys::{DataKey, KeyId, Keyring, WRAPPED};
use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use std::io;

/// Length of an authentication tag, in bytes.
pub const TAG: usize = 16;
const CHUNK: usize = 64 << 10;
const CHUNK_LOG2: u16 = 16;
const MAGIC: &[u8; 8] = b"ASSAYOBJ";
const VERSION: u16 = 1;
/// Length of the header before an encrypted object's chunks, in bytes.
pub const OBJECT_HEADER: usize = 128;

/// Encrypts a spool block's body and appends its tag. Takes the plain bytes and gives them back
/// only encrypted. `number` must never come twice under one key.
///
/// # Errors
/// AES-GCM fails only on more than 64 GiB at once.
pub(super) fn lock_block(
    key: &DataKey,
    number: u64,
    about: &[u8],
    mut block: Vec<u8>,
) -> Result<Vec<u8>> {
    let tag = key
        .cipher()
        .encrypt_inout_detached(&nonce(number, false), about, block.as_mut_slice().into())
        .map_err(|_| ArchiveError::NotEncrypted("a block of the spool".to_owned()))?;
    block.extend_from_slice(&tag);
    Ok(block)
}

/// The reverse of [`lock_block`], in place; gives the length of the plain bytes.
pub(super) fn open_block(
    key: &DataKey,
    number: u64,
    about: &[u8],
    body: &mut [u8],
) -> Result<usize> {
    let damaged = || ArchiveError::damaged("a block of the spool");
    let length = body.len().checked_sub(TAG).ok_or_else(damaged)?;
    let (bytes, tag) = body.split_at_mut(length);
    let tag = Tag::try_from(&*tag).map_err(|_| damaged())?;
    key.cipher()
        .decrypt_inout_detached(&nonce(number, false), about, bytes.into(), &tag)
        .map_err(|_| damaged())?;
    Ok(length)
}

fn nonce(number: u64, last: bool) -> Nonce<aes_gcm::aead::consts::U12> {
    let mut bytes = [0; 12];
    bytes[3..11].copy_from_slice(&number.to_be_bytes());
    bytes[11] = u8::from(last);
    bytes.into()
}

/// Encrypts an object as it is written, from its beginning to its end.
pub(super) struct Locking {
    cipher: Aes256Gcm,
    name: String,
    /// Plain bytes of the chunk that is not written yet: whether it is the last is known when more
    /// comes, or the object ends.
    gathered: Vec<u8>,
    number: u64,
}

impl Locking {
    /// The first bytes of the object, and what encrypts the rest.
    pub fn begin(
        (key, id, wrapped): &(DataKey, KeyId, [u8; WRAPPED]),
        name: &str,
    ) -> (Vec<u8>, Locking) {
        let mut head = Vec::with_capacity(OBJECT_HEADER);
        head.extend_from_slice(MAGIC);
        head.extend(VERSION.to_le_bytes());
        head.extend(CHUNK_LOG2.to_le_bytes());
        head.extend([0; 4]);
        head.extend_from_slice(id);
        head.extend_from_slice(wrapped);
        (
            head,
            Locking {
                cipher: key.cipher(),
                name: name.to_owned(),
                gathered: Vec::with_capacity(CHUNK + TAG),
                number: 0,
            },
        )
    }

    /// Takes plain bytes; whole chunks go to `out`.
    pub fn write(&mut self, mut plain: &[u8], out: &mut impl io::Write) -> io::Result<()> {
        while !plain.is_empty() {
            if self.gathered.len() == CHUNK {
                self.put(false, out)?;
            }
            let (taken, left) = plain.split_at(plain.len().min(CHUNK - self.gathered.len()));
            self.gathered.extend_from_slice(taken);
            plain = left;
        }
        Ok(())
    }

    /// The last chunk goes to `out`.
    pub fn finish(mut self, out: &mut impl io::Write) -> io::Result<()> {
        self.put(true, out)
    }

    fn put(&mut self, last: bool, out: &mut impl io::Write) -> io::Result<()> {
        let tag = self.cipher.encrypt_inout_detached(
            &nonce(self.number, last),
            self.name.as_bytes(),
            self.gathered.as_mut_slice().into(),
        );
        self.gathered
            .extend_from_slice(&tag.map_err(|_| ArchiveError::NotEncrypted(self.name.clone()))?);
        out.write_all(&self.gathered)?;
        self.gathered.clear();
        self.number += 1;
        Ok(())
    }
}

/// An encrypted object that is open for reading.
pub(super) struct Locked {
    key: DataKey,
    name: String,
    /// Of the plain bytes.
    pub(super) length: u64,
}

/// Whether these are the first bytes of an encrypted object.
pub(super) fn is_locked(header: &[u8]) -> bool {
    header.starts_with(MAGIC)
}

impl Locked {
    /// Reads the header; `stored` is the object's length on disk.
    pub(super) fn open(
        keyring: &Keyring,
        name: &str,
        header: &[u8; OBJECT_HEADER],
        stored: u64,
    ) -> Result<Locked> {
        let damaged = || ArchiveError::damaged(name);
        let version = u16::from_le_bytes([header[8], header[9]]);
        let chunk = u16::from_le_bytes([header[10], header[11]]);
        if !is_locked(header) || version != VERSION || chunk != CHUNK_LOG2 {
            return Err(damaged());
        }
        let id: KeyId = header[16..48].try_into().map_err(|_| damaged())?;
        let key = keyring.unwrap(&id, &header[48..])?;
        let body = stored
            .checked_sub(OBJECT_HEADER as u64)
            .ok_or_else(damaged)?;
        let chunks = body.div_ceil((CHUNK + TAG) as u64);
        let length = body
            .checked_sub(chunks * TAG as u64)
            .filter(|_| chunks > 0)
            .ok_or_else(damaged)?;
        Ok(Locked {
            key,
            name: name.to_owned(),
            length,
        })
    }

    /// Reads plain bytes from `first` on, as many as `out` holds, through `read`, which fills a
    /// buffer from a place on disk.
    pub(super) fn read(
        &self,
        first: u64,
        out: &mut [u8],
        read: impl Fn(&mut [u8], u64) -> io::Result<()>,
    ) -> Result<()> {
        let damaged = || ArchiveError::damaged(&self.name);
        let cipher = self.key.cipher();
        let last_chunk = (self.length.saturating_sub(1)) / CHUNK as u64;
        let mut buffer = Vec::with_capacity(CHUNK + TAG);
        let mut done = 0;
        while done < out.len() || (self.length == 0 && done == 0 && buffer.is_empty()) {
            let at = first + done as u64;
            let number = at / CHUNK as u64;
            let length = (self.length - number * CHUNK as u64).min(CHUNK as u64) as usize;
            buffer.resize(length + TAG, 0);
            read(
                &mut buffer,
                OBJECT_HEADER as u64 + number * (CHUNK + TAG) as u64,
            )?;
            let (bytes, tag) = buffer.split_at_mut(length);
            let tag = Tag::try_from(&*tag).map_err(|_| damaged())?;
            cipher
                .decrypt_inout_detached(
                    &nonce(number, number == last_chunk),
                    self.name.as_bytes(),
                    (&mut *bytes).into(),
                    &tag,
                )
                .map_err(|_| damaged())?;
            let from = (at % CHUNK as u64) as usize;
            let take = (length - from).min(out.len() - done);
            out[done..done + take].copy_from_slice(&bytes[from..from + take]);
            done += take;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys::{export, forget, generate, import, places};
    use super::*;

    fn ring() -> (tempfile::TempDir, Keyring) {
        let data = tempfile::tempdir().unwrap();
        generate(data.path()).unwrap();
        let ring = Keyring::open(data.path()).unwrap();
        (data, ring)
    }

    fn lock_object(
        key: &(DataKey, KeyId, [u8; WRAPPED]),
        name: &str,
        plain: &[u8],
    ) -> Result<Vec<u8>> {
        let (mut out, mut locking) = Locking::begin(key, name);
        // In pieces of any length.
        for piece in plain.chunks(CHUNK / 3 + 7) {
            locking.write(piece, &mut out)?;
        }
        locking.finish(&mut out)?;
        Ok(out)
    }

    fn read_back(
        ring: &Keyring,
        name: &str,
        stored: &[u8],
        first: u64,
        count: usize,
    ) -> Result<Vec<u8>> {
        let header = stored.first_chunk().ok_or(ArchiveError::damaged("a"))?;
        let object = Locked::open(ring, name, header, stored.len() as u64)?;
        let mut out = vec![0; count];
        object.read(first, &mut out, |buffer, at| {
            let from = at as usize;
            buffer.copy_from_slice(
                stored
                    .get(from..from + buffer.len())
                    .ok_or(io::ErrorKind::UnexpectedEof)?,
            );
            Ok(())
        })?;
        Ok(out)
    }

    #[test]
    fn any_part_of_an_object_is_read_and_no_changed_one() {
        let (_data, ring) = ring();
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5] {
            let plain: Vec<u8> = (0..length).map(|i| (i * 7 + i / 251) as u8).collect();
            let stored = lock_object(&ring.fresh().unwrap().unwrap(), "a", &plain).unwrap();
            assert!(
                length < 64 || !stored.windows(32).any(|w| w == &plain[..32]),
                "nothing lies open"
            );
            assert_eq!(read_back(&ring, "a", &stored, 0, length).unwrap(), plain);
            for (first, count) in [
                (length / 2, length / 3),
                (
                    CHUNK.saturating_sub(3).min(length),
                    6.min(length.saturating_sub(CHUNK.saturating_sub(3))),
                ),
            ] {
                assert_eq!(
                    read_back(&ring, "a", &stored, first as u64, count).unwrap(),
                    plain[first..first + count]
                );
            }
            assert!(
                read_back(&ring, "b", &stored, 0, length).is_err(),
                "under another name"
            );
            for cut in [1, TAG, CHUNK + TAG] {
                let shorter = &stored[..stored.len().saturating_sub(cut)];
                let header = shorter.first_chunk();
                let shown = header
                    .and_then(|h| Locked::open(&ring, "a", h, shorter.len() as u64).ok())
                    .map_or(0, |o| o.length);
                assert!(
                    read_back(&ring, "a", shorter, 0, shown as usize).is_err(),
                    "cut by {cut}"
                );
            }
            for flip in [20, 60, stored.len() - 1, stored.len() / 2] {
                let mut changed = stored.clone();
                changed[flip] ^= 1;
                assert!(
                    read_back(&ring, "a", &changed, 0, length).is_err(),
                    "flipped at {flip} of {length}"
                );
            }
        }
    }

    #[test]
    fn without_the_private_key_nothing_is_read_and_a_new_key_leaves_the_old_ones_audio() {
        let (data, ring) = ring();
        let old = lock_object(&ring.fresh().unwrap().unwrap(), "a", b"said").unwrap();
        let first = places(data.path()).unwrap().remove(0);
        let kept = export(data.path(), &first.id).unwrap();
        generate(data.path()).unwrap();
        let ring = Keyring::open(data.path()).unwrap();
        let new = lock_object(&ring.fresh().unwrap().unwrap(), "a", b"said").unwrap();
        assert_ne!(old[16..48], new[16..48], "another key");
        assert_eq!(read_back(&ring, "a", &old, 0, 4).unwrap(), b"said");
        forget(data.path(), &first.id).unwrap();
        let ring = Keyring::open(data.path()).unwrap();
        let error = read_back(&ring, "a", &old, 0, 4).unwrap_err();
        assert!(matches!(error, ArchiveError::Locked(_)), "{error:?}");
        assert!(error.to_string().contains("assay key import"), "{error}");
        assert_eq!(read_back(&ring, "a", &new, 0, 4).unwrap(), b"said");
        assert_eq!(import(data.path(), &kept).unwrap(), first.id);
        assert_eq!(
            read_back(&Keyring::open(data.path()).unwrap(), "a", &old, 0, 4).unwrap(),
            b"said"
        );
        assert!(import(data.path(), "no key").is_err());
    }
}
