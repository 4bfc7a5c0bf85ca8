//! What somebody outside sends: each flood as frames without end, seeded.

use super::frames::{At, Dice, gre, hep, ip, piece, rtcp, rtp, sdp, sip, tcp, udp, vxlan};
use super::honest::{CALLS, ears, mouths};
use std::fmt::Write;
use std::net::Ipv4Addr;

const PBX: At = (Ipv4Addr::new(10, 9, 0, 1), 5060);
const SYN: u8 = 2;
const PUSH: u8 = 0x18;

/// By name.
pub const ALL: [&str; 11] = [
    "invites",
    "re-invites",
    "malformed",
    "sdp",
    "rtp-honest",
    "rtp-unknown",
    "rtcp",
    "tcp",
    "fragments",
    "hep",
    "tunnels",
];

pub struct Flood {
    name: &'static str,
    dice: Dice,
    n: u64,
    heavy: String,
}

impl Flood {
    pub fn new(name: &'static str, seed: u64) -> Flood {
        Flood {
            name,
            dice: Dice(seed | 1),
            n: 0,
            heavy: heavy(),
        }
    }

    /// The next frame.
    pub fn frame(&mut self) -> Vec<u8> {
        self.n += 1;
        match self.name {
            "invites" => self.invite(),
            "re-invites" => self.re_invite(),
            "malformed" => self.malformed(),
            "sdp" => self.sdp(),
            "rtp-honest" => self.rtp_at(true),
            "rtp-unknown" => self.rtp_at(false),
            "rtcp" => self.rtcp(),
            "tcp" => self.tcp(),
            "fragments" => self.fragment(),
            "hep" => self.hep(),
            _ => self.tunnel(),
        }
    }

    fn stranger(&mut self) -> At {
        (self.dice.host(), 1024 + self.dice.below(60_000) as u16)
    }

    fn invitation(&mut self, src: At, body: &str) -> Vec<u8> {
        let n = self.n;
        let from = format!("scan{n}@x>;tag={n}");
        let to = format!("{}@10.9.0.1>", self.dice.below(1 << 30));
        let first = format!("INVITE sip:{}@10.9.0.1 SIP/2.0", self.dice.below(1 << 30));
        sip(
            &first,
            &format!("flood-{n}@{}", src.0),
            "1 INVITE",
            [&from, &to],
            body,
        )
    }

    /// New calls, from anywhere; one in four is given up at once, so that its place is free again.
    fn invite(&mut self) -> Vec<u8> {
        let src = self.stranger();
        let body = sdp(src.0, src.1);
        udp(src, PBX, &self.invitation(src, &body))
    }

    /// One call, described anew each time.
    fn re_invite(&mut self) -> Vec<u8> {
        let src = (Ipv4Addr::new(203, 0, 113, 66), 5060);
        let n = self.n;
        let mut body = sdp(src.0, 20_000 + (n % 4_000) as u16);
        for k in 0..12 {
            let _ = write!(body, "a=rtpmap:{} x{n}-{k}/8000\r\n", 96 + k);
        }
        let body = body.replace("AVP 8", "AVP 8 96 97 98 99 100 101 102 103 104 105 106 107");
        let cseq = format!("{n} INVITE");
        let (from, to) = ("evil@x>;tag=e", "201@10.9.0.1>");
        let tagged = format!("{to};tag=t");
        let to = if n == 1 { to } else { &tagged };
        udp(
            src,
            PBX,
            &sip(
                "INVITE sip:201@x SIP/2.0",
                "re@evil",
                &cseq,
                [from, to],
                &body,
            ),
        )
    }

    fn malformed(&mut self) -> Vec<u8> {
        let src = self.stranger();
        let body = sdp(src.0, src.1);
        let mut message = self.invitation(src, &body);
        match self.n % 4 {
            0 => message.truncate(self.dice.below(message.len() as u64) as usize + 1),
            1 => {
                for _ in 0..20 {
                    let at = self.dice.below(message.len() as u64) as usize;
                    message[at] = self.dice.roll() as u8;
                }
            }
            2 => {
                let headers = "a:\n".repeat(400);
                message = format!("INVITE sip:x SIP/2.0\r\n{headers}\r\n").into_bytes();
            }
            _ => {
                let folded = " x\n".repeat(400);
                message = format!("OPTIONS sip:x SIP/2.0\r\nVia: y\r\n{folded}\r\n").into_bytes();
            }
        }
        udp(src, PBX, &message)
    }

    /// Descriptions as long as a frame, and now and then one of 58 KB.
    fn sdp(&mut self) -> Vec<u8> {
        let src = self.stranger();
        let most = if self.n.is_multiple_of(500) {
            58_000
        } else {
            1_200
        };
        let heavy = std::mem::take(&mut self.heavy);
        let cut = heavy[..most].rfind('\n').unwrap_or(0);
        let message = self.invitation(src, &heavy[..=cut]);
        self.heavy = heavy;
        udp(src, PBX, &message)
    }

