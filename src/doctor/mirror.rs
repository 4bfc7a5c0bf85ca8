//! Judges a mirror by what it shows: the faults that make recorders miss calls in silence
//! (PRODUCT O3).

use crate::units::WallTime;
use crate::wire::{Datagram, Frame, Kind, Reject, Wire, WireTally, kind, rtp};
use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;

/// What some seconds of traffic showed.
#[derive(Default)]
pub struct Mirror {
    wire: Wire,
    seen: Seen,
}

#[derive(Default)]
struct Seen {
    requests: u64,
    responses: u64,
    invites: u64,
    answered: u64,
    cut: u64,
    flows: HashMap<(SocketAddr, SocketAddr, u32), Flow>,
}

#[derive(Default)]
struct Flow {
    packets: u64,
    duplicates: u64,
    last: [u16; 4],
}

/// Something that was found, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub level: Level,
    /// What was found.
    pub what: String,
    /// What to do about it; empty for nothing.
    pub todo: &'static str,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Good,
    Warning,
    Bad,
}

impl Finding {
    /// Nothing to do.
    pub fn good(what: impl Into<String>) -> Finding {
        Finding {
            level: Level::Good,
            what: what.into(),
            todo: "",
        }
    }

    /// Something works worse than it could.
    pub fn warning(what: impl Into<String>, todo: &'static str) -> Finding {
        Finding {
            level: Level::Warning,
            what: what.into(),
            todo,
        }
    }

    /// Calls are missed, or will be.
    pub fn bad(what: impl Into<String>, todo: &'static str) -> Finding {
        Finding {
            level: Level::Bad,
            what: what.into(),
            todo,
        }
    }
}

/// Flows shorter than this say nothing.
const FEW: u64 = 25;
/// Flows that are looked at; a sample is enough.
const MOST_FLOWS: usize = 20_000;

impl Mirror {
    /// Takes in one frame.
    pub fn frame(&mut self, frame: &Frame<'_>) {
        let seen = &mut self.seen;
        self.wire
            .frame(frame, &mut |_: WallTime, d: &Datagram<'_>| seen.datagram(d));
    }

    /// The judgement on what came so far.
    pub fn findings(&self) -> Vec<Finding> {
        let mut found = self.seen.findings();
        let tally = self.wire.tally();
        found.extend(lower_layers(&tally));
        if tally.frames == 0 {
            found = vec![Finding::bad(
                "nothing arrives at all",
                "check the cable and the switch: is this port the destination of a mirror (SPAN) \
                 session?",
            )];
        }
        found.sort_by_key(|f| std::cmp::Reverse(f.level));
        found
    }

    /// Where all frames went.
    pub fn tally(&self) -> WireTally {
        self.wire.tally()
    }
}

impl Seen {
    fn datagram(&mut self, d: &Datagram<'_>) {
        self.cut += u64::from(d.cut);
        match kind::kind(d.payload) {
            Kind::Sip if d.payload.starts_with(b"SIP/2.0") => {
                self.responses += 1;
                self.answered += u64::from(
                    d.payload.starts_with(b"SIP/2.0 200")
                        && d.payload.windows(6).any(|w| w == b"INVITE"),
                );
            }
            Kind::Sip => {
                self.requests += 1;
                self.invites += u64::from(d.payload.starts_with(b"INVITE"));
            }
            Kind::Rtp => {
                let Some(header) = rtp::parse(d.payload) else {
                    return;
                };
                let key = (d.src, d.dst, header.ssrc);
                if self.flows.len() >= MOST_FLOWS && !self.flows.contains_key(&key) {
                    return;
                }
                let flow = self.flows.entry(key).or_default();
                if flow.packets > 0 && flow.last.contains(&header.sequence) {
                    flow.duplicates += 1;
                } else {
                    flow.last.rotate_right(1);
                    flow.last[0] = header.sequence;
                }
                flow.packets += 1;
            }
            _ => {}
        }
    }

    fn findings(&self) -> Vec<Finding> {
        let long: Vec<_> = self.long().collect();
        let told = [
            one_way_media(&long),
            doubled(&long),
            Some(self.seen(long.len())),
            self.one_way_signalling(),
            self.cut_short(),
        ];
        told.into_iter().flatten().collect()
    }

    /// Media streams that are long enough to be told of.
    fn long(&self) -> impl Iterator<Item = LongFlow<'_>> {
        let long = self.flows.iter().filter(|(_, f)| f.packets >= FEW);
        long.map(|((src, dst, _), flow)| ((*src, *dst), flow))
    }

