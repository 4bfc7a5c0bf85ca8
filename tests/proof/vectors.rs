//! Published vectors: RFC 6962's reference trees, and the examples in C2SP's texts.

use assay::proof::{
    Checkpoint, Edge, Hash, Note, Scheme, SignerKey, Tile, VerifierKey, cosign, cosigned_at,
    edge_tiles, empty_root, entry_bundle, leaf_hash, open, sha256,
};

/// The leaves of the reference trees of RFC 6962's first implementation.
const LEAVES: [&[u8]; 8] = [
    b"",
    &[0x00],
    &[0x10],
    &[0x20, 0x21],
    &[0x30, 0x31],
    &[0x40, 0x41, 0x42, 0x43],
    &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
    &[
        0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e,
        0x6f,
    ],
];

/// Their roots, from one leaf to eight.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn the_reference_trees_have_their_roots() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(empty_root().to_hex(), empty);
    assert_eq!(Edge::new().root().to_hex(), empty);
    let mut edge = Edge::new();
    for (data, root) in LEAVES.iter().zip(ROOTS) {
        edge.grow([leaf_hash(data)]);
        assert_eq!(edge.root().to_hex(), root);
    }
}

#[test]
fn tiles_have_the_paths_of_the_text() {
    let tile = Tile::new(0, 1_234_067, 256).unwrap();
    assert_eq!(tile.path(), "tile/0/x001/x234/067");
    assert_eq!(tile.entries_path(), "tile/entries/x001/x234/067");
    let partial = Tile::new(1, 0, 17).unwrap();
    assert_eq!(partial.path(), "tile/1/000.p/17");
    for tile in [tile, partial, Tile::new(63, u64::MAX / 256, 1).unwrap()] {
        assert_eq!(Tile::parse(&tile.path()), Some(tile));
    }
    for path in [
        "tile/64/000",
        "tile/00/000",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/001/000",
        "tile/0/x000/001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/",
        "tile/0/000/",
        "tile/0/+01",
        "tile/0/xx01",
        "0/000",
    ] {
        assert_eq!(Tile::parse(path), None, "{path}");
    }
    assert_eq!(Tile::new(0, 0, 0), None);
    assert_eq!(Tile::new(0, 0, 257), None);
}

#[test]
fn a_tree_of_70000_has_the_tiles_of_the_text() {
    let mut edge = Edge::new();
    let tiles = edge.grow((0..70_000_u64).map(|n| sha256(&[&n.to_be_bytes()])));
    let count = |level, full| {
        let tiles = tiles.iter().map(|data| data.tile);
        tiles
            .filter(|t| t.level() == level && t.is_full() == full)
            .count()
    };
    assert_eq!((count(0, true), count(1, true)), (273, 1));
    let partial: Vec<String> = edge_tiles(70_000).iter().map(|tile| tile.path()).collect();
    assert_eq!(
        partial,
        ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]
    );
    let one = edge_tiles(256);
    assert_eq!(one, [Tile::new(1, 0, 1).unwrap()]);
    assert!(edge_tiles(0).is_empty());
}

#[test]
fn an_entry_bundle_has_lengths_of_two_bytes() {
    let bundle = entry_bundle([&b"ab"[..], b"", b"c"]).unwrap();
    assert_eq!(bundle, b"\0\x02ab\0\0\0\x01c");
    assert_eq!(entry_bundle([&[0; 65_536][..]]), None);
}

#[test]
fn the_example_of_signed_note_is_verified_and_nothing_near_it() {
    let key = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    let text = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq\
                6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    let key = VerifierKey::parse(key).unwrap();
    assert_eq!((key.name(), key.id()), ("example.com/foo", 0x530d_903a));
    let note = Note::parse(text.as_bytes()).unwrap();
    let signature = note.signatures_of(&key).next().unwrap();
    assert!(key.has_signed(note.text().as_bytes(), &signature.bytes));
    assert!(!key.has_signed(b"This is an example message", &signature.bytes));
    assert!(!key.has_signed(note.text().as_bytes(), &signature.bytes[1..]));
    assert_eq!(note.to_string(), text);
}

#[test]
fn the_example_of_tlog_cosignature_is_read() {
    let text = "example.com/behind-the-sofa\n20852163\n\
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/\
        Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
        — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJs\
        X3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
    let note = Note::parse(text.as_bytes()).unwrap();
    let checkpoint = Checkpoint::parse(note.text()).unwrap();
    assert_eq!(checkpoint.origin, "example.com/behind-the-sofa");
    assert_eq!(checkpoint.head.size, 20_852_163);
    assert_eq!(checkpoint.to_string(), note.text());
    let witness = &note.signatures()[1];
    assert_eq!(witness.bytes[..8], 1_679_315_147_u64.to_be_bytes());
    assert_eq!(witness.bytes.len(), 72);
}

/// RFC 8032 §7.1, TEST 2.
#[test]
fn ed25519_signs_as_its_rfc_does() {
    let hex = |text: &str| Hash::from_hex(text).unwrap().0;
    let seed = hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    let key = SignerKey::new("rfc8032", Scheme::Note, &seed).unwrap();
    let signature = key.sign(&[0x72]);
    let (r, s) = signature.split_at(32);
    assert_eq!(
        r,
        hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da")
    );
    assert_eq!(
        s,
        hex("085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
    );
    assert!(key.verifier().has_signed(&[0x72], &signature));
}

#[test]
fn a_checkpoint_of_another_log_or_without_signature_is_refused() {
    let log = crate::world::log_key();
    let head = assay::proof::Head {
        size: 5,
        root: sha256(&[]),
    };
    let checkpoint = |origin: &str| Checkpoint {
        origin: origin.to_owned(),
        head,
        extensions: vec!["more".to_owned()],
    };
    let good = checkpoint(crate::world::ORIGIN).sign(&log).unwrap();
    assert!(open(good.to_string().as_bytes(), &log.verifier()).is_ok());
    let other = checkpoint("assay.example/box-2").sign(&log).unwrap();
    let refused = open(other.to_string().as_bytes(), &log.verifier()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the checkpoint is of the log 'assay.example/box-2', not of 'assay.example/box-1'"
    );
    assert!(checkpoint("two\nlines").sign(&log).is_err());
    assert!(checkpoint("").sign(&log).is_err());
}

#[test]
fn a_cosignature_holds_for_its_time_text_and_witness() {
    let (log, witness) = (crate::world::log_key(), crate::world::witness_key());
    let text = "assay.example/box-1\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let mut note = Note::new(text.to_owned(), Vec::new()).unwrap();
    assert_eq!(cosigned_at(&note, &witness.verifier()), Ok(None));
    let signature = cosign(&note, &witness, 1_679_315_147).unwrap();
    let message = format!("cosignature/v1\ntime 1679315147\n{text}");
    assert_eq!(signature.bytes[8..], witness.sign(message.as_bytes()));
    note.add(signature.clone());
    assert_eq!(
        cosigned_at(&note, &witness.verifier()),
        Ok(Some(1_679_315_147))
    );
    assert!(cosign(&note, &log, 1).is_err());
    assert!(cosigned_at(&note, &log.verifier()).is_err());
    for at in [0, 7, 8, 71] {
        let mut changed = signature.clone();
        changed.bytes[at] ^= 1;
        let note = Note::new(text.to_owned(), vec![changed]).unwrap();
        assert!(cosigned_at(&note, &witness.verifier()).is_err());
    }
}
