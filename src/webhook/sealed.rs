//! Texts that the box has to say to others again, such as a CRM's key: encrypted in the database
//! under a key that is derived from the box's master key (AES-256-GCM, NIST SP 800-38D), so that a
//! copy of the database lets nobody in. A sealed text belongs to what it was sealed for, and opens
//! for nothing else: moved to another row, or left behind by a changed address, it stays shut.

use super::sign::Master;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Sets this key apart from the secrets of receivers.
const DOMAIN: &[u8] = b"assay sealed text v1";
const NONCE: usize = 12;

/// Seals a text for what it belongs to. `nonce` is random, and used once.
#[must_use]
pub fn seal(master: &Master, about: &[&str], nonce: [u8; NONCE], text: &str) -> Option<String> {
    let payload = Payload {
        msg: text.as_bytes(),
        aad: &named(about),
    };
    let nonce_of = Nonce::from(nonce);
    let sealed = cipher(master)?.encrypt(&nonce_of, payload).ok()?;
    Some(STANDARD.encode([&nonce[..], &sealed].concat()))
}

/// The text again; none: it was sealed under another key, for something else, or was changed.
#[must_use]
pub fn open(master: &Master, about: &[&str], sealed: &str) -> Option<Zeroizing<String>> {
    let bytes = STANDARD.decode(sealed).ok()?;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE>()?;
    let payload = Payload {
        msg: sealed,
        aad: &named(about),
    };
    let text = cipher(master)?
        .decrypt(&Nonce::from(*nonce), payload)
        .ok()?;
    String::from_utf8(text).ok().map(Zeroizing::new)
}

fn cipher(master: &Master) -> Option<Aes256Gcm> {
    let key = master.derived(DOMAIN);
    Aes256Gcm::new_from_slice(&key[..]).ok()
}

/// Each part with its length, so that no two lists read the same.
fn named(about: &[&str]) -> Vec<u8> {
    let part = |text: &&str| [&(text.len() as u64).to_be_bytes(), text.as_bytes()].concat();
    about.iter().flat_map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_opens_for_what_it_was_sealed_for_alone() {
        let master = Master::new([3; 32]);
        let about = ["client", "espocrm", "https://crm.example"];
        let sealed = seal(&master, &about, [1; 12], "key-1").unwrap();
        assert!(!sealed.contains("key-1"));
        let opened = |master: &Master, about: &[&str], sealed: &str| {
            open(master, about, sealed).map(|text| text.to_string())
        };
        assert_eq!(opened(&master, &about, &sealed), Some("key-1".to_owned()));
        let elsewhere = ["client", "espocrm", "https://evil.example"];
        assert_eq!(opened(&master, &elsewhere, &sealed), None);
        let moved = ["clien", "tespocrm", "https://crm.example"];
        assert_eq!(opened(&master, &moved, &sealed), None);
        assert_eq!(opened(&Master::new([4; 32]), &about, &sealed), None);
        for wrong in ["", "AA==", "no base64", &sealed.replacen('A', "B", 1)] {
            if *wrong != sealed {
                assert_eq!(opened(&master, &about, wrong), None, "{wrong}");
            }
        }
        let again = seal(&master, &about, [2; 12], "key-1").unwrap();
        assert_ne!(again, sealed);
    }
}
