//! SRTP and SRTCP undone (RFC 3711, RFC 6188, RFC 7714; and what libsrtp has beside them), with
//! keys from the signalling.
//!
//! A tap comes late, misses packets and hears both sides re-key, so nothing is assumed of a
//! stream's state: with the whole call in hand each packet's roll-over count follows from its place
//! in the order, up to what came before the tap, which the first packets tell by whose
//! authentication fits; and so does the key. A packet that fits none of them is left out: it was
//! altered, or was not sent by either side.

use crate::sip::crypto::{Crypto, Suite};
use aes::cipher::{KeyIvInit, StreamCipher};
use aes::{Aes128, Aes192, Aes256};
use aes_gcm::aead::consts::{U12, U16};
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes128Gcm, Aes256Gcm};
use ctr::Ctr128BE;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Key derivation labels (RFC 3711 §4.3.2): encryption, authentication, salt; SRTCP's are three
/// further on.
const SRTCP: u8 = 3;
const AUTH_KEY: usize = 20;
const GCM_TAG: usize = 16;
const RTP_HEADER: usize = 12;
const RTCP_HEADER: usize = 8;
/// SRTCP's index with its encryption flag.
const RTCP_INDEX: usize = 4;

/// One master key, made ready.
pub struct Context {
    suite: Suite,
    open: bool,
    mki: Vec<u8>,
    rtp: Session,
    rtcp: Session,
}

/// Session keys (RFC 3711 §4.3.1).
struct Session {
    key: Vec<u8>,
    auth: Vec<u8>,
    salt: Vec<u8>,
}

impl Context {
    /// Derives the session keys (RFC 3711 §4.3).
    pub fn new(crypto: &Crypto) -> Context {
        let (key, salt) = crypto
            .key
            .reveal()
            .split_at(crypto.suite.key().min(crypto.key.reveal().len()));
        Context::derived(crypto, key, salt)
    }

    /// All ways in which a key is used on the wire. libsrtp 2.5 derives AES-192's session keys by
    /// AES-256: master key and salt together, filled up with zeros, taken apart as if the key had
    /// 32 bytes. RFC 6188 does not, but most phone systems are built on libsrtp.
    pub fn all(crypto: &Crypto) -> Vec<Context> {
        let mut all = vec![Context::new(crypto)];
        if crypto.suite.key() == 24 {
            let mut filled = Zeroizing::new([0; 32 + 14]);
            let given = crypto.key.reveal();
            filled[..given.len().min(38)].copy_from_slice(&given[..given.len().min(38)]);
            all.push(Context::derived(crypto, &filled[..32], &filled[32..]));
        }
        all
    }

    fn derived(crypto: &Crypto, key: &[u8], salt: &[u8]) -> Context {
        let session = |first: u8| Session {
            key: derive(key, salt, first, crypto.suite.key()),
            auth: if crypto.suite.is_aead() {
                Vec::new()
            } else {
                derive(key, salt, first + 1, AUTH_KEY)
            },
            salt: derive(key, salt, first + 2, crypto.suite.salt()),
        };
        Context {
            suite: crypto.suite,
            open: crypto.open,
            mki: crypto.mki.clone(),
            rtp: session(0),
            rtcp: session(SRTCP),
        }
    }

    /// An RTP packet in the clear, its tag and key identifier taken off; `None` when it does not
    /// prove itself under this key and roll-over count.
    pub fn rtp(&self, packet: &[u8], roll_over: u32) -> Option<Vec<u8>> {
        let header = rtp_header(packet)?;
        let ssrc: &[u8; 4] = packet[8..12].try_into().ok()?;
        let sequence = u16::from_be_bytes([packet[2], packet[3]]);
        let index = u64::from(roll_over) << 16 | u64::from(sequence);
        if self.suite.is_aead() {
            let body = self.without_mki(packet, 0)?;
            let mut nonce = [0; 12];
            nonce[2..6].copy_from_slice(ssrc);
            nonce[6..].copy_from_slice(&index.to_be_bytes()[2..]);
            return self.unlock(&self.rtp, nonce, header, body, &packet[..header]);
        }
        let tag = self.suite.tag();
        let body = self.without_mki(packet, tag)?;
        self.is_authentic(
            &self.rtp,
            body,
            &roll_over.to_be_bytes(),
            &packet[packet.len() - tag..],
        )?;
        let mut clear = body.to_vec();
        if !self.open {
            self.rtp.counter_mode(ssrc, index, &mut clear[header..]);
        }
        Some(clear)
    }

