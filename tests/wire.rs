//! One call in every wrapping in which a mirror may hand it over: it is the same call, to the
//! sample.

mod common;

use common::*;
use serde_json::Value;
use std::collections::HashMap;

type Frames = Vec<(i64, Vec<u8>)>;

/// A fixture's frames, Ethernet.
fn frames(name: &str) -> Frames {
    packets(&unzipped(name))
        .into_iter()
        .map(|(at, bytes)| (at, bytes[16..].to_vec()))
        .collect()
}

/// What must not depend on the wrapping.
fn essence(call: &Value) -> Value {
    let mut call = call.clone();
    for key in ["call", "linked"] {
        call.as_object_mut().unwrap().remove(key);
    }
    for key in ["path", "peaks"] {
        call["recording"].as_object_mut().unwrap().remove(key);
    }
    call
}

fn read(frames: &Frames) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("call.pcap");
    write_pcap(&file, frames);
    let calls = replay(&[&file], &folder.path().join("data"), "wav");
    assert_eq!(calls.len(), 1, "{calls:?}");
    essence(&calls[0])
}

const MACS: [u8; 12] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];

fn ethernet(ethertype: u16, inside: &[u8]) -> Vec<u8> {
    [&MACS[..], &ethertype.to_be_bytes(), inside].concat()
}

fn ip_packet(frame: &[u8]) -> &[u8] {
    &frame[14..]
}

fn ipv4(protocol: u8, inside: &[u8]) -> Vec<u8> {
    let length = (20 + inside.len()) as u16;
    let mut header = vec![
        0x45, 0, 0, 0, 0, 7, 0, 0, 64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
    ];
    header[2..4].copy_from_slice(&length.to_be_bytes());
    ethernet(0x0800, &[&header, inside].concat())
}

fn udp(port: u16, inside: &[u8]) -> Vec<u8> {
    ipv4(
        17,
        &[
            &40000_u16.to_be_bytes()[..],
            &port.to_be_bytes(),
            &(8 + inside.len() as u16).to_be_bytes(),
            &[0, 0],
            inside,
        ]
        .concat(),
    )
}

fn gre(flags: u16, kind: u16, optional: &[u8], inside: &[u8]) -> Vec<u8> {
    ipv4(
        47,
        &[
            &flags.to_be_bytes()[..],
            &kind.to_be_bytes(),
            optional,
            inside,
        ]
        .concat(),
    )
}

fn vxlan(frame: &[u8]) -> Vec<u8> {
    udp(4789, &[&[8, 0, 0, 0, 0, 0, 42, 0][..], frame].concat())
}

/// An IPv4 frame in pieces of `size` bytes.
fn fragments(frame: &[u8], size: usize, id: u16) -> Vec<Vec<u8>> {
    let (header, payload) =
        ip_packet(frame)[..usize::from(u16::from_be_bytes([frame[16], frame[17]]))].split_at(20);
    let pieces = payload.chunks(size).enumerate().map(|(n, piece)| {
        let more = if (n + 1) * size < payload.len() {
            0x2000
        } else {
            0
        };
        let mut header = header.to_vec();
        header[2..4].copy_from_slice(&((20 + piece.len()) as u16).to_be_bytes());
        header[4..6].copy_from_slice(&id.to_be_bytes());
        header[6..8].copy_from_slice(&(more | (n * size / 8) as u16).to_be_bytes());
        ethernet(0x0800, &[&header, piece].concat())
    });
    pieces.collect()
}

fn fragments6(frame: &[u8], size: usize, id: u32) -> Vec<Vec<u8>> {
    let (header, payload) = ip_packet(frame).split_at(40);
    let pieces = payload.chunks(size).enumerate().map(|(n, piece)| {
        let more = u16::from((n + 1) * size < payload.len());
        let mut header = header.to_vec();
        header[4..6].copy_from_slice(&((8 + piece.len()) as u16).to_be_bytes());
        let next = std::mem::replace(&mut header[6], 44);
        let extension = [
            &[next, 0][..],
            &((n * size) as u16 | more).to_be_bytes(),
            &id.to_be_bytes(),
        ]
        .concat();
        ethernet(0x86dd, &[&header[..], &extension, piece].concat())
    });
    pieces.collect()
}

