//! At rest nothing lies open (PRODUCT S4): what is written is encrypted under a public key, and
//! reading needs the private one.
//!
//! Every object and every spool segment has a fresh AES-256-GCM key, and that key is kept beside it
//! only wrapped for the public key (HPKE, RFC 9180: X25519, HKDF-SHA256, AES-256-GCM). So a box
//! that has the public key alone records, and a stolen disk says nothing. A new key pair takes over
//! for what is written from then on; old audio stays as it is.
//!
//! # Keys on disk
//! `keys/ID.public` and `keys/ID.private`, 64 hex digits each, `ID` being the first 16 digits of
//! the public key's SHA-256; `keys/current` names the one that is written for. A private key may
//! also come as the systemd credential `assay.key`.
//!
//! # An encrypted object (little endian)
//! ```text
//! "ASSAYOBJ" version:u16 chunk_log2:u16 reserved:u32 key_id:[u8;32] wrapped:[u8;80]   = 128 bytes
//! chunks of 64 KiB, each followed by its tag of 16 bytes; the last may be shorter, and is there even when empty
//! ```
//! STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015): a chunk's nonce is its number and whether it
//! is the last, so that chunks can be read in any order and none can be dropped, moved or cut off
//! unseen. The object's name is authenticated with each: one recording cannot be put in another's
//! place.

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use zeroize::{Zeroize, Zeroizing};

type Suite = hpke::kem::X25519HkdfSha256;
type Kdf = hpke::kdf::HkdfSha256;
type Aead = hpke::aead::AesGcm256;
type Public = <Suite as Kem>::PublicKey;
type Private = <Suite as Kem>::PrivateKey;

/// SHA-256 of the public key.
pub type KeyId = [u8; 32];
/// A key wrapped for a public key: 32 bytes of encapsulation, 32 of key, 16 of tag.
pub const WRAPPED: usize = 80;
pub const TAG: usize = 16;
const CHUNK: usize = 64 << 10;
const CHUNK_LOG2: u16 = 16;
const MAGIC: &[u8; 8] = b"ASSAYOBJ";
const VERSION: u16 = 1;
pub const OBJECT_HEADER: usize = 128;
const INFO: &[u8] = b"assay at rest";

/// Why something cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CipherError {
    #[error(
        "it is encrypted for key {0} and the private key is not on this box: bring it with `assay \
         key import`"
    )]
    Locked(String),
    #[error("it is not what was written: it was changed or damaged")]
    Damaged,
    #[error("the key {0} is no key: it needs 64 hex digits")]
    BadKey(String),
}

impl From<CipherError> for io::Error {
    fn from(error: CipherError) -> io::Error {
        let kind = match error {
            CipherError::Locked(_) => io::ErrorKind::PermissionDenied,
            _ => io::ErrorKind::InvalidData,
        };
        io::Error::new(kind, error)
    }
}

/// The key of one object or segment; wiped when dropped.
#[derive(Clone, Zeroize)]
#[zeroize(drop)]
pub struct DataKey([u8; 32]);

impl DataKey {
    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&self.0.into())
    }
}

/// The keys of this box. Cheap to clone.
#[derive(Clone, Default)]
pub struct Keyring {
    keys: Arc<Keys>,
}

#[derive(Default)]
struct Keys {
    current: Option<(KeyId, Public)>,
    privates: HashMap<KeyId, Private>,
    /// Keys of spool segments that this process writes: it seals its own calls without the private
    /// key.
    segments: Mutex<HashMap<u64, DataKey>>,
}

/// A key pair as `assay key` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPlace {
    pub id: String,
    pub current: bool,
    /// Its private half lies on this box, and where.
    pub private: Option<PathBuf>,
}

/// Systemd hands credentials over in this folder.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";
const CREDENTIAL: &str = "assay.key";

fn folder(data: &Path) -> PathBuf {
    data.join("keys")
}

