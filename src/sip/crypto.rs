//! `a=crypto` (RFC 4568): the keys of media that is encrypted by what its own signalling says.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroize;

/// Key bytes: never printed, and wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes the bytes in.
    pub fn new(bytes: Vec<u8>) -> Secret {
        Secret(bytes)
    }

    /// The bytes, for the cipher alone.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} secret bytes]", self.0.len())
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Crypto suites that are read here (RFC 4568 §6.2, RFC 6188, RFC 7714 §14.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suite {
    AesCm128Sha1_80,
    AesCm128Sha1_32,
    AesCm192Sha1_80,
    AesCm192Sha1_32,
    AesCm256Sha1_80,
    AesCm256Sha1_32,
    AeadAes128Gcm,
    AeadAes256Gcm,
    /// As FreeSWITCH and other users of libsrtp offer it first of all: a tag of 8 bytes, which was
    /// in drafts of RFC 7714.
    AeadAes128Gcm8,
    AeadAes256Gcm8,
}

impl Suite {
    fn named(name: &str) -> Option<Suite> {
        Some(match name.to_ascii_uppercase().as_str() {
            "AES_CM_128_HMAC_SHA1_80" => Suite::AesCm128Sha1_80,
            "AES_CM_128_HMAC_SHA1_32" => Suite::AesCm128Sha1_32,
            "AES_192_CM_HMAC_SHA1_80" | "AES_CM_192_HMAC_SHA1_80" => Suite::AesCm192Sha1_80,
            "AES_192_CM_HMAC_SHA1_32" | "AES_CM_192_HMAC_SHA1_32" => Suite::AesCm192Sha1_32,
            "AES_256_CM_HMAC_SHA1_80" | "AES_CM_256_HMAC_SHA1_80" => Suite::AesCm256Sha1_80,
            "AES_256_CM_HMAC_SHA1_32" | "AES_CM_256_HMAC_SHA1_32" => Suite::AesCm256Sha1_32,
            "AEAD_AES_128_GCM" => Suite::AeadAes128Gcm,
            "AEAD_AES_256_GCM" => Suite::AeadAes256Gcm,
            "AEAD_AES_128_GCM_8" => Suite::AeadAes128Gcm8,
            "AEAD_AES_256_GCM_8" => Suite::AeadAes256Gcm8,
            _ => return None,
        })
    }

    /// Whether packets are authenticated by the cipher itself (RFC 7714).
    pub fn is_aead(self) -> bool {
        matches!(
            self,
            Suite::AeadAes128Gcm
                | Suite::AeadAes256Gcm
                | Suite::AeadAes128Gcm8
                | Suite::AeadAes256Gcm8
        )
    }

    /// Bytes of the tag behind an RTP packet.
    pub fn tag(self) -> usize {
        match self {
            Suite::AesCm128Sha1_32 | Suite::AesCm192Sha1_32 | Suite::AesCm256Sha1_32 => 4,
            Suite::AesCm128Sha1_80 | Suite::AesCm192Sha1_80 | Suite::AesCm256Sha1_80 => 10,
            Suite::AeadAes128Gcm | Suite::AeadAes256Gcm => 16,
            Suite::AeadAes128Gcm8 | Suite::AeadAes256Gcm8 => 8,
        }
    }

    /// Bytes of the master key.
    pub fn key(self) -> usize {
        match self {
            Suite::AesCm128Sha1_80
            | Suite::AesCm128Sha1_32
            | Suite::AeadAes128Gcm
            | Suite::AeadAes128Gcm8 => 16,
            Suite::AesCm192Sha1_80 | Suite::AesCm192Sha1_32 => 24,
            Suite::AesCm256Sha1_80
            | Suite::AesCm256Sha1_32
            | Suite::AeadAes256Gcm
            | Suite::AeadAes256Gcm8 => 32,
        }
    }

    /// Bytes of the master salt.
    pub fn salt(self) -> usize {
        if self.is_aead() { 12 } else { 14 }
    }
}

/// One key of a description, for what its sender sends (RFC 4568 §6.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crypto {
    pub tag: u32,
    pub suite: Suite,
    /// Master key, then master salt.
    pub key: Secret,
    /// The master key identifier that each packet carries; empty without one.
    pub mki: Vec<u8>,
    /// `UNENCRYPTED_SRTP`: authenticated alone.
    pub open: bool,
}

/// All keys of one line: `1 AES_CM_128_HMAC_SHA1_80 inline:…|2^20|1:4;inline:… [session
/// parameters]`. Empty where it is not understood.
pub fn parse(value: &str) -> Vec<Crypto> {
    let mut words = value.split_ascii_whitespace();
    let (Some(tag), Some(suite), Some(keys)) = (
        words.next().and_then(|t| t.parse().ok()),
        words.next().and_then(Suite::named),
        words.next(),
    ) else {
        return Vec::new();
    };
    let open = words.any(|w| w.eq_ignore_ascii_case("UNENCRYPTED_SRTP"));
    keys.split(';')
        .filter_map(|key| one(tag, suite, open, key))
        .collect()
}

fn one(tag: u32, suite: Suite, open: bool, key: &str) -> Option<Crypto> {
    let mut fields = key.strip_prefix("inline:")?.split('|');
    let text = fields.next()?;
    let bytes = STANDARD
        .decode(text)
        .or_else(|_| STANDARD_NO_PAD.decode(text.trim_end_matches('=')))
        .ok()?;
    if bytes.len() != suite.key() + suite.salt() {
        return None;
    }
    // A lifetime has no colon.
    let mki = fields
        .find_map(|f| f.split_once(':'))
        .map_or(Some(Vec::new()), |(value, length)| {
            mki(value.parse().ok()?, length.parse().ok()?)
        })?;
    Some(Crypto {
        tag,
        suite,
        key: Secret(bytes),
        mki,
        open,
    })
}

/// A number in so many bytes, 128 at most (RFC 4568 §6.1).
fn mki(value: u128, length: usize) -> Option<Vec<u8>> {
    let bytes = value.to_be_bytes();
    (1..=128)
        .contains(&length)
        .then(|| match bytes.len().checked_sub(length) {
            Some(skip) => bytes[skip..].to_vec(),
            None => [vec![0; length - bytes.len()], bytes.to_vec()].concat(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_with_its_identifier_and_shown_to_nobody() {
        let text = STANDARD.encode([7; 30]);
        let all = parse(&format!(
            "1 AES_CM_128_HMAC_SHA1_80 inline:{text}|2^20|5:4;inline:{text}|6:4 FEC_ORDER=FEC_SRTP"
        ));
        assert_eq!(
            all.iter().map(|c| c.mki.as_slice()).collect::<Vec<_>>(),
            [[0, 0, 0, 5], [0, 0, 0, 6]]
        );
        assert!(!format!("{all:?}").contains("7, 7"));
        assert!(parse("1 AES_CM_128_HMAC_SHA1_80 inline:dG9vIHNob3J0").is_empty());
        assert!(parse("1 F8_128_HMAC_SHA1_80 inline:x").is_empty() && parse("").is_empty());
        // Linphone's spelling, and padding that somebody left out.
        let long = STANDARD.encode([9; 46]);
        assert_eq!(
            parse(&format!(
                "3 AES_CM_256_HMAC_SHA1_80 inline:{}",
                long.trim_end_matches('=')
            ))
            .len(),
            1
        );
    }
}