    fn seen(&self, flows: usize) -> Finding {
        match (self.requests + self.responses, flows) {
            (0, 0) => Finding::warning(
                "neither SIP nor media in this time",
                "make a call while this runs; look at `--seconds`",
            ),
            (0, _) => Finding::bad(
                "media without any SIP",
                "the signalling goes another way, or in TLS: mirror the phone system's own port, \
                 or let it send HEP",
            ),
            (_, 0) if self.answered > 0 => Finding::bad(
                format!("{} calls were answered and no media is seen", self.answered),
                "the media goes another way: mirror the phones' or the gateway's port too",
            ),
            (sip, flows) => Finding::good(format!(
                "{sip} SIP messages, {} INVITEs, {flows} media streams",
                self.invites
            )),
        }
    }

    fn one_way_signalling(&self) -> Option<Finding> {
        let fewer = self.requests.min(self.responses);
        let sum = self.requests + self.responses;
        let what = format!(
            "{} requests and {} responses: signalling is seen in one direction only",
            self.requests, self.responses
        );
        let mend = "mirror both directions of the phone system's port";
        (sum >= 20 && fewer * 10 < sum).then(|| Finding::bad(what, mend))
    }

    fn cut_short(&self) -> Option<Finding> {
        let what = format!("{} packets are cut short", self.cut);
        let mend = "capture whole packets: `tcpdump -s 0`, or no truncation in the mirror session";
        (self.cut > 0).then(|| Finding::bad(what, mend))
    }
}

/// From where, to where, and what came.
type LongFlow<'a> = ((SocketAddr, SocketAddr), &'a Flow);

fn one_way_media(long: &[LongFlow<'_>]) -> Option<Finding> {
    let pairs: HashSet<_> = long.iter().map(|(pair, _)| *pair).collect();
    let is_alone = |(src, dst): &&(SocketAddr, SocketAddr)| !pairs.contains(&(*dst, *src));
    let alone = pairs.iter().filter(is_alone).count();
    let all = pairs.len();
    let what = format!("{alone} of {all} media streams are seen in one direction only");
    let mend = "mirror both directions of the port (`both`, or rx and tx), or both legs: half of \
                each conversation is missing";
    (alone * 2 > all).then(|| Finding::bad(what, mend))
}

fn doubled(long: &[LongFlow<'_>]) -> Option<Finding> {
    let packets: u64 = long.iter().map(|(_, f)| f.packets).sum();
    let duplicates: u64 = long.iter().map(|(_, f)| f.duplicates).sum();
    let share = duplicates * 100 / packets.max(1);
    let what = format!("{share} % of the media packets come twice");
    let mend = "they are recorded once and cost twice: mirror one direction of each port, or one \
                port of the path";
    (share > 0).then(|| Finding::warning(what, mend))
}

fn lower_layers(tally: &WireTally) -> Vec<Finding> {
    let mut found = Vec::new();
    let rejected = |r: Reject| tally.rejected.get(&r).copied().unwrap_or(0);
    if rejected(Reject::Tls) > 0 {
        found.push(Finding::warning(
            format!("{} segments of TLS", rejected(Reject::Tls)),
            "if that is SIP over TLS, its calls have no names: let the phone system send HEP3, or \
             use SIPREC",
        ));
    }
    let f = &tally.fragments;
    // Nobody waits for those that still do.
    let alone = f.given_up + f.waiting;
    if alone * 10 > f.pieces {
        found.push(Finding::bad(
            format!(
                "{alone} of {} IP fragments never met the others of their packet",
                f.pieces
            ),
            "a filter by ports loses them, and so does a mirror that balances over links: filter \
             by hosts, mirror all links",
        ));
    }
    if tally.streams.missing > 0 {
        found.push(Finding::warning(
            format!(
                "{} bytes of SIP over TCP are missing",
                tally.streams.missing
            ),
            "the mirror loses packets: is its port fast enough for both directions?",
        ));
    }
    if rejected(Reject::UnknownLink) + rejected(Reject::Tunnel) > 0 {
        found.push(Finding::bad(
            format!(
                "{} frames in a link layer or tunnel that is not read",
                rejected(Reject::UnknownLink) + rejected(Reject::Tunnel)
            ),
            "tap where the traffic is plain IP, or in Ethernet, VLAN, MPLS, PPPoE, VXLAN, GRE, \
             ERSPAN or TZSP",
        ));
    }
    found
}
