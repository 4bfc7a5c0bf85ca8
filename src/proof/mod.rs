//! Proofs: an append-only Merkle log of salted commitments, its tiles and signed checkpoints, and
//! bundles that prove a ledger entry without the box (PRODUCT S8, M6).
//!
//! Everything is pure: bytes in, values or typed errors out. Keys and salts are passed in. The
//! texts of C2SP are followed: tlog-tiles, tlog-checkpoint, signed-note, tlog-cosignature; and RFC
//! 6962 and 9162 for the tree. `FORMAT.md` describes the bundle.
//!
//! How a box keeps its log, in one transaction each:
//! - append: draw a salt, store record and salt beside the commitment, and give each commitment the
//!   next leaf; [`Edge::load`] by the tiles of [`edge_tiles`], [`Edge::grow`] by [`leaf`] of each
//!   commitment, store each [`TileData`] in place of the narrower one;
//! - sign: a [`Checkpoint`] of the edge's size and root; keep every note that was signed, and sign
//!   no smaller tree than the last;
//! - check: an [`Edge`] grown from all commitments has, at the size of each checkpoint, its root;
//! - prove: read the tiles of [`bundle::tiles_needed`], [`bundle::compose`], [`bundle::verify`];
//! - erase: delete record and salt, and keep the commitment.
//!
//! The way of a record: [`Record`] and salt give a commitment; [`leaf`] its leaf hash; [`Edge`]
//! takes it in and gives tiles and root; [`Checkpoint`] signs the root; a witness ([`cosign()`])
//! and an authority ([`stamp`]) say when they saw it; [`bundle`] proves it.

pub mod bundle;
mod check;
mod checkpoint;
mod commitment;
mod cosign;
mod hash;
mod json;
mod key;
mod kind;
mod note;
mod path;
pub mod stamp;
mod text;
mod tile;
mod tree;
pub mod witness;

pub use check::{Head, is_consistent, is_included, shown};
pub use checkpoint::{Checkpoint, CheckpointError, open};
pub use commitment::{DOMAIN, MAX_SUBJECT_BYTES, Record, RecordError, Salt, leaf};
pub use cosign::{CosignError, cosign, cosigned_at};
pub use hash::{HASH_BYTES, Hash, empty_root, leaf_hash, node_hash, sha256};
pub use json::{JsonError, MAX_DEPTH, MAX_INTEGER, Object, Value};
pub use key::{KeyError, Scheme, SignerKey, VerifierKey};
pub use kind::Kind;
pub use note::{MAX_NOTE_BYTES, MAX_SIGNATURES, Note, NoteError, NoteSignature};
pub use path::{
    ProofError, Tiles, consistency, consistency_tiles, inclusion, inclusion_tiles, root,
};
pub use tile::{
    TILE_WIDTH, Tile, bundle_entries, entry_bundle, hashes_at, tile_bytes, tile_hashes,
};
pub use tree::{Edge, TileData, edge_tiles};
