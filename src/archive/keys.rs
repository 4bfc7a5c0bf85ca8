//! Keys: a pair per box, and a fresh one for each object and spool segment (PRODUCT S4).
//!
//! What is written is encrypted under the public key; reading needs the private one. So a box that
//! has the public key alone records, and a stolen disk says nothing. Every object and segment has a
//! fresh AES-256-GCM key, stored beside it wrapped for the public key (HPKE, RFC 9180: X25519,
//! HKDF-SHA256, AES-256-GCM). A new key pair takes over for what is written from then on; old
//! recordings keep theirs.
//!
//! # Keys on disk
//! `keys/ID.public` and `keys/ID.private`, 64 hex digits each, `ID` being the first 16 digits of
//! the public key's SHA-256; `keys/current` names the one that is written for. A private key may
//! also come as the systemd credential `assay.key`.

use super::error::{ArchiveError, Result};
use crate::hex::hex;
use aes_gcm::Aes256Gcm;
use aes_gcm::aead::KeyInit;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
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
const INFO: &[u8] = b"assay at rest";

/// The key of one object or segment; wiped when dropped.
#[derive(Clone, Zeroize)]
#[zeroize(drop)]
pub struct DataKey([u8; 32]);

impl DataKey {
    pub(super) fn cipher(&self) -> Aes256Gcm {
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
    /// The short form: 16 hex digits.
    pub id: String,
    /// It is the one that is written for.
    pub current: bool,
    /// Where on this box its private half is; `None` when it is elsewhere.
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
    hex(&id[..8])
}

fn key_id(public: &Public) -> KeyId {
    Sha256::digest(public.to_bytes()).into()
}

fn parse(text: &str, name: &str) -> Result<Zeroizing<[u8; 32]>> {
    let digits = text.trim().as_bytes();
    let bad = || ArchiveError::BadKey(name.to_owned());
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
    /// Reads the keys of a data folder; without any, nothing is encrypted.
    ///
    /// # Errors
    /// When a key file cannot be read or holds no key.
    pub fn open(data: &Path) -> Result<Keyring> {
        let mut keys = Keys::default();
        for place in places(data)? {
            if place.current {
                keys.set_current(data, &place.id)?;
            }
            if let Some(path) = place.private {
                keys.add(&read_key(&path)?, &place.id)?;
            }
        }
        if let Some(path) = std::env::var_os(CREDENTIALS)
            .map(|dir| Path::new(&dir).join(CREDENTIAL))
            .filter(|p| p.is_file())
        {
            keys.add(&read_key(&path)?, CREDENTIAL)?;
        }
        Ok(Keyring {
            keys: Arc::new(keys),
        })
    }

    /// The public half of a data folder's current key alone: what is written can be read by others.
    ///
    /// # Errors
    /// When the key's file cannot be read or holds no key.
    pub fn open_to_write(data: &Path) -> Result<Keyring> {
        let mut keys = Keys::default();
        if let Some(place) = places(data)?.into_iter().find(|place| place.current) {
            keys.set_current(data, &place.id)?;
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
    /// When the key cannot be wrapped.
    pub fn fresh(&self) -> Result<Option<(DataKey, KeyId, [u8; WRAPPED])>> {
        let Some((id, public)) = &self.keys.current else {
            return Ok(None);
        };
        let key = DataKey(rand::random());
        let (encapsulated, sealed) =
            hpke::single_shot_seal::<Aead, Kdf, Suite>(&OpModeS::Base, public, INFO, &key.0, id)
                .map_err(|e| ArchiveError::NotEncrypted(format!("a new key ({e:?})")))?;
        let mut wrapped = [0; WRAPPED];
        wrapped[..32].copy_from_slice(&encapsulated.to_bytes());
        wrapped[32..].copy_from_slice(&sealed);
        Ok(Some((key, *id, wrapped)))
    }

    /// # Errors
    /// [`ArchiveError::Locked`] without the private key, [`ArchiveError::Damaged`] when the
    /// wrapping was changed.
    pub fn unwrap(&self, id: &KeyId, wrapped: &[u8]) -> Result<DataKey> {
        let private = self
            .keys
            .privates
            .get(id)
            .ok_or_else(|| ArchiveError::Locked(short(id)))?;
        let damaged = || ArchiveError::damaged("a wrapped key");
        let (encapsulated, sealed) = wrapped.split_at_checked(32).ok_or_else(damaged)?;
        let encapsulated =
            <Suite as Kem>::EncappedKey::from_bytes(encapsulated).map_err(|_| damaged())?;
        let key = hpke::single_shot_open::<Aead, Kdf, Suite>(
            &OpModeR::Base,
            private,
            &encapsulated,
            INFO,
            sealed,
            id,
        )
        .map_err(|_| damaged())?;
        let key = Zeroizing::new(key);
        Ok(DataKey(key.as_slice().try_into().map_err(|_| damaged())?))
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
    fn set_current(&mut self, data: &Path, id: &str) -> Result<()> {
        let text = read_key(&folder(data).join(format!("{id}.public")))?;
        let public = Public::from_bytes(parse(&text, id)?.as_slice())
            .map_err(|_| ArchiveError::BadKey(id.to_owned()))?;
        self.current = Some((key_id(&public), public));
        Ok(())
    }

    fn add(&mut self, text: &str, name: &str) -> Result<()> {
        let private = Private::from_bytes(parse(text, name)?.as_slice())
            .map_err(|_| ArchiveError::BadKey(name.to_owned()))?;
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

fn read_key(path: &Path) -> Result<Zeroizing<String>> {
    fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(|error| ArchiveError::key_unreadable(path, error))
}

/// The keys that a data folder knows.
///
/// # Errors
/// When the folder cannot be read.
pub fn places(data: &Path) -> Result<Vec<KeyPlace>> {
    let dir = folder(data);
    let entries = match fs::read_dir(&dir) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(ArchiveError::key_unreadable(&dir, e)),
        Ok(entries) => entries,
    };
    // Whether there is a key decides whether anything is encrypted: what cannot be read is no
    // "none".
    let current = match fs::read_to_string(dir.join("current")) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(ArchiveError::key_unreadable(&dir.join("current"), e)),
        Ok(text) => text,
    };
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
pub fn generate(data: &Path) -> Result<String> {
    let (private, public) = Suite::gen_keypair();
    let id = short(&key_id(&public));
    let text = Zeroizing::new(hex(&private.to_bytes()));
    write_private(&folder(data).join(format!("{id}.private")), &text)?;
    install(data, &id, &public)?;
    Ok(id)
}

/// Takes in a private key; on a box without a key its pair becomes the current one.
///
/// # Errors
/// When the text is no key or the folder cannot be written.
pub fn import(data: &Path, text: &str) -> Result<String> {
    let bytes = parse(text, "given")?;
    let private = Private::from_bytes(bytes.as_slice())
        .map_err(|_| ArchiveError::BadKey("given".to_owned()))?;
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
pub fn export(data: &Path, id: &str) -> Result<Zeroizing<String>> {
    let path = folder(data).join(format!("{id}.private"));
    if !path.exists() {
        return Err(ArchiveError::Locked(id.to_owned()));
    }
    read_key(&path)
}

/// Takes the private half off this box: it records on and can no longer be read here.
///
/// # Errors
/// When it is not there.
pub fn forget(data: &Path, id: &str) -> Result<()> {
    fs::remove_file(folder(data).join(format!("{id}.private")))?;
    Ok(fs::File::open(folder(data))?.sync_all()?)
}

/// Writes a private key where nobody else reads it.
///
/// # Errors
/// When it cannot be written.
pub fn write_private(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // Into a file of its own, then in place: a link that lies there is replaced, and never
    // followed.
    let draft = path.with_extension("new");
    let _ = fs::remove_file(&draft);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    Ok(fs::rename(&draft, path)?)
}

fn install(data: &Path, id: &str, public: &Public) -> Result<()> {
    let dir = folder(data);
    fs::create_dir_all(&dir)?;
    // The name of the key comes last and whole: a crash between leaves the old one.
    for (name, text) in [
        (format!("{id}.public"), hex(&public.to_bytes())),
        ("current".to_owned(), id.to_owned()),
    ] {
        let temporary = dir.join(format!("{name}.tmp"));
        fs::write(&temporary, format!("{text}\n"))?;
        // Whoever records may be another user than whoever made the key, with whatever mask.
        fs::set_permissions(&temporary, fs::Permissions::from_mode(0o644))?;
        fs::File::open(&temporary)?.sync_all()?;
        fs::rename(&temporary, dir.join(name))?;
    }
    Ok(fs::File::open(&dir)?.sync_all()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_cannot_be_read_is_no_missing_key() {
        let data = tempfile::tempdir().unwrap();
        let id = generate(data.path()).unwrap();
        let private = folder(data.path()).join(format!("{id}.private"));
        let current = folder(data.path()).join("current");
        // What is no text stands for what belongs to somebody else: root reads everything.
        fs::write(&private, [0xff, 0xfe]).unwrap();
        let error = Keyring::open(data.path()).unwrap_err();
        assert!(matches!(error, ArchiveError::KeyUnreadable { .. }));
        assert!(error.to_string().contains("chown"), "{error}");
        fs::write(&current, [0xff, 0xfe]).unwrap();
        let error = places(data.path()).unwrap_err();
        assert!(matches!(error, ArchiveError::KeyUnreadable { .. }));
        let missing = export(data.path(), "0123456789abcdef").unwrap_err();
        assert!(matches!(missing, ArchiveError::Locked(_)), "{missing:?}");
    }
}