    /// An RTCP packet in the clear.
    pub fn rtcp(&self, packet: &[u8]) -> Option<Vec<u8>> {
        let ssrc: &[u8; 4] = packet.get(4..RTCP_HEADER)?.try_into().ok()?;
        // SRTCP's tag has 80 bits in every suite of SHA-1 (RFC 4568 §6.2.2).
        let tag = if self.suite.is_aead() { 0 } else { 10 };
        let whole = self.without_mki(packet, tag)?;
        let (body, index) = whole.split_last_chunk::<RTCP_INDEX>()?;
        let word = u32::from_be_bytes(*index);
        let (encrypted, number) = (word >> 31 == 1, word & 0x7fff_ffff);
        if body.len() < RTCP_HEADER {
            return None;
        }
        if self.suite.is_aead() {
            let mut nonce = [0; 12];
            nonce[2..6].copy_from_slice(ssrc);
            nonce[8..].copy_from_slice(&number.to_be_bytes());
            // What is not encrypted is authenticated all the same (RFC 7714 §9.3).
            let header = if encrypted {
                RTCP_HEADER
            } else {
                body.len().checked_sub(self.suite.tag())?
            };
            return self.unlock(
                &self.rtcp,
                nonce,
                header,
                body,
                &[&body[..header], index].concat(),
            );
        }
        self.is_authentic(&self.rtcp, whole, &[], &packet[packet.len() - tag..])?;
        let mut clear = body.to_vec();
        if encrypted {
            self.rtcp
                .counter_mode(ssrc, u64::from(number), &mut clear[RTCP_HEADER..]);
        }
        Some(clear)
    }

    /// What precedes a tag of so many bytes and the key identifier, if that is ours.
    fn without_mki<'a>(&self, packet: &'a [u8], tag: usize) -> Option<&'a [u8]> {
        let before_tag = packet.len().checked_sub(tag)?;
        let body = packet[..before_tag].strip_suffix(self.mki.as_slice())?;
        (body.len() >= RTCP_HEADER).then_some(body)
    }

    fn is_authentic(&self, session: &Session, body: &[u8], more: &[u8], tag: &[u8]) -> Option<()> {
        let mut mac = <Hmac<Sha1> as hmac::KeyInit>::new_from_slice(&session.auth).ok()?;
        mac.update(body);
        mac.update(more);
        let computed = mac.finalize().into_bytes();
        bool::from(computed[..tag.len()].ct_eq(tag)).then_some(())
    }

    fn unlock(
        &self,
        session: &Session,
        mut nonce: [u8; 12],
        header: usize,
        body: &[u8],
        about: &[u8],
    ) -> Option<Vec<u8>> {
        nonce
            .iter_mut()
            .zip(&session.salt)
            .for_each(|(n, s)| *n ^= s);
        let (sealed, tag) = body.split_at_checked(body.len().checked_sub(self.suite.tag())?)?;
        let mut clear = sealed.to_vec();
        let text = clear.get_mut(header..)?;
        match session.key.len() {
            16 => open(
                &Aes128Gcm::new_from_slice(&session.key).ok()?,
                nonce,
                about,
                text,
                tag,
            )?,
            _ => open(
                &Aes256Gcm::new_from_slice(&session.key).ok()?,
                nonce,
                about,
                text,
                tag,
            )?,
        }
        Some(clear)
    }
}

/// Decrypts in place; `None` when the tag, whole or cut off, is another.
fn open<C: AeadInOut<NonceSize = U12, TagSize = U16>>(
    cipher: &C,
    nonce: [u8; 12],
    about: &[u8],
    text: &mut [u8],
    tag: &[u8],
) -> Option<()> {
    if let Ok(whole) = <&[u8; GCM_TAG]>::try_from(tag) {
        return cipher
            .decrypt_inout_detached(&nonce.into(), about, text.into(), whole.into())
            .ok();
    }
    // No library opens what has a shorter tag. Encrypting and decrypting are the same key stream,
    // and the text encrypted anew has the whole tag.
    cipher
        .encrypt_inout_detached(&nonce.into(), about, text.into())
        .ok()?;
    let computed = cipher
        .encrypt_inout_detached(&nonce.into(), about, text.to_vec().as_mut_slice().into())
        .ok()?;
    bool::from(computed.get(..tag.len())?.ct_eq(tag)).then_some(())
}

impl Session {
    /// RFC 3711 §4.1.1: the salt, the SSRC and the packet's index, each in its place.
    fn counter_mode(&self, ssrc: &[u8; 4], index: u64, bytes: &mut [u8]) {
        let mut iv = [0; 16];
        iv[..14].copy_from_slice(&self.salt);
        iv[4..8].iter_mut().zip(ssrc).for_each(|(i, s)| *i ^= s);
        iv[8..14]
            .iter_mut()
            .zip(&index.to_be_bytes()[2..])
            .for_each(|(i, n)| *i ^= n);
        key_stream(&self.key, &iv, bytes);
    }
}

