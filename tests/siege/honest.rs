//! A hundred calls of people, on every way on which calls are met: UDP, TCP, fragments, HEP, a tunnel, behind NAT, with
//! media before its INVITE, with an SSRC that changes.

use super::frames::{At, hep, in_pieces, rtp, sdp, sip, tcp, udp, vxlan};
use std::net::Ipv4Addr;

pub const CALLS: u16 = 100;
const TRUNK: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 2);
const PBX: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 1);
const PACKET_US: i64 = 20_000;

/// How a call comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    Plain,
    Nat,
    EarlyMedia,
    Tcp,
    Pieces,
    Hep,
    Tunnel,
    NewSsrc,
}

pub fn way(call: u16) -> Way {
    [
        Way::Plain,
        Way::Nat,
        Way::EarlyMedia,
        Way::Tcp,
        Way::Pieces,
        Way::Hep,
        Way::Tunnel,
        Way::NewSsrc,
    ][usize::from(call % 8)]
}

/// Where caller and callee listen.
pub fn ears(call: u16) -> [At; 2] {
    let port = 10_000 + 4 * call;
    [(PBX, port), (TRUNK, port)]
}

/// Where caller and callee speak from.
pub fn mouths(call: u16) -> [At; 2] {
    let [caller, callee] = ears(call);
    match way(call) {
        // Its description says what is behind the NAT.
        Way::Nat => [(Ipv4Addr::new(198, 51, 100, 7), 30_000 + call), callee],
        _ => [caller, callee],
    }
}

/// No two calls have the same, in whichever round (RFC 3261 §8.1.1.4).
pub fn call_id(round: u16, call: u16) -> String {
    format!("honest-{round}-{call}@10.9.0.1")
}

/// One packet of a call: everybody's are different, and a call's source is its own in each round.
fn voice((round, call): (u16, u16), side: usize, n: u16) -> Vec<u8> {
    let mut sound = [0xd5_u8; 160];
    sound[..2].copy_from_slice(&call.to_be_bytes());
    sound[2] = side as u8;
    sound[3..5].copy_from_slice(&n.to_be_bytes());
    let turn = if way(call) == Way::NewSsrc {
        u32::from(n / 64) << 24
    } else {
        0
    };
    let own = u32::from(round % 256) << 8 | u32::from(call) << 1 | side as u32;
    let ssrc = turn | own | 0x0077_0000;
    rtp(8, n, u32::from(n) * 160, ssrc, &sound)
}

/// Whose packet it is.
pub fn whose(packet: &[u8]) -> Option<(u16, usize, u16)> {
    let sound = packet.get(12..172)?;
    let word = |at: usize| u16::from_be_bytes([sound[at], sound[at + 1]]);
    sound[5..]
        .iter()
        .all(|b| *b == 0xd5)
        .then_some((word(0), usize::from(sound[2]), word(3)))
}

/// All frames of a round's calls within so many seconds, by time; and how many packets each side
/// sends.
pub fn frames(round: u16, seconds: i64) -> (Vec<(i64, Vec<u8>)>, u16) {
    let length = seconds * 1_000_000;
    let packets = ((length * 6 / 10) / PACKET_US) as u16;
    let mut all = Vec::new();
    for call in 0..CALLS {
        // They begin one after the other, within the siege.
        let began = length / 10 + length / 5 * i64::from(call) / i64::from(CALLS);
        signalling((round, call), began, packets, &mut all);
        for n in 0..packets {
            for side in 0..2 {
                let at = began + 40_000 + i64::from(n) * PACKET_US + 1_000 * side as i64;
                let frame = udp(
                    mouths(call)[side],
                    ears(call)[1 - side],
                    &voice((round, call), side, n),
                );
                all.push((at, wrapped(call, frame)));
            }
        }
    }
    all.sort_by_key(|(at, _)| *at);
    (all, packets)
}

fn wrapped(call: u16, frame: Vec<u8>) -> Vec<u8> {
    if way(call) == Way::Tunnel {
        vxlan(&frame)
    } else {
        frame
    }
}

fn signalling((round, call): (u16, u16), began: i64, packets: u16, all: &mut Vec<(i64, Vec<u8>)>) {
    let [(pbx, caller), (trunk, callee)] = ears(call);
    let id = call_id(round, call);
    let from = format!("{}@10.9.0.1>;tag=a{round}-{call}", 200 + call);
    let to = format!("+49405{call:06}@10.9.0.2>");
    let tagged = format!("{to};tag=b{round}-{call}");
    let invite = format!("INVITE sip:+49405{call:06}@10.9.0.2 SIP/2.0");
    let late = if way(call) == Way::EarlyMedia {
        200_000
    } else {
        0
    };
    let end = began + 60_000 + i64::from(packets) * PACKET_US;
    let messages = [
        (
            late,
            false,
            sip(&invite, &id, "1 INVITE", [&from, &to], &sdp(pbx, caller)),
        ),
        (
            late + 1_000,
            true,
            sip("SIP/2.0 180 Ringing", &id, "1 INVITE", [&from, &tagged], ""),
        ),
        (
            late + 20_000,
            true,
            sip(
                "SIP/2.0 200 OK",
                &id,
                "1 INVITE",
                [&from, &tagged],
                &sdp(trunk, callee),
            ),
        ),
        (
            late + 25_000,
            false,
            sip("ACK sip:x SIP/2.0", &id, "1 ACK", [&from, &tagged], ""),
        ),
        (
            end - began,
            false,
            sip("BYE sip:x SIP/2.0", &id, "2 BYE", [&from, &tagged], ""),
        ),
        (
            end - began + 1_000,
            true,
            sip("SIP/2.0 200 OK", &id, "2 BYE", [&from, &tagged], ""),
        ),
    ];
    let mut sequence = [1_000_u32, 5_000];
    for (at, back, message) in messages {
        let (a, b) = ((PBX, 5060), (TRUNK, 5060));
        let (src, dst) = if back { (b, a) } else { (a, b) };
        let at = began + at;
        match way(call) {
            Way::Tcp => {
                // A connection of its own.
                let port = 20_000 + round % 400 * CALLS + call;
                let ((src, dst), next) = (
                    ((src.0, port), (dst.0, port)),
                    &mut sequence[usize::from(back)],
                );
                let (head, tail) = message.split_at(message.len() / 2);
                all.push((at, tcp(src, dst, *next, 0x18, head)));
                *next += head.len() as u32;
                all.push((at + 400, tcp(src, dst, *next, 0x18, tail)));
                *next += tail.len() as u32;
            }
            Way::Pieces => {
                let [first, second] = in_pieces(src, dst, at as u16, &message);
                all.extend([(at, first), (at + 400, second)]);
            }
            Way::Hep => all.push((at, hep(src, dst, &message))),
            _ => all.push((at, wrapped(call, udp(src, dst, &message)))),
        }
    }
}
