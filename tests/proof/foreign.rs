//! Logs of ours, read by other hands: the crates `tlog_tiles` and `signed_note`, and Go's
//! `golang.org/x/mod/sumdb`.

use crate::not_run;
use crate::world::{ORIGIN, log_key, witness_key};
use assay::proof::{
    Checkpoint, Edge, Hash, Head, Note, Tile, consistency, cosign, entry_bundle, inclusion, leaf,
    root, sha256, tile_bytes,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Commitments that nobody has to open.
fn commitments(count: u64) -> Vec<Hash> {
    (0..count).map(|n| sha256(&[&n.to_be_bytes()])).collect()
}

fn grown(commitments: &[Hash]) -> (Edge, BTreeMap<Tile, Vec<Hash>>) {
    let (mut edge, mut tiles) = (Edge::new(), BTreeMap::new());
    for batch in commitments.chunks(1000) {
        for data in edge.grow(batch.iter().map(|&c| leaf(c))) {
            tiles.insert(data.tile, data.hashes);
        }
    }
    (edge, tiles)
}

fn signed(size: u64, root: Hash) -> Note {
    let origin = ORIGIN.to_owned();
    let (head, extensions) = (Head { size, root }, Vec::new());
    let checkpoint = Checkpoint {
        origin,
        head,
        extensions,
    };
    let mut note = checkpoint.sign(&log_key()).unwrap();
    note.add(cosign(&note, &witness_key(), 1_700_000_000).unwrap());
    note
}

struct TheirTiles<'a>(&'a BTreeMap<Tile, Vec<Hash>>);

impl tlog_tiles::TileReader for TheirTiles<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let read = |tile: &tlog_tiles::Tile| {
            let width = u16::try_from(tile.width()).unwrap();
            let tile = Tile::new(tile.level(), tile.level_index(), width).unwrap();
            let hashes = assay::proof::Tiles::tile(self.0, tile).unwrap();
            tile_bytes(&hashes[..usize::from(width)])
        };
        Ok(tiles.iter().map(read).collect())
    }

    fn save_tiles(&self, _: &[tlog_tiles::Tile], _: &[Vec<u8>]) {}
}

#[test]
fn tlog_tiles_makes_and_accepts_the_same_proofs() {
    let size = 70_001;
    let commitments = commitments(size);
    let (edge, tiles) = grown(&commitments);
    let theirs = |hash: Hash| tlog_tiles::Hash(hash.0);
    let tree = theirs(edge.root());
    let reader_of_tiles = TheirTiles(&tiles);
    let reader = tlog_tiles::TileHashReader::new(size, tree, &reader_of_tiles);
    for n in (0..size).step_by(997).chain([size - 1]) {
        let ours = inclusion(n, size, &tiles).unwrap();
        let ours: Vec<tlog_tiles::Hash> = ours.into_iter().map(theirs).collect();
        let made = tlog_tiles::prove_record(size, n, &reader).unwrap();
        assert!(ours == made, "the proofs of leaf {n} differ");
        let record = tlog_tiles::record_hash(&commitments[n as usize].0);
        tlog_tiles::check_record(&ours, size, tree, n, record).unwrap();
    }
    for old in [1, 2, 255, 256, 257, 65_536, 69_999] {
        let ours = consistency(old, size, &tiles).unwrap();
        let ours: Vec<tlog_tiles::Hash> = ours.into_iter().map(theirs).collect();
        let old_root = theirs(root(old, &tiles).unwrap());
        tlog_tiles::check_tree(&ours, size, tree, old, old_root).unwrap();
    }
    let wrong = tlog_tiles::record_hash(b"another");
    assert!(tlog_tiles::check_record(&vec![], size, tree, 0, wrong).is_err());
}

#[test]
fn signed_note_and_tlog_tiles_read_a_checkpoint() {
    let note = signed(3, sha256(&[b"root"])).to_string();
    let key = log_key().verifier().to_string();
    let verifier = signed_note::StandardVerifier::new(&key).unwrap();
    let known = signed_note::VerifierList::new(vec![Box::new(verifier)]);
    let read = signed_note::Note::from_bytes(note.as_bytes()).unwrap();
    let (verified, unverified) = read.verify(&known).unwrap();
    assert_eq!((verified.len(), unverified.len()), (1, 1));
    let checkpoint = tlog_tiles::Checkpoint::from_bytes(read.text()).unwrap();
    assert_eq!((checkpoint.origin(), checkpoint.size()), (ORIGIN, 3));
    assert_eq!(checkpoint.hash().0, sha256(&[b"root"]).0);
    let forged = note.replacen("\n3\n", "\n4\n", 1);
    let read = signed_note::Note::from_bytes(forged.as_bytes()).unwrap();
    assert!(read.verify(&known).is_err());
}

/// Lays a log out in a folder, as its tiles' paths say.
fn lay_out(folder: &Path, commitments: &[Hash], older: u64) {
    let (edge, tiles) = grown(commitments);
    for (tile, hashes) in &tiles {
        write(folder.join(tile.path()), &tile_bytes(hashes));
    }
    for (n, entries) in commitments.chunks(256).enumerate() {
        let tile = Tile::new(0, n as u64, u16::try_from(entries.len()).unwrap()).unwrap();
        let bytes = entry_bundle(entries.iter().map(|hash| &hash.0[..])).unwrap();
        write(folder.join(tile.entries_path()), &bytes);
    }
    let newest = signed(edge.size(), edge.root()).to_string();
    write(folder.join("checkpoint"), newest.as_bytes());
    let older = signed(older, root(older, &tiles).unwrap()).to_string();
    write(folder.join("older"), older.as_bytes());
}

fn write(path: PathBuf, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// The program `log.go`; `None` where Go or its packages are not here.
fn go_verifier(folder: &Path) -> Option<PathBuf> {
    let program = folder.join("log");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/proof/log.go");
    let built = Command::new("go")
        .args(["build", "-o"])
        .args([&program, &source])
        .env("GO111MODULE", "off")
        .env("GOPATH", "/usr/share/gocode")
        .env("GOCACHE", folder.join("cache"))
        .env("GOFLAGS", "")
        .output()
        .ok()?;
    if !built.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&built.stderr));
        return None;
    }
    Some(program)
}

#[test]
fn go_accepts_the_log_and_refuses_a_changed_record() {
    let folder = tempfile::tempdir().unwrap();
    let Some(program) = go_verifier(folder.path()) else {
        not_run("Go's sumdb; packages golang-go, golang-golang-x-mod-dev and what they need");
        return;
    };
    let log = folder.path().join("tiles");
    lay_out(&log, &commitments(1300), 700);
    let run = || {
        let key = log_key().verifier().to_string();
        let output = Command::new(&program).arg(&log).arg(key).output();
        output.unwrap()
    };
    let output = run();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(said, "1300 records hold, and the tree of 700 before them\n");

    let bundle = log.join("tile/entries/002");
    let mut bytes = std::fs::read(&bundle).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&bundle, bytes).unwrap();
    let output = run();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(said.contains("invalid transparency proof"), "{said}");
}