/// The short form of a key's identity, as files and messages use it.
pub fn short(id: &KeyId) -> String {
    super::seal::hex(&id[..8])
}

fn key_id(public: &Public) -> KeyId {
    Sha256::digest(public.to_bytes()).into()
}

fn parse(text: &str, name: &str) -> Result<Zeroizing<[u8; 32]>, CipherError> {
    let digits = text.trim().as_bytes();
    let bad = || CipherError::BadKey(name.to_owned());
    let mut key = Zeroizing::new([0; 32]);
    if digits.len() != 64 || !digits.is_ascii() {
        return Err(bad());
    }
    for (byte, pair) in key.iter_mut().zip(digits.chunks(2)) {
        *byte = std::str::from_utf8(pair)
            .ok()
            .and_then(|p| u8::from_str_radix(p, 16).ok())
            .ok_or_else(bad)?;
    }
    Ok(key)
}

impl Keyring {
    /// Reads the keys of a data folder; without any, what is written lies open.
    ///
    /// # Errors
    /// When a key file cannot be read or holds no key.
    pub fn open(data: &Path) -> io::Result<Keyring> {
        let mut keys = Keys::default();
        for place in places(data)? {
            if place.current {
                let text = fs::read_to_string(folder(data).join(format!("{}.public", place.id)))?;
                let public = Public::from_bytes(parse(&text, &place.id)?.as_slice())
                    .map_err(|_| CipherError::BadKey(place.id.clone()))?;
                keys.current = Some((key_id(&public), public));
            }
            if let Some(path) = place.private {
                keys.add(&fs::read_to_string(&path)?, &place.id)?;
            }
        }
        if let Some(path) = std::env::var_os(CREDENTIALS)
            .map(|dir| Path::new(&dir).join(CREDENTIAL))
            .filter(|p| p.is_file())
        {
            keys.add(&fs::read_to_string(&path)?, CREDENTIAL)?;
        }
        Ok(Keyring {
            keys: Arc::new(keys),
        })
    }

    /// Whether what this box has written can be read on it.
    pub fn reads(&self) -> bool {
        self.keys
            .current
            .as_ref()
            .is_none_or(|(id, _)| self.keys.privates.contains_key(id))
    }

    /// Whether what is written is encrypted.
    pub fn encrypts(&self) -> bool {
        self.keys.current.is_some()
    }

    /// A fresh key and its wrapping; `None` where nothing is encrypted.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn fresh(&self) -> io::Result<Option<(DataKey, KeyId, [u8; WRAPPED])>> {
        let Some((id, public)) = &self.keys.current else {
            return Ok(None);
        };
        let key = DataKey(rand::random());
        let (encapsulated, sealed) =
            hpke::single_shot_seal::<Aead, Kdf, Suite>(&OpModeS::Base, public, INFO, &key.0, id)
                .map_err(|e| io::Error::other(format!("{e:?}")))?;
        let mut wrapped = [0; WRAPPED];
        wrapped[..32].copy_from_slice(&encapsulated.to_bytes());
        wrapped[32..].copy_from_slice(&sealed);
        Ok(Some((key, *id, wrapped)))
    }

    /// # Errors
    /// [`CipherError::Locked`] without the private key, [`CipherError::Damaged`] when the wrapping
    /// was changed.
    pub fn unwrap(&self, id: &KeyId, wrapped: &[u8]) -> Result<DataKey, CipherError> {
        let private = self
            .keys
            .privates
            .get(id)
            .ok_or_else(|| CipherError::Locked(short(id)))?;
        let (encapsulated, sealed) = wrapped.split_at_checked(32).ok_or(CipherError::Damaged)?;
        let encapsulated = <Suite as Kem>::EncappedKey::from_bytes(encapsulated)
            .map_err(|_| CipherError::Damaged)?;
        let key = hpke::single_shot_open::<Aead, Kdf, Suite>(
            &OpModeR::Base,
            private,
            &encapsulated,
            INFO,
            sealed,
            id,
        )
        .map_err(|_| CipherError::Damaged)?;
        let key = Zeroizing::new(key);
        Ok(DataKey(
            key.as_slice()
                .try_into()
                .map_err(|_| CipherError::Damaged)?,
        ))
    }

    pub(super) fn remember_segment(&self, segment: u64, key: &DataKey) {
        if let Ok(mut segments) = self.keys.segments.lock() {
            segments.insert(segment, key.clone());
        }
    }

    pub(super) fn forget_segment(&self, segment: u64) {
        if let Ok(mut segments) = self.keys.segments.lock() {
            segments.remove(&segment);
        }
    }

    pub(super) fn segment(&self, segment: u64) -> Option<DataKey> {
        self.keys.segments.lock().ok()?.get(&segment).cloned()
    }
}

