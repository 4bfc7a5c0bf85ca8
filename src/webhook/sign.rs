//! Signatures (Standard Webhooks, "Signature scheme"): HMAC-SHA256 over id, timestamp and body.
//!
//! Secrets are kept nowhere. Each is derived from the box's master key, the receiver's id and the
//! number of its generation, so that a copy of the database signs nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

/// Header of the message's id, the same at every attempt.
pub const ID: &str = "webhook-id";
/// Header of the attempt's time, in seconds since 1970.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// Header of the signatures, one per secret in force.
pub const SIGNATURE: &str = "webhook-signature";

/// Sets these secrets apart from anything else that could be derived from the same key.
const DOMAIN: &[u8] = b"assay webhook secret v1";

/// The key that all secrets are derived from; wiped when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize)]
#[zeroize(drop)]
pub struct Master([u8; 32]);

/// What a receiver verifies with; wiped when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize)]
#[zeroize(drop)]
pub struct Secret([u8; 32]);

impl std::fmt::Debug for Master {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Master(…)")
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Master {
    /// Of 32 random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Master {
        Master(bytes)
    }

    /// From 64 hex digits, as the key file has them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Master> {
        let digits = text.trim().as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut master = Master([0; 32]);
        for (byte, pair) in master.0.iter_mut().zip(digits.chunks(2)) {
            let high = char::from(pair[0]).to_digit(16)?;
            let low = char::from(pair[1]).to_digit(16)?;
            *byte = u8::try_from(high * 16 + low).ok()?;
        }
        Some(master)
    }

    /// A key of its own for another purpose.
    pub(super) fn derived(&self, domain: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut mac = keyed(&self.0);
        mac.update(&(domain.len() as u64).to_be_bytes());
        mac.update(domain);
        Zeroizing::new(mac.finalize().into_bytes().into())
    }

    /// A receiver's secret of one generation.
    #[must_use]
    pub fn secret(&self, receiver: &str, generation: i64) -> Secret {
        let mut mac = keyed(&self.0);
        for part in [DOMAIN, receiver.as_bytes(), &generation.to_be_bytes()] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        Secret(mac.finalize().into_bytes().into())
    }
}

impl Secret {
    /// As a receiver takes it: `whsec_` and base64.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.0))
    }

    /// Tells secrets apart without giving them away: 16 hex digits of a hash.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        crate::hex::hex(&Sha256::digest(self.0)[..8])
    }

    fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let mut mac = keyed(&self.0);
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// The value of [`SIGNATURE`]: a signature by each secret, with a space between.
#[must_use]
pub fn signatures(secrets: &[Secret], id: &str, seconds: i64, body: &[u8]) -> String {
    let each: Vec<String> = secrets.iter().map(|s| s.sign(id, seconds, body)).collect();
    each.join(" ")
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    // A shorter key is filled up with zeros (RFC 2104 §2).
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key);
    Hmac::new((&*block).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with
    /// `printf '%s' "$id.$at.$body" | openssl dgst -sha256 -mac HMAC -macopt hexkey:00…1f -binary |
    /// base64`.
    #[test]
    fn a_signature_is_that_of_openssl() {
        let bytes: [u8; 32] = std::array::from_fn(|n| n as u8);
        let secret = Secret(bytes);
        assert_eq!(
            secret.shown(),
            "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
        );
        let body = br#"{"test": 2432232314}"#;
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        assert_eq!(
            signatures(&[secret], id, 1_614_265_330, body),
            "v1,O4Gjv1HqPqsMrjmczoggs/sWA8gZD0VyHG+fLh4+ktI="
        );
    }

    #[test]
    fn every_secret_in_force_signs() {
        let master = Master::parse(&"5a".repeat(32)).unwrap();
        let (old, new) = (master.secret("r", 1), master.secret("r", 2));
        let both = signatures(&[new.clone(), old.clone()], "m", 5, b"{}");
        let (first, second) = both.split_once(' ').unwrap();
        assert_eq!(first, signatures(&[new], "m", 5, b"{}"));
        assert_eq!(second, signatures(&[old], "m", 5, b"{}"));
    }

    #[test]
    fn secrets_differ_by_receiver_generation_and_box() {
        let master = Master::new([7; 32]);
        let all = [
            master.secret("a", 1),
            master.secret("a", 2),
            master.secret("b", 1),
            Master::new([8; 32]).secret("a", 1),
        ];
        for (n, one) in all.iter().enumerate() {
            assert!(all[n + 1..].iter().all(|other| other != one));
        }
        assert_eq!(all[0], Master::new([7; 32]).secret("a", 1));
        assert_eq!(format!("{:?} {:?}", master, all[0]), "Master(…) Secret(…)");
    }

    #[test]
    fn a_key_file_that_is_none_is_refused() {
        for wrong in ["", "5a", &"5g".repeat(32), &"5a".repeat(33)] {
            assert!(Master::parse(wrong).is_none(), "{wrong}");
        }
    }
}