/// The header with its CSRCs and extension, which are not encrypted.
fn rtp_header(packet: &[u8]) -> Option<usize> {
    let first = packet.first()?;
    let fixed = RTP_HEADER + 4 * usize::from(first & 15);
    let length = match first & 0x10 {
        0 => fixed,
        _ => {
            fixed
                + 4
                + 4 * usize::from(u16::from_be_bytes([
                    *packet.get(fixed + 2)?,
                    *packet.get(fixed + 3)?,
                ]))
        }
    };
    (length <= packet.len()).then_some(length)
}

/// The RTP session keys of a master key: encryption, authentication, salt. What the RFCs' vectors
/// give.
pub fn session_keys(crypto: &Crypto) -> [Vec<u8>; 3] {
    let Session { key, auth, salt } = Context::new(crypto).rtp;
    [key, auth, salt]
}

/// RFC 3711 §4.3.3: counter mode over zeros, the label within the salt. A shorter salt is filled up
/// on the right (RFC 7714 §11).
fn derive(key: &[u8], salt: &[u8], label: u8, length: usize) -> Vec<u8> {
    let mut iv = [0; 16];
    iv[..salt.len().min(14)].copy_from_slice(&salt[..salt.len().min(14)]);
    iv[7] ^= label;
    let mut out = vec![0; length];
    key_stream(key, &iv, &mut out);
    out
}

fn key_stream(key: &[u8], iv: &[u8; 16], bytes: &mut [u8]) {
    match key.len() {
        16 => Ctr128BE::<Aes128>::new_from_slices(key, iv).map(|mut c| c.apply_keystream(bytes)),
        24 => Ctr128BE::<Aes192>::new_from_slices(key, iv).map(|mut c| c.apply_keystream(bytes)),
        _ => Ctr128BE::<Aes256>::new_from_slices(key, iv).map(|mut c| c.apply_keystream(bytes)),
    }
    .unwrap_or_default();
}

/// Roll-overs that may have passed before the tap began: a day of packets of 20 ms.
const MOST_ROLLED: u32 = 66;

/// Finds key and roll-over count for the packets of one stream, in order.
pub struct Unlocker {
    contexts: Vec<Context>,
    /// The key and the roll-overs before the tap that fitted last.
    fitting: Option<(usize, u32)>,
    /// Packets in a row that fitted nothing: after a few the search goes no further than what is
    /// known.
    strangers: u32,
}

/// So many packets are searched for with all keys and counts.
const PATIENCE: u32 = 20;

impl Unlocker {
    /// Any of these keys may be the right one.
    pub fn new(keys: &[&Crypto]) -> Unlocker {
        Unlocker {
            contexts: keys.iter().flat_map(|k| Context::all(k)).collect(),
            fitting: None,
            strangers: 0,
        }
    }

    /// A packet in the clear; `rolled` are the roll-overs since the stream's first packet.
    pub fn packet(&mut self, packet: &[u8], rolled: u32) -> Option<Vec<u8>> {
        let under = |(key, before): (usize, u32)| {
            self.contexts[key]
                .rtp(packet, before.wrapping_add(rolled))
                .map(|clear| ((key, before), clear))
        };
        let known = self.fitting.and_then(under);
        // A new key begins with the counts that the stream has (RFC 3711 §8.1), unless a new sender
        // took over.
        let same_count = || {
            self.fitting.and_then(|(_, before)| {
                (0..self.contexts.len()).find_map(|key| under((key, before)))
            })
        };
        let anew = || {
            (0..=MOST_ROLLED)
                .find_map(|before| (0..self.contexts.len()).find_map(|key| under((key, before))))
                .or_else(|| self.restarted(packet, rolled))
        };
        let found = known
            .or_else(same_count)
            .or_else(|| (self.strangers < PATIENCE).then(anew).flatten());
        self.strangers = if found.is_some() {
            0
        } else {
            self.strangers + 1
        };
        let (fitting, clear) = found?;
        self.fitting = Some(fitting);
        Some(clear)
    }

    /// A sender that began anew within the stream counts from zero, although ours has rolled.
    fn restarted(&self, packet: &[u8], rolled: u32) -> Option<((usize, u32), Vec<u8>)> {
        (0..self.contexts.len()).find_map(|key| {
            self.contexts[key]
                .rtp(packet, 0)
                .map(|clear| ((key, rolled.wrapping_neg()), clear))
        })
    }
}

/// An RTCP packet in the clear under whichever key fits.
pub fn rtcp(keys: &[&Crypto], packet: &[u8]) -> Option<Vec<u8>> {
    keys.iter()
        .flat_map(|k| Context::all(k))
        .find_map(|context| context.rtcp(packet))
}
