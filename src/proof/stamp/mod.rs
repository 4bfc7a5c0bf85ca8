//! Time stamps (RFC 3161): an authority says at what time it was shown a root. The imprint is the
//! root itself, 32 bytes that are a SHA-256 hash already; nothing is hashed again.
//!
//! What is read is status, imprint, nonce and time. The authority's signature is not verified here:
//! [`by_hand`] gives the line by which anybody does.

mod der;
mod time;

use crate::proof::hash::Hash;
use der::{BOOLEAN, Elements, INTEGER, NULL, OCTETS, OID, SEQUENCE, SET, TIME, WRAPPED, element};

/// The longest answer that is read, in bytes.
pub const MAX_STAMP_BYTES: usize = 64 * 1024;

/// 2.16.840.1.101.3.4.2.1
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
/// 1.2.840.113549.1.7.2
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// 1.2.840.113549.1.9.16.1.4
const TST_INFO: &[u8] = &[
    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04,
];
/// Granted, and granted with modifications (RFC 3161 §2.4.2).
const GRANTED: [&[u8]; 2] = [&[0], &[1]];

/// Why an answer is no time stamp of a root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StampError {
    #[error("the time stamp is longer than 64 KiB")]
    TooLong,
    #[error("it is no time stamp in DER (RFC 3161), or one that was cut short")]
    Malformed,
    #[error("the authority refused to stamp: its status is not 'granted'")]
    Refused,
    #[error("the time stamp is of another root")]
    OtherRoot,
    #[error("the time stamp answers another request: its nonce is not the one that was sent")]
    OtherNonce,
}

/// What an answer says, as far as it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// What was shown to the authority.
    pub imprint: Hash,
    /// Its time, in whole seconds since 1970.
    pub at: u64,
}

/// The request for a stamp of this root, with a nonce, and for the authority's certificate in the
/// answer (RFC 3161 §2.4.1).
#[must_use]
pub fn request(root: Hash, nonce: u64) -> Vec<u8> {
    let algorithm = element(SEQUENCE, &[&element(OID, &[SHA256]), &element(NULL, &[])]);
    let imprint = element(SEQUENCE, &[&algorithm, &element(OCTETS, &[&root.0])]);
    let version = element(INTEGER, &[&[1]]);
    let with_certificate = element(BOOLEAN, &[&[0xff]]);
    element(
        SEQUENCE,
        &[
            &version,
            &imprint,
            &element(INTEGER, &[&integer(nonce)]),
            &with_certificate,
        ],
    )
}

/// A number as DER writes it: no byte more than it needs, and none that makes it negative.
fn integer(number: u64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let zeroes = bytes.iter().take_while(|&&b| b == 0).count().min(7);
    let digits = &bytes[zeroes..];
    match digits.first() {
        Some(0x80..) => [&[0], digits].concat(),
        _ => digits.to_vec(),
    }
}

/// Reads an answer.
///
/// # Errors
/// It is too long, malformed, or a refusal.
pub fn read(answer: &[u8]) -> Result<Stamp, StampError> {
    parse(answer).map(|(stamp, _)| stamp)
}

/// Whether this is a time stamp of this root.
///
/// # Errors
/// As [`read`], or it is of another root.
pub fn is_of(answer: &[u8], root: Hash) -> Result<Stamp, StampError> {
    let stamp = read(answer)?;
    match stamp.imprint == root {
        true => Ok(stamp),
        false => Err(StampError::OtherRoot),
    }
}

/// Whether this answers the request for this root with this nonce.
///
/// # Errors
/// As [`is_of`], or it answers another request.
pub fn answers(answer: &[u8], root: Hash, nonce: u64) -> Result<Stamp, StampError> {
    let stamp = is_of(answer, root)?;
    let (_, rest) = parse(answer)?;
    match nonce_of(rest) {
        Some(found) if found == integer(nonce) => Ok(stamp),
        _ => Err(StampError::OtherNonce),
    }
}

/// The line by which anybody verifies the authority's signature.
#[must_use]
pub fn by_hand(root: Hash, file: &str) -> String {
    format!("openssl ts -verify -digest {root} -in {file} -CAfile AUTHORITY.pem")
}

/// The stamp, and what follows the time in what was signed.
fn parse(answer: &[u8]) -> Result<(Stamp, Elements<'_>), StampError> {
    if answer.len() > MAX_STAMP_BYTES {
        return Err(StampError::TooLong);
    }
    let mut whole = Elements::of(answer)
        .last(SEQUENCE)
        .ok_or(StampError::Malformed)?;
    let status = whole
        .inside(SEQUENCE)
        .and_then(|mut info| info.take(INTEGER))
        .ok_or(StampError::Malformed)?;
    if !GRANTED.contains(&status) {
        return Err(StampError::Refused);
    }
    signed(&mut whole)
        .and_then(stamp)
        .ok_or(StampError::Malformed)
}

/// What the authority signed: the way through the token's wrappers (RFC 5652 §3, §5.1).
fn signed<'a>(response: &mut Elements<'a>) -> Option<Elements<'a>> {
    let mut token = response.last(SEQUENCE)?;
    if token.take(OID)? != SIGNED_DATA {
        return None;
    }
    let mut data = token.last(WRAPPED)?.last(SEQUENCE)?;
    data.take(INTEGER)?;
    data.take(SET)?;
    let mut content = data.inside(SEQUENCE)?;
    if content.take(OID)? != TST_INFO {
        return None;
    }
    content.last(WRAPPED)?.last(OCTETS)?.last(SEQUENCE)
}

/// RFC 3161 §2.4.2, `TSTInfo`.
fn stamp(mut info: Elements<'_>) -> Option<(Stamp, Elements<'_>)> {
    if info.take(INTEGER)? != [1] {
        return None;
    }
    info.take(OID)?;
    let mut imprint = info.inside(SEQUENCE)?;
    let mut algorithm = imprint.inside(SEQUENCE)?;
    let known = algorithm.take(OID)? == SHA256;
    let bare = algorithm.is_empty() || algorithm.last(NULL).is_some_and(|null| null.is_empty());
    let hash = Hash::from_bytes(imprint.take(OCTETS)?)?;
    if !known || !bare || !imprint.is_empty() {
        return None;
    }
    info.take(INTEGER)?;
    let at = time::seconds(info.take(TIME)?)?;
    Some((Stamp { imprint: hash, at }, info))
}

/// The nonce after accuracy and ordering, which may both be missing.
fn nonce_of(mut rest: Elements<'_>) -> Option<Vec<u8>> {
    let mut next = rest.any()?;
    if next.0 == SEQUENCE {
        next = rest.any()?;
    }
    if next.0 == BOOLEAN {
        next = rest.any()?;
    }
    (next.0 == INTEGER).then(|| next.1.to_vec())
}