impl Keys {
    fn add(&mut self, text: &str, name: &str) -> Result<(), CipherError> {
        let private = Private::from_bytes(parse(text, name)?.as_slice())
            .map_err(|_| CipherError::BadKey(name.to_owned()))?;
        self.privates
            .insert(key_id(&Suite::sk_to_pk(&private)), private);
        Ok(())
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Keyring(current {:?}, {} private)",
            self.keys.current.as_ref().map(|(id, _)| short(id)),
            self.keys.privates.len()
        )
    }
}

/// The keys that a data folder knows.
///
/// # Errors
/// When the folder cannot be read.
pub fn places(data: &Path) -> io::Result<Vec<KeyPlace>> {
    let dir = folder(data);
    let entries = match fs::read_dir(&dir) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let current = fs::read_to_string(dir.join("current")).unwrap_or_default();
    let mut ids: Vec<String> = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        ids.extend(
            name.to_str()
                .and_then(|n| n.strip_suffix(".public").or(n.strip_suffix(".private")))
                .map(str::to_owned),
        );
    }
    ids.sort();
    ids.dedup();
    let place = |id: String| {
        let private = Some(dir.join(format!("{id}.private"))).filter(|p| p.is_file());
        KeyPlace {
            current: id == current.trim(),
            private,
            id,
        }
    };
    Ok(ids.into_iter().map(place).collect())
}

/// Makes a key pair, which is written for from now on; gives its short identity.
///
/// # Errors
/// When the folder cannot be written.
pub fn generate(data: &Path) -> io::Result<String> {
    let (private, public) = Suite::gen_keypair();
    let id = short(&key_id(&public));
    let text = Zeroizing::new(super::seal::hex(&private.to_bytes()));
    write_private(&folder(data).join(format!("{id}.private")), &text)?;
    install(data, &id, &public)?;
    Ok(id)
}

/// Takes in a private key; its pair becomes the one that is written for where none was.
///
/// # Errors
/// When the text is no key or the folder cannot be written.
pub fn import(data: &Path, text: &str) -> io::Result<String> {
    let bytes = parse(text, "given")?;
    let private = Private::from_bytes(bytes.as_slice())
        .map_err(|_| CipherError::BadKey("given".to_owned()))?;
    let public = Suite::sk_to_pk(&private);
    let id = short(&key_id(&public));
    write_private(&folder(data).join(format!("{id}.private")), text.trim())?;
    if !folder(data).join("current").exists() {
        install(data, &id, &public)?;
    }
    Ok(id)
}

/// The private half as text, to be kept elsewhere.
///
/// # Errors
/// When it is not on this box.
pub fn export(data: &Path, id: &str) -> io::Result<Zeroizing<String>> {
    fs::read_to_string(folder(data).join(format!("{id}.private"))).map(Zeroizing::new)
}

/// Takes the private half off this box: it records on and can no longer be read here.
///
/// # Errors
/// When it is not there.
pub fn forget(data: &Path, id: &str) -> io::Result<()> {
    fs::remove_file(folder(data).join(format!("{id}.private")))?;
    fs::File::open(folder(data))?.sync_all()
}

