//! Keys of notes: Ed25519, each with the name that its signatures bear (C2SP signed-note,
//! "Verifier keys"). Seeds are passed in; nothing here draws or keeps one.

use crate::proof::hash::sha256;
use crate::proof::text::{base64, from_base64};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use std::fmt;

/// How a key signs; the byte is part of the key's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Signs the note's text: how a log signs its checkpoints.
    Note,
    /// Signs the text under a time stamp: how a witness does (C2SP tlog-cosignature).
    Cosignature,
}

impl Scheme {
    fn byte(self) -> u8 {
        match self {
            Scheme::Note => 0x01,
            Scheme::Cosignature => 0x04,
        }
    }

    fn of_byte(byte: u8) -> Option<Scheme> {
        [Scheme::Note, Scheme::Cosignature]
            .into_iter()
            .find(|scheme| scheme.byte() == byte)
    }
}

/// Why a key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("a key's name is not empty and holds no space, no plus and no control character")]
    Name,
    #[error("a verifier key is written name+id+key; this one is not")]
    Malformed,
    #[error("the key is of a kind that is not known here: only Ed25519 notes and cosignatures are")]
    UnknownKind,
    #[error("the id in the key's text is not the id of the key")]
    WrongId,
}

/// A public key by which signatures are verified.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    scheme: Scheme,
    key: VerifyingKey,
}

impl VerifierKey {
    /// Reads `name+id+key`, the form that [`fmt::Display`] writes.
    ///
    /// # Errors
    /// The text is malformed, or the key is of another kind or has another id.
    pub fn parse(text: &str) -> Result<VerifierKey, KeyError> {
        let mut parts = text.splitn(3, '+');
        let mut part = || parts.next().ok_or(KeyError::Malformed);
        let (name, id, key) = (part()?, part()?, part()?);
        if !is_key_name(name) {
            return Err(KeyError::Name);
        }
        let key = from_base64(key).ok_or(KeyError::Malformed)?;
        let (&kind, key) = key.split_first().ok_or(KeyError::Malformed)?;
        let scheme = Scheme::of_byte(kind).ok_or(KeyError::UnknownKind)?;
        let key = key.try_into().map_err(|_| KeyError::Malformed)?;
        let verifier = VerifierKey {
            name: name.to_owned(),
            scheme,
            key: VerifyingKey::from_bytes(key).map_err(|_| KeyError::Malformed)?,
        };
        if format!("{:08x}", verifier.id()) != id {
            return Err(KeyError::WrongId);
        }
        Ok(verifier)
    }

    /// The name in its signatures; a log's is the origin of its checkpoints.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it signs.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// `SHA-256(name || 0x0A || kind || key)`, its first four bytes, big-endian.
    #[must_use]
    pub fn id(&self) -> u32 {
        let kind = [b'\n', self.scheme.byte()];
        let hash = sha256(&[self.name.as_bytes(), &kind, self.key.as_bytes()]);
        let [a, b, c, d, ..] = hash.0;
        u32::from_be_bytes([a, b, c, d])
    }

    /// Whether these 64 bytes are the key's signature over `message` (RFC 8032 §5.1.7, without the
    /// cofactor; keys and points of small order are refused).
    #[must_use]
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(message, &signature).is_ok())
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![self.scheme.byte()];
        key.extend(self.key.as_bytes());
        write!(f, "{}+{:08x}+{}", self.name, self.id(), base64(&key))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A private key with its name. It is wiped when dropped, and never printed.
pub struct SignerKey {
    name: String,
    scheme: Scheme,
    key: SigningKey,
}

impl SignerKey {
    /// The key that grows from a seed of 32 random bytes.
    ///
    /// # Errors
    /// The name is empty or holds a space, a plus or a control character.
    pub fn new(name: &str, scheme: Scheme, seed: &[u8; 32]) -> Result<SignerKey, KeyError> {
        if !is_key_name(name) {
            return Err(KeyError::Name);
        }
        Ok(SignerKey {
            name: name.to_owned(),
            scheme,
            key: SigningKey::from_bytes(seed),
        })
    }

    /// Its public half.
    #[must_use]
    pub fn verifier(&self) -> VerifierKey {
        VerifierKey {
            name: self.name.clone(),
            scheme: self.scheme,
            key: self.key.verifying_key(),
        }
    }

    /// Its signature over `message`: 64 bytes.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the private key of {}", self.verifier())
    }
}

/// Whether a key may bear this name.
#[must_use]
pub fn is_key_name(name: &str) -> bool {
    let forbidden = |c: char| c.is_whitespace() || c < ' ' || c == '+';
    !name.is_empty() && !name.contains(forbidden)
}