/// Every frame becomes several, a microsecond apart.
fn each(frames: &Frames, mut change: impl FnMut(usize, &[u8]) -> Vec<Vec<u8>>) -> Frames {
    let pieces = frames.iter().enumerate().flat_map(|(n, (at, frame))| {
        change(n, frame)
            .into_iter()
            .enumerate()
            .map(|(i, f)| (at + i as i64, f))
            .collect::<Vec<_>>()
    });
    pieces.collect()
}

#[test]
fn every_link_and_every_mirror() {
    let plain = frames("call_back");
    let expected = read(&plain);
    assert_eq!(expected["outcome"], "answered");
    type Wrap = fn(&[u8]) -> Vec<u8>;
    let wraps: [(&str, Wrap); 16] = [
        ("802.1Q", |f| {
            [&MACS[..], &[0x81, 0, 0, 100], &f[12..]].concat()
        }),
        ("QinQ", |f| {
            [&MACS[..], &[0x88, 0xa8, 0, 200, 0x81, 0, 0, 100], &f[12..]].concat()
        }),
        ("PPPoE", |f| {
            ethernet(
                0x8864,
                &[
                    &[0x11, 0, 0, 1][..],
                    &(ip_packet(f).len() as u16 + 2).to_be_bytes(),
                    &[0, 0x21],
                    ip_packet(f),
                ]
                .concat(),
            )
        }),
        ("MPLS", |f| {
            ethernet(
                0x8847,
                &[&[0, 1, 0x00, 64, 0, 2, 0x01, 64][..], ip_packet(f)].concat(),
            )
        }),
        ("MPLS pseudowire with control word", |f| {
            ethernet(0x8847, &[&[0, 1, 0x01, 64, 0, 0, 0, 0][..], f].concat())
        }),
        ("MPLS pseudowire", |f| {
            ethernet(0x8847, &[&[0, 1, 0x01, 64][..], f].concat())
        }),
        ("VXLAN", vxlan),
        ("GRE", |f| gre(0, 0x0800, &[], ip_packet(f))),
        ("GRE with checksum, key and sequence", |f| {
            gre(0xb000, 0x6558, &[0; 12], f)
        }),
        ("ERSPAN I", |f| gre(0, 0x88be, &[], f)),
        ("ERSPAN II", |f| {
            gre(
                0x1000,
                0x88be,
                &[0, 0, 0, 9, 0x10, 0x64, 0, 5, 0, 0, 0, 0],
                f,
            )
        }),
        ("ERSPAN III", |f| {
            gre(
                0x1000,
                0x22eb,
                &[0, 0, 0, 9, 0x20, 0x64, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0],
                f,
            )
        }),
        ("ERSPAN III with its platform header", |f| {
            gre(
                0x1000,
                0x22eb,
                &[
                    &[0, 0, 0, 9, 0x20, 0x64, 0, 5, 0, 0, 0, 1, 0, 0, 0, 1][..],
                    &[0; 8],
                ]
                .concat(),
                f,
            )
        }),
        ("TZSP", |f| {
            udp(37008, &[&[1, 0, 0, 1, 0, 10, 1, 0xc3, 1][..], f].concat())
        }),
        ("IP in IP", |f| ipv4(4, ip_packet(f))),
        ("ERSPAN within VXLAN within VLAN", |f| {
            let inner = vxlan(&gre(0x1000, 0x88be, &[0; 12], f));
            [&MACS[..], &[0x81, 0, 0, 100], &inner[12..]].concat()
        }),
    ];
    for (name, wrap) in wraps {
        assert_eq!(
            read(&each(&plain, |_, f| vec![wrap(f)])),
            expected,
            "{name}"
        );
    }
}

