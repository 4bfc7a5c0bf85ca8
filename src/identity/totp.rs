//! The second factor: codes by time (TOTP, RFC 6238, on HMAC-SHA-1 with 30 seconds and six digits,
//! which every authenticator knows), and recovery codes for who has lost theirs.

use crate::units::WallTime;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// Seconds of one code.
pub const STEP_SECONDS: i64 = 30;
/// Recovery codes that somebody gets at a time.
pub const RECOVERY_CODES: usize = 10;
/// Bytes of a secret (RFC 4226 §4 asks for 16 at least and recommends 20).
pub const SECRET_BYTES: usize = 20;

/// What an authenticator and the box share.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; SECRET_BYTES]);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The box's own key, from which secrets are made: what stands in the database makes no code.
#[derive(Clone)]
pub struct Master([u8; 32]);

impl std::fmt::Debug for Master {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Master(…)")
    }
}

impl Master {
    /// Of 32 random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Master {
        Master(bytes)
    }

    /// The secret of somebody, by what the database has for them.
    #[must_use]
    pub fn secret(&self, person: &str, nonce: &str) -> Secret {
        let mut text = Sha256::new();
        for part in ["assay totp v1", person, nonce] {
            text.update((part.len() as u64).to_be_bytes());
            text.update(part);
        }
        let long = mac::<Hmac<Sha256>>(&self.0, &text.finalize());
        let mut secret = [0; SECRET_BYTES];
        secret.copy_from_slice(&long[..SECRET_BYTES]);
        Secret(secret)
    }
}

fn mac<M: Mac + KeyInit>(key: &[u8], text: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else {
        return vec![0; 64];
    };
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// Which code of all it is at a time.
#[must_use]
pub fn step(now: WallTime) -> i64 {
    now.micros().div_euclid(1_000_000).div_euclid(STEP_SECONDS)
}

impl Secret {
    #[cfg(test)]
    fn new(bytes: [u8; SECRET_BYTES]) -> Secret {
        Secret(bytes)
    }

    /// Six digits (RFC 4226 §5.3).
    #[must_use]
    pub fn code(&self, step: i64) -> String {
        let sum = mac::<Hmac<Sha1>>(&self.0, &step.to_be_bytes());
        let at = usize::from(sum[19] & 15);
        let four = [sum[at] & 0x7f, sum[at + 1], sum[at + 2], sum[at + 3]];
        format!("{:06}", u32::from_be_bytes(four) % 1_000_000)
    }

    /// Which step a code is of: the present one, or one before or after it, for clocks that differ
    /// (RFC 6238 §5.2). Not one that was used, or an earlier one: a code is good once.
    #[must_use]
    pub fn step_of(&self, code: &str, now: WallTime, used: Option<i64>) -> Option<i64> {
        let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let present = step(now);
        let mut found = None;
        for step in present - 1..=present + 1 {
            let same = subtle::ConstantTimeEq::ct_eq(self.code(step).as_bytes(), digits.as_bytes());
            if bool::from(same) && used.is_none_or(|used| step > used) {
                found = Some(step);
            }
        }
        found
    }

    /// Base32 without padding (RFC 4648 §6), for typing in.
    #[must_use]
    pub fn base32(&self) -> String {
        data_encoding::BASE32_NOPAD.encode(&self.0)
    }

    /// The address that an authenticator reads from a picture (Key Uri Format).
    #[must_use]
    pub fn uri(&self, login: &str, house: &str) -> String {
        let quoted = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        let (login, house, secret) = (quoted(login), quoted(house), self.base32());
        format!("otpauth://totp/{house}:{login}?secret={secret}&issuer={house}")
    }
}

/// A recovery code as it is shown: ten characters in two groups, of 31 that are not mistaken for
/// each other.
#[must_use]
pub fn recovery_code(random: [u8; 10]) -> String {
    const LETTERS: &[u8; 31] = b"23456789abcdefghjkmnpqrstuvwxyz";
    let letter = |byte: u8| char::from(LETTERS[usize::from(byte) % LETTERS.len()]);
    let all: String = random.into_iter().map(letter).collect();
    format!("{}-{}", &all[..5], &all[5..])
}

/// By what the database knows a recovery code, however it was typed.
#[must_use]
pub fn recovery_hash(person: &str, code: &str) -> [u8; 32] {
    let plain: String = code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let mut hash = Sha256::new();
    for part in ["assay recovery v1", person, &plain] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Micros;

    /// RFC 6238, appendix B: SHA-1, the last six of its eight digits.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let secret = Secret::new(*b"12345678901234567890");
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let at = WallTime(0) + Micros::from_secs(seconds);
            assert_eq!(secret.code(step(at)), code, "{seconds}");
        }
        assert_eq!(secret.base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            secret.uri("ines@home", "Assay"),
            "otpauth://totp/Assay:ines%40home?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Assay"
        );
    }

    #[test]
    fn a_code_is_good_once_and_for_a_minute_and_a_half() {
        let secret = Secret::new([7; 20]);
        let now = WallTime(0) + Micros::from_secs(1_000_000_000);
        let here = step(now);
        for (offset, good) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let code = secret.code(here + offset);
            assert_eq!(
                secret.step_of(&code, now, None),
                good.then_some(here + offset)
            );
        }
        let code = secret.code(here);
        assert_eq!(secret.step_of(&code, now, Some(here)), None);
        assert_eq!(secret.step_of(&code, now, Some(here - 1)), Some(here));
        let spaced = format!("{} {}", &code[..3], &code[3..]);
        assert_eq!(secret.step_of(&spaced, now, None), Some(here));
        assert_eq!(secret.step_of("", now, None), None);
    }

    #[test]
    fn secrets_hang_on_the_person_the_nonce_and_the_key() {
        let master = Master::new([1; 32]);
        let one = master.secret("ines", "a");
        assert_eq!(one, master.secret("ines", "a"));
        for other in [
            master.secret("tom", "a"),
            master.secret("ines", "b"),
            Master::new([2; 32]).secret("ines", "a"),
            master.secret("inesa", ""),
        ] {
            assert_ne!(one, other);
        }
        assert_eq!(format!("{one:?} {master:?}"), "Secret(…) Master(…)");
    }

    #[test]
    fn a_recovery_code_is_known_however_it_is_typed() {
        let code = recovery_code([0, 1, 30, 31, 61, 62, 93, 255, 9, 8]);
        assert_eq!((code.len(), code.find('-')), (11, Some(5)));
        let typed = format!(" {} ", code.to_uppercase().replace('-', " "));
        assert_eq!(recovery_hash("ines", &code), recovery_hash("ines", &typed));
        assert_ne!(recovery_hash("ines", &code), recovery_hash("tom", &code));
    }
}