/// Writes a private key where nobody else reads it.
///
/// # Errors
/// When it cannot be written.
pub fn write_private(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

fn install(data: &Path, id: &str, public: &Public) -> io::Result<()> {
    let dir = folder(data);
    fs::create_dir_all(&dir)?;
    // The name of the key comes last and whole: a crash between leaves the old one.
    for (name, text) in [
        (format!("{id}.public"), super::seal::hex(&public.to_bytes())),
        ("current".to_owned(), id.to_owned()),
    ] {
        let temporary = dir.join(format!("{name}.tmp"));
        fs::write(&temporary, format!("{text}\n"))?;
        fs::File::open(&temporary)?.sync_all()?;
        fs::rename(&temporary, dir.join(name))?;
    }
    fs::File::open(&dir)?.sync_all()
}

/// Encrypts a spool block's body, which begins at `from`, in place, appending its tag. `number`
/// must never come twice under one key.
pub(super) fn lock_block(
    key: &DataKey,
    number: u64,
    about: &[u8],
    block: &mut Vec<u8>,
    from: usize,
) {
    // AES-GCM fails on 64 GiB at once alone.
    if let Ok(tag) = key.cipher().encrypt_inout_detached(
        &nonce(number, false),
        about,
        (&mut block[from..]).into(),
    ) {
        block.extend_from_slice(&tag);
    }
}

/// The reverse of [`lock_block`], in place; gives the length of the plain bytes.
pub(super) fn open_block(
    key: &DataKey,
    number: u64,
    about: &[u8],
    body: &mut [u8],
) -> Result<usize, CipherError> {
    let length = body.len().checked_sub(TAG).ok_or(CipherError::Damaged)?;
    let (bytes, tag) = body.split_at_mut(length);
    let tag = Tag::try_from(&*tag).map_err(|_| CipherError::Damaged)?;
    key.cipher()
        .decrypt_inout_detached(&nonce(number, false), about, bytes.into(), &tag)
        .map_err(|_| CipherError::Damaged)?;
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
    /// comes, or none.
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
        self.gathered.extend_from_slice(
            &tag.map_err(|_| io::Error::other("the recording is too large to be encrypted"))?,
        );
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
    ) -> Result<Locked, CipherError> {
        let version = u16::from_le_bytes([header[8], header[9]]);
        let chunk = u16::from_le_bytes([header[10], header[11]]);
        if !is_locked(header) || version != VERSION || chunk != CHUNK_LOG2 {
            return Err(CipherError::Damaged);
        }
        let id: KeyId = header[16..48]
            .try_into()
            .map_err(|_| CipherError::Damaged)?;
        let key = keyring.unwrap(&id, &header[48..])?;
        let body = stored
            .checked_sub(OBJECT_HEADER as u64)
            .ok_or(CipherError::Damaged)?;
        let chunks = body.div_ceil((CHUNK + TAG) as u64);
        let length = body
            .checked_sub(chunks * TAG as u64)
            .filter(|_| chunks > 0)
            .ok_or(CipherError::Damaged)?;
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
    ) -> io::Result<()> {
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
            let tag = Tag::try_from(&*tag).map_err(|_| CipherError::Damaged)?;
            cipher
                .decrypt_inout_detached(
                    &nonce(number, number == last_chunk),
                    self.name.as_bytes(),
                    (&mut *bytes).into(),
                    &tag,
                )
                .map_err(|_| CipherError::Damaged)?;
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
    ) -> io::Result<Vec<u8>> {
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
    ) -> io::Result<Vec<u8>> {
        let header = stored.first_chunk().ok_or(CipherError::Damaged)?;
        let object = Locked::open(ring, name, header, stored.len() as u64)?;
        let mut out = vec![0; count];
        object.read(first, &mut out, |buffer, at| {
            let from = at as usize;
            buffer.copy_from_slice(
                stored
                    .get(from..from + buffer.len())
                    .ok_or(CipherError::Damaged)?,
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
