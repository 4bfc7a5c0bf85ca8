//! Cosignatures of witnesses (C2SP tlog-cosignature, Ed25519): that at a time, this was the largest
//! tree that the witness had seen of the log, and that it only ever grew.

use crate::proof::key::{Scheme, SignerKey, VerifierKey};
use crate::proof::note::{Note, NoteSignature};

/// Bytes of the time stamp before the signature.
const TIME_BYTES: usize = 8;

/// Why a witness's cosignature does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CosignError {
    #[error("the witness '{0}' has a key that does not make cosignatures")]
    WrongKey(String),
    #[error("the cosignature of '{0}' does not hold")]
    BadSignature(String),
}

/// Cosigns a checkpoint, which the caller has verified to be consistent with the last one that it
/// cosigned. `at` is in seconds since 1970, at most 2^63 - 1.
///
/// # Errors
/// The key is not of the kind that makes cosignatures.
pub fn cosign(note: &Note, key: &SignerKey, at: u64) -> Result<NoteSignature, CosignError> {
    let witness = key.verifier();
    if witness.scheme() != Scheme::Cosignature {
        return Err(CosignError::WrongKey(witness.name().to_owned()));
    }
    let mut bytes = at.to_be_bytes().to_vec();
    bytes.extend(key.sign(message(note, at).as_bytes()));
    Ok(NoteSignature::of(&witness, bytes))
}

/// When this witness cosigned the checkpoint, in seconds since 1970; `None` when it has not.
///
/// # Errors
/// A cosignature of this witness does not hold.
pub fn cosigned_at(note: &Note, witness: &VerifierKey) -> Result<Option<u64>, CosignError> {
    if witness.scheme() != Scheme::Cosignature {
        return Err(CosignError::WrongKey(witness.name().to_owned()));
    }
    let bad = || CosignError::BadSignature(witness.name().to_owned());
    let times = note.signatures_of(witness).map(|signature| {
        let (at, bytes) = signature.bytes.split_at_checked(TIME_BYTES)?;
        let at = u64::from_be_bytes(at.try_into().ok()?);
        let in_range = i64::try_from(at).is_ok();
        let holds = in_range && witness.has_signed(message(note, at).as_bytes(), bytes);
        holds.then_some(at)
    });
    let times: Vec<u64> = times.collect::<Option<_>>().ok_or_else(bad)?;
    Ok(times.into_iter().max())
}

fn message(note: &Note, at: u64) -> String {
    format!("cosignature/v1\ntime {at}\n{}", note.text())
}
