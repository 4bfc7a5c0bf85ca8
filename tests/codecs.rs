//! Codecs against reference vectors, where the folder of real captures is there.

mod common;

use assay::media::codec::g722;
use assay::media::codec::{Codec, Decoder};
use common::captures;

fn words(bytes: &[u8]) -> Vec<u16> {
    bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect()
}

#[test]
fn g711_is_the_itus_to_the_bit() {
    let Some(folder) = captures() else { return };
    let read = |name: &str| words(&std::fs::read(folder.join("vectors/g711").join(name)).unwrap());
    for (codec, coded, decoded) in [(Codec::Pcma, "sweep-r.a", "sweep-r.rea"), (Codec::Pcmu, "sweep-r.u", "sweep-r.reu")] {
        let bytes: Vec<u8> = read(coded).iter().map(|w| *w as u8).collect();
        let mut out = Vec::new();
        Decoder::new(codec).decode(&bytes, &mut out).unwrap();
        let wanted: Vec<i16> = read(decoded).iter().map(|w| *w as i16).collect();
        assert_eq!(out.len(), wanted.len());
        let wrong = out.iter().zip(&wanted).filter(|(a, b)| a != b).count();
        println!("{coded}: {wrong} of {} samples differ", out.len());
        assert_eq!(wrong, 0, "{coded}");
    }
}

/// The test vectors of the ITU's software tools: 64 kbit/s, mode 1, through the receive QMF.
#[test]
fn g722_is_the_itus_to_the_bit() {
    let Some(folder) = captures() else { return };
    let read = |name: &str| std::fs::read(folder.join("vectors/g722").join(name)).unwrap();
    // One code word in each 16-bit word.
    let codes: Vec<u8> = words(&read("codspw.cod")).iter().map(|w| *w as u8).collect();
    let wanted: Vec<i16> = words(&read("outsp1.bin")).iter().map(|w| *w as i16).collect();
    let mut decoder = g722::Decoder::default();
    let mut out = Vec::new();
    decoder.decode(&codes, &mut out);
    let wrong = out.iter().zip(&wanted).filter(|(a, b)| a != b).count();
    println!("G.722: {wrong} of {} samples differ ({} wanted)", out.len(), wanted.len());
    assert_eq!((wrong, out.len()), (0, wanted.len()));
}