    /// SSRCs that come once or a few times, at ports where people listen or where nobody does.
    fn rtp_at(&mut self, honest: bool) -> Vec<u8> {
        let call = self.dice.below(u64::from(CALLS)) as u16;
        let side = self.dice.below(2) as usize;
        let (src, dst) = match (honest, self.n % 3) {
            (true, 0) => (mouths(call)[1 - side], ears(call)[side]),
            (true, _) => (self.stranger(), ears(call)[side]),
            (false, 0) => {
                let port = (self.n / 3 % 500) as u16;
                (
                    (Ipv4Addr::new(203, 0, 113, 9), port),
                    (Ipv4Addr::new(203, 0, 113, 10), port),
                )
            }
            (false, _) => (self.stranger(), (self.dice.host(), 4000)),
        };
        let (ssrc, sequence) = match (honest, self.n % 3) {
            (false, 0) => (7, (self.n / 1500) as u16),
            (_, 1) => (self.dice.roll() as u32, self.dice.roll() as u16),
            _ => ((self.n / 5) as u32, self.n as u16),
        };
        udp(
            src,
            dst,
            &rtp(8, sequence, u32::from(sequence) * 160, ssrc, &[0x55; 160]),
        )
    }

    fn rtcp(&mut self) -> Vec<u8> {
        let call = self.dice.below(u64::from(CALLS)) as u16;
        let (ip, port) = ears(call)[self.dice.below(2) as usize];
        let dst = match self.n % 3 {
            0 => (ip, port),
            1 => (ip, port + 1),
            _ => (self.dice.host(), 4001),
        };
        udp(self.stranger(), dst, &rtcp(self.dice.roll() as u32))
    }

    /// Connections without end, each with a message that is never whole; every second segment is
    /// one of a few connections that send everything but the next.
    fn tcp(&mut self) -> Vec<u8> {
        let head = b"INVITE sip:x@y SIP/2.0\r\nContent-Length: 200000\r\n\r\n";
        if self.n.is_multiple_of(2) {
            let src = self.stranger();
            return tcp(src, PBX, 1, PUSH, &[&head[..], &[b'x'; 400]].concat());
        }
        let k = self.n / 2;
        let src = (Ipv4Addr::new(203, 0, 113, 77), 2_000 + (k % 16) as u16);
        if k < 16 {
            return tcp(src, PBX, 0, SYN | PUSH, &head[..]);
        }
        let ahead = 2 * (self.dice.below(60_000) as u32) + 100;
        tcp(src, PBX, ahead, PUSH, b"y")
    }

    fn fragment(&mut self) -> Vec<u8> {
        let (src, dst) = (self.dice.host(), PBX.0);
        let offset = match self.n % 4 {
            0 => 8_000,
            1 => 0,
            _ => self.dice.below(1_000) as u16,
        };
        let size = if self.n.is_multiple_of(8) { 1_480 } else { 64 };
        piece(src, dst, self.dice.roll() as u16, offset, &vec![b'z'; size])
    }

    fn hep(&mut self) -> Vec<u8> {
        let src = self.stranger();
        let body = sdp(src.0, src.1);
        let message = self.invitation(src, &body);
        let mut frame = hep(src, PBX, &message);
        if self.n.is_multiple_of(3) {
            let at = 42 + self.dice.below(frame.len() as u64 - 42) as usize;
            frame[at] ^= 0xff;
        }
        frame
    }

    fn tunnel(&mut self) -> Vec<u8> {
        let src = self.stranger();
        let mut frame = match self.n % 3 {
            0 => udp(src, PBX, &[b'q'; 40]),
            1 => udp(
                src,
                (self.dice.host(), 4000),
                &rtp(8, 1, 1, self.n as u32, &[0; 160]),
            ),
            _ => ip(src.0, PBX.0, 47, [0; 4], &[0xff; 30]),
        };
        for depth in 0..self.dice.below(12) {
            frame = if depth % 2 == 0 {
                vxlan(&frame)
            } else {
                gre(&frame)
            };
        }
        frame
    }
}

/// A description of 58 KB: as many formats, attributes and sections as fit.
fn heavy() -> String {
    let mut body = sdp(Ipv4Addr::new(203, 0, 113, 1), 7000);
    let types: Vec<String> = (96..128).map(|t: u8| t.to_string()).collect();
    for section in 0..40 {
        let _ = write!(
            body,
            "m=audio {} RTP/AVP {}\r\n",
            7_002 + 2 * section,
            types.join(" ")
        );
        for t in 96..128 {
            let _ = write!(body, "a=rtpmap:{t} codec{t}/8000\r\na=fmtp:{t} mode=1\r\n");
        }
    }
    while body.len() < 60_000 {
        body.push_str("a=x:y\r\n");
    }
    body
}
