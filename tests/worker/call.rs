//! The call that decoders are tried on.

use crate::common::write_pcap;
use std::path::{Path, PathBuf};

/// A call of 4 s, GSM one way and A-law the other, as a capture file.
pub fn gsm(folder: &Path) -> PathBuf {
    let (a, b) = ([10, 80, 0, 1], [10, 80, 0, 2]);
    let frame = |src: ([u8; 4], u16), dst: ([u8; 4], u16), payload: &[u8]| {
        let mut f = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0];
        f.extend(((28 + payload.len()) as u16).to_be_bytes());
        f.extend([0, 0, 0, 0, 64, 17, 0, 0]);
        f.extend(src.0.iter().chain(&dst.0));
        f.extend(
            [src.1, dst.1, 8 + payload.len() as u16, 0]
                .iter()
                .flat_map(|w| w.to_be_bytes()),
        );
        f.extend_from_slice(payload);
        f
    };
    let sip = |first: &str, cseq: &str, tag: &str, ip: &str, port: u16| {
        let sdp = if port == 0 {
            String::new()
        } else {
            format!(
                "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} \
                 RTP/AVP 3 8\r\n"
            )
        };
        format!(
            "{first}\r\nFrom: <sip:201@{ip}>;tag=a\r\nTo: \
            <sip:+494055501010@pbx>{tag}\r\nCall-ID: gsm@test\r\nCSeq: {cseq}\r\nContent-Type: \
            application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
            sdp.len()
        )
        .into_bytes()
    };
    let mut packets = vec![
        (
            0,
            frame(
                (a, 5060),
                (b, 5060),
                &sip(
                    "INVITE sip:+494055501010@pbx SIP/2.0",
                    "1 INVITE",
                    "",
                    "10.80.0.1",
                    4000,
                ),
            ),
        ),
        (
            900,
            frame(
                (b, 5060),
                (a, 5060),
                &sip("SIP/2.0 200 OK", "1 INVITE", ";tag=b", "10.80.0.2", 5000),
            ),
        ),
    ];
    for n in 0..200_u16 {
        let rtp = |kind: u8, ssrc: u8| {
            [
                &[0x80, kind][..],
                &n.to_be_bytes(),
                &(u32::from(n) * 160).to_be_bytes(),
                &[0, 0, 0, ssrc],
            ]
            .concat()
        };
        let gsm: Vec<u8> = std::iter::once(0xd3)
            .chain((1..33).map(|i| (i as u8).wrapping_mul(37) ^ n as u8))
            .collect();
        packets.push((
            1000 + i64::from(n) * 20_000,
            frame((a, 4000), (b, 5000), &[rtp(3, 1), gsm].concat()),
        ));
        packets.push((
            1001 + i64::from(n) * 20_000,
            frame((b, 5000), (a, 4000), &[rtp(8, 2), vec![0x2a; 160]].concat()),
        ));
    }
    packets.push((
        4_100_000,
        frame(
            (a, 5060),
            (b, 5060),
            &sip("BYE sip:x SIP/2.0", "2 BYE", ";tag=b", "10.80.0.1", 0),
        ),
    ));
    packets.push((
        4_101_000,
        frame(
            (b, 5060),
            (a, 5060),
            &sip("SIP/2.0 200 OK", "2 BYE", ";tag=b", "10.80.0.1", 0),
        ),
    ));
    let path = folder.join("gsm.pcap");
    let packets: Vec<(i64, Vec<u8>)> = packets
        .into_iter()
        .map(|(at, data)| (1_790_000_000_000_000 + at, data))
        .collect();
    write_pcap(&path, &packets);
    path
}