#[test]
fn fragments_are_put_together_in_any_order_and_through_a_tunnel() {
    // A packet has come when its last piece has, a few microseconds later than whole: those times
    // are left out.
    let timeless = |mut call: Value| {
        for key in ["started_at", "answered_at", "ended_at", "headers"] {
            call[key] = Value::Null;
        }
        call["recording"]["starts_at"] = Value::Null;
        call
    };
    let plain = frames("call_back");
    let expected = timeless(read(&plain));
    let size = 104;
    let pieces = |n: usize, f: &[u8]| fragments(f, size, n as u16);
    let came = |wrapped: Frames| timeless(read(&wrapped));
    let cut = each(&plain, pieces);
    assert!(cut.len() > 2 * plain.len());
    assert_eq!(came(cut.clone()), expected, "in order");
    assert_eq!(
        came(each(&plain, |n, f| pieces(n, f)
            .into_iter()
            .rev()
            .collect())),
        expected,
        "the last piece first"
    );
    assert_eq!(
        came(each(&plain, |n, f| fragments(&vxlan(f), size, n as u16))),
        expected,
        "a tunnel that did not fit"
    );
    assert_eq!(
        came(each(&plain, |n, f| pieces(n, f)
            .iter()
            .map(|p| vxlan(p))
            .collect())),
        expected,
        "fragments in a tunnel"
    );
    let twice = came(each(&plain, |n, f| {
        pieces(n, f)
            .into_iter()
            .flat_map(|p| [p.clone(), p])
            .collect()
    }));
    assert_eq!(
        (&twice["recording"]["sha256"], &twice["gaps"]),
        (&expected["recording"]["sha256"], &expected["gaps"]),
        "every piece twice"
    );

    // One piece in a hundred is lost: what it belonged to is missing and told, nothing else.
    let mut count = 0;
    let holed = cut.into_iter().filter(|(_, f)| {
        count += usize::from(f.len() == 14 + 20 + size);
        f.len() != 14 + 20 + size || count % 100 != 50
    });
    let call = read(&holed.collect());
    let lost: u64 = call["lanes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["lost"].as_u64().unwrap())
        .sum();
    assert!(
        lost >= 5 && !call["gaps"].as_array().unwrap().is_empty(),
        "{lost} lost"
    );

    let six = frames("ipv6");
    let whole = read(&six);
    let cut = read(&each(&six, |n, f| fragments6(f, size, n as u32)));
    assert_eq!(
        (&cut["recording"]["sha256"], &cut["lanes"]),
        (&whole["recording"]["sha256"], &whole["lanes"]),
        "IPv6"
    );
}

/// Turns SIP over UDP into segments of TCP streams; `wrap` makes what is sent of a message.
fn over_tcp(plain: &Frames, size: usize, hello: &[u8], wrap: impl Fn(&[u8]) -> Vec<u8>) -> Frames {
    let mut next: HashMap<Vec<u8>, u32> = HashMap::new();
    let mut swap = false;
    each(plain, |_, frame| {
        let (ip, rest) = ip_packet(frame).split_at(20);
        let (ports, payload) = (&rest[..4], &rest[8..]);
        if ports != [0x13, 0xc4, 0x13, 0xc4] && !payload.windows(8).any(|w| w == b"Call-ID:") {
            return vec![frame.to_vec()];
        }
        let sequence = next
            .entry([&ip[12..20], ports].concat())
            .or_insert(0xffff_ff00);
        let opening = if *sequence == 0xffff_ff00 { hello } else { b"" };
        let bytes = [opening, &wrap(payload)].concat();
        let mut segments = Vec::new();
        for piece in bytes.chunks(size) {
            let mut header = ip.to_vec();
            header[2..4].copy_from_slice(&((40 + piece.len()) as u16).to_be_bytes());
            header[9] = 6;
            let tcp = [
                ports,
                &sequence.to_be_bytes(),
                &[0; 4],
                &[0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0],
            ]
            .concat();
            segments.push(ethernet(0x0800, &[&header, &tcp, piece].concat()));
            *sequence = sequence.wrapping_add(piece.len() as u32);
        }
        // Every other message comes with its segments in the wrong order, and one of them twice.
        // The stream is known by its first segment, so that one stays in front.
        swap = !swap;
        if swap && segments.len() > 2 {
            let middle = segments.len() - 1;
            segments[1..].rotate_right(1);
            segments.push(segments[middle].clone());
        }
        segments
    })
}

#[test]
fn signalling_over_tcp_and_websocket_is_the_same_call() {
    let plain = frames("call_back");
    let expected = read(&plain);
    let same = |call: Value, what: &str| {
        assert_eq!(
            call["recording"]["sha256"], expected["recording"]["sha256"],
            "{what}"
        );
        for key in [
            "outcome",
            "sip_status",
            "ended_by",
            "from",
            "to",
            "call_ids",
            "headers",
            "lanes",
            "gaps",
        ] {
            assert_eq!(call[key], expected[key], "{what}: {key}");
        }
    };
    for size in [1400, 333, 64] {
        same(read(&over_tcp(&plain, size, b"", |m| m.to_vec())), "TCP");
    }
    same(
        read(&over_tcp(&plain, 200, b"", |m| [b"\r\n\r\n", m].concat())),
        "TCP with keep-alives",
    );
    let masked = |m: &[u8]| {
        let mask = [7, 77, 177, 250];
        let body: Vec<u8> = m
            .iter()
            .zip(mask.iter().cycle())
            .map(|(b, k)| b ^ k)
            .collect();
        [
            &[0x81, 0x80 | 126][..],
            &(m.len() as u16).to_be_bytes(),
            &mask,
            &body,
        ]
        .concat()
    };
    let hello =
        b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: sip\r\n\r\n";
    same(read(&over_tcp(&plain, 1400, hello, masked)), "WebSocket");
    same(
        read(&over_tcp(&plain, 300, hello, masked)),
        "WebSocket in pieces",
    );
    same(
        read(&over_tcp(&plain, 1400, b"", masked)),
        "WebSocket under way",
    );
}

#[test]
fn a_mirror_of_both_directions_and_one_file_per_direction() {
    let plain = frames("call_back");
    let expected = read(&plain);
    let twice = read(&each(&plain, |_, f| vec![f.to_vec(), f.to_vec()]));
    assert_eq!(
        twice["recording"]["sha256"],
        expected["recording"]["sha256"]
    );
    assert_eq!(twice["gaps"], expected["gaps"]);
    for (lane, once) in twice["lanes"]
        .as_array()
        .unwrap()
        .iter()
        .zip(expected["lanes"].as_array().unwrap())
    {
        assert_eq!(
            (&lane["packets"], &lane["duplicate"]),
            (&once["packets"], &once["packets"])
        );
    }

    let folder = tempfile::tempdir().unwrap();
    let source = |frame: &[u8]| frame[26..30].to_vec();
    let first = source(&plain[0].1);
    let (out, back): (Frames, Frames) =
        plain.iter().cloned().partition(|(_, f)| source(f) == first);
    let (a, b) = (folder.path().join("tx.pcap"), folder.path().join("rx.pcap"));
    write_pcap(&a, &out);
    write_pcap(&b, &back);
    for files in [[&a, &b], [&b, &a]] {
        let data = tempfile::tempdir().unwrap();
        let calls = replay(&[files[0], files[1]], data.path(), "wav");
        assert_eq!(essence(&calls[0]), expected);
    }
}

/// What a tap must bear: anything at all. The figures of DESIGN §1 hold whatever comes, and nothing
/// is unaccounted for.
#[test]
fn rubbish_is_counted_and_loses_nothing_else() {
    let plain = frames("call_back");
    let expected = read(&plain);
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    // Between any two frames of the call: fragments without end, hostile lengths, loops of tunnels,
    // noise.
    let noisy = each(&plain, |n, f| {
        let noise: Vec<u8> = (0..random() % 200).map(|_| random() as u8).collect();
        let mut endless = fragments(&udp(5060, &[0; 600]), 104, n as u16);
        endless.truncate(3);
        let mut nested = vec![0; 30];
        for _ in 0..20 {
            nested = vxlan(&nested);
        }
        let mut damaged = f.to_vec();
        let at = 14 + random() as usize % (damaged.len() - 14);
        damaged.truncate(at);
        let mut out = vec![
            ethernet(0x0800, &noise),
            ethernet(0x8847, &noise),
            gre(0x1000, 0x88be, &noise, &[]),
            nested,
            udp(37008, &noise),
            noise,
        ];
        out.extend(endless);
        // A shortened copy of the call's own packet may be taken for the packet, so only
        // signalling's is damaged.
        if f.len() > 300 {
            out.push(damaged);
        }
        out.push(f.to_vec());
        out
    });
    let call = read(&noisy);
    assert_eq!(call["recording"]["sha256"], expected["recording"]["sha256"]);
    for key in [
        "outcome",
        "sip_status",
        "ended_by",
        "from",
        "to",
        "call_ids",
        "lanes",
        "gaps",
    ] {
        assert_eq!(call[key], expected[key], "{key}");
    }
}

/// The faults of a mirror, told by `assay doctor` from a capture of it. A frame that was put
/// together from many (LRO, a loopback of 64 KB) is larger than what is read at a time.
#[test]
fn a_frame_larger_than_the_buffer_is_read_over_and_a_hostile_length_is_told() {
    let plain = frames("call_back");
    let expected = read(&plain);
    let large = each(&plain, |n, f| {
        if n % 200 == 0 {
            vec![ethernet(0x88b5, &vec![7; 900_000]), f.to_vec()]
        } else {
            vec![f.to_vec()]
        }
    });
    let call = read(&large);
    for key in ["outcome", "lanes", "gaps"] {
        assert_eq!(call[key], expected[key], "{key}");
    }
    assert_eq!(call["recording"]["sha256"], expected["recording"]["sha256"]);
    // A length of 64 MB cannot be: what came before is kept.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("call.pcap");
    write_pcap(&file, &plain);
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.extend(
        [1_790_000_000_u32, 0, 64 << 20, 64 << 20]
            .map(u32::to_le_bytes)
            .concat(),
    );
    bytes.extend(vec![0; 40 << 20]);
    std::fs::write(&file, bytes).unwrap();
    let done = assay(&[
        "replay",
        "--json",
        "--format",
        "wav",
        "--data",
        folder.path().join("data").to_str().unwrap(),
        file.to_str().unwrap(),
    ]);
    assert_eq!((done.status.code(), lines(&done).len()), (Some(1), 1));
    let error = String::from_utf8_lossy(&done.stderr);
    assert!(
        error.contains("damaged") && !error.contains("panicked"),
        "{error}"
    );
}

#[test]
fn the_doctor_knows_a_bad_mirror() {
    let plain = frames("call_back");
    let folder = tempfile::tempdir().unwrap();
    let told = |name: &str, frames: &Frames| {
        let file = folder.path().join(format!("{name}.pcap"));
        write_pcap(&file, frames);
        let done = assay(&[
            "doctor",
            "--data",
            folder.path().join("data").to_str().unwrap(),
            "--file",
            file.to_str().unwrap(),
        ]);
        (
            done.status.code(),
            String::from_utf8_lossy(&done.stdout).into_owned(),
        )
    };
    let source = |frame: &[u8]| frame[26..30].to_vec();
    let first = source(&plain[0].1);
    let is_sip = |f: &[u8]| f.len() > 300 || f.windows(7).any(|w| w == b"SIP/2.0");
    let only = |keep: &dyn Fn(&[u8]) -> bool| {
        plain
            .iter()
            .filter(|(_, f)| keep(f))
            .cloned()
            .collect::<Frames>()
    };
    let (code, text) = told("good", &plain);
    assert!(code == Some(0) && text.starts_with("good"), "{text}");
    let doubled = each(&plain, |_, f| vec![f.to_vec(), f.to_vec()]);
    let torn = each(&plain, |n, f| {
        fragments(f, 104, n as u16).into_iter().take(1).collect()
    });
    let tls = each(&plain, |_, f| {
        let tcp = [
            &[0x13, 0xc5, 0x13, 0xc5][..],
            &[0; 8],
            &[0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0],
            &[0x17, 3, 3, 0, 40],
            &[9; 40],
        ]
        .concat();
        vec![f.to_vec(), ipv4(6, &tcp)]
    });
    for (name, frames, code, says) in [
        (
            "one direction",
            only(&|f| source(f) == first),
            1,
            "one direction only",
        ),
        ("twice", doubled, 0, "come twice"),
        ("no media", only(&is_sip), 1, "no media is seen"),
        (
            "no signalling",
            only(&|f| !is_sip(f)),
            1,
            "media without any SIP",
        ),
        ("fragments", torn, 1, "never met the others"),
        ("TLS", tls, 0, "segments of TLS"),
        ("nothing", Frames::new(), 1, "nothing arrives"),
    ] {
        let (came, text) = told(name, &frames);
        assert!(
            came == Some(code) && text.contains(says),
            "{name}: {came:?} {text}"
        );
    }
}
