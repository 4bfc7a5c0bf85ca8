//! What is known of a call: kept beside its packets in the spool, and later the call's row.

use crate::pii::Pii;
use crate::sip::crypto::Crypto;
use crate::sip::sdp::{Format, Keying};
use crate::units::WallTime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use uuid::Uuid;

/// Everything about a call but its packets. Each change is written to the spool as a whole, so that
/// after a crash the last one counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallFacts {
    pub id: Uuid,
    /// All SIP Call-IDs that belong to this conversation, in order of appearance.
    pub call_ids: Vec<String>,
    pub from: Party,
    pub to: Party,
    /// Seen from the lines; `None` while no line is known.
    pub direction: Option<Direction>,
    pub outcome: Outcome,
    /// The final answer to the INVITE, as the caller's hop saw it.
    pub sip_status: Option<u16>,
    pub started_at: WallTime,
    /// `None` while no 180 or 183 was seen.
    pub ringing_at: Option<WallTime>,
    /// `None` while unanswered, or when the answer was not seen.
    pub answered_at: Option<WallTime>,
    /// `None` while it lasts.
    pub ended_at: Option<WallTime>,
    /// `None` while it lasts.
    pub ended_by: Option<EndedBy>,
    /// Other calls of the same transfer.
    pub linked: Vec<Uuid>,
    /// Chosen headers of the first INVITE, and of the BYE.
    pub headers: BTreeMap<String, Pii<String>>,
    /// The caller's, as its INVITE names it.
    pub user_agent: Option<String>,
    /// The side that is the telemarketer's, where its line is known.
    pub telemarketer: Option<Side>,
    /// By [`super::StreamNo`].
    pub streams: Vec<StreamFacts>,
    /// Payload formats that each side said it understands, newest last.
    pub formats: Vec<SideFormats>,
    /// Times at which one side had put the other on hold; the end is `None` while it lasts.
    pub holds: Vec<(WallTime, Option<WallTime>)>,
    /// Time ranges that were not recorded on purpose, or because the disk could not keep up.
    #[serde(default)]
    pub withheld: Vec<WithheldRange>,
    /// When the other side said yes to being recorded, where the house asks for it.
    #[serde(default)]
    pub consent_at: Option<WallTime>,
    /// When the other side heard that the call is recorded, where the phone system says so.
    #[serde(default)]
    pub announced_at: Option<WallTime>,
    /// Found in the spool at the start, not closed by the run that recorded it.
    #[serde(default)]
    pub recovered: bool,
    /// Packets towards its media addresses that are not of it. They are no gap: nothing of the call
    /// is missing for them, so they stand beside the gaps and not among them.
    #[serde(default)]
    pub foreign_packets: u64,
}

impl CallFacts {
    /// A call of which nothing is known but its start.
    pub fn new(id: Uuid, at: WallTime) -> CallFacts {
        CallFacts {
            id,
            call_ids: Vec::new(),
            from: Party::default(),
            to: Party::default(),
            direction: None,
            outcome: Outcome::Incomplete,
            sip_status: None,
            started_at: at,
            ringing_at: None,
            answered_at: None,
            ended_at: None,
            ended_by: None,
            linked: Vec::new(),
            headers: BTreeMap::new(),
            user_agent: None,
            telemarketer: None,
            streams: Vec::new(),
            formats: Vec::new(),
            holds: Vec::new(),
            withheld: Vec::new(),
            consent_at: None,
            announced_at: None,
            recovered: false,
            foreign_packets: 0,
        }
    }

    /// About how many bytes they take where they are written down.
    pub fn weight(&self) -> usize {
        const EACH: usize = 64;
        let ids = self.call_ids.iter().map(|id| id.len() + 3).sum::<usize>();
        let headers = self.headers.iter();
        let headers = headers
            .map(|(n, v)| n.len() + v.reveal().len() + 8)
            .sum::<usize>();
        let parties = [&self.from, &self.to].map(|p| 4 * EACH + p.uri.reveal().len());
        let formats = self.formats.iter().map(SideFormats::weight).sum::<usize>();
        let lists = 2 * self.streams.len() + self.holds.len() + self.withheld.len();
        let rest = 12 * EACH + EACH * (lists + self.linked.len());
        ids + headers + parties[0] + parties[1] + formats + rest
    }

    /// Whether keys of encrypted media are among the facts.
    pub fn has_keys(&self) -> bool {
        self.formats.iter().any(|f| !f.crypto.is_empty())
    }

    /// The facts as they may be kept in the open.
    pub fn without_keys(&self) -> CallFacts {
        let mut facts = self.clone();
        facts.formats.iter_mut().for_each(|f| f.crypto.clear());
        facts
    }

    /// Which side is lane 0, the left one: the telemarketer's where its line is known, else the
    /// caller's.
    pub fn left(&self) -> Side {
        self.telemarketer.unwrap_or(Side::Caller)
    }

    /// The format behind a payload type in a stream: the listener's own numbers on that leg count
    /// (RFC 3264 §5.1), then the speaker's, then those of other legs, then RFC 3551's static ones.
    pub fn format(&self, stream: &StreamFacts, payload_type: u8, at: WallTime) -> Option<Format> {
        let of = |side: Side, same_leg: bool| {
            let described = self
                .formats
                .iter()
                .filter(move |f| f.side == side && (f.leg == stream.leg) == same_leg);
            let mut known = described.filter_map(|f| {
                Some((
                    f.at,
                    f.formats.iter().find(|f| f.payload_type == payload_type)?,
                ))
            });
            let last = known.clone().rfind(|(from, _)| *from <= at);
            last.or_else(|| known.next()).map(|(_, f)| f.clone())
        };
        let (speaker, listener) = (stream.speaker, stream.speaker.other());
        [
            (listener, true),
            (speaker, true),
            (listener, false),
            (speaker, false),
        ]
        .into_iter()
        .find_map(|(side, same_leg)| of(side, same_leg))
        .or_else(|| crate::sip::sdp::static_format(payload_type))
    }
}

/// One end of a call as its signalling named it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Party {
    /// As the From or To header gives it.
    pub uri: Pii<String>,
    /// The user part: an extension or a number as dialled.
    pub number: Option<Pii<String>>,
    /// The display name.
    pub name: Option<Pii<String>>,
}

/// The two people of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    Caller,
    Callee,
}

impl Side {
    /// The other of the two.
    pub fn other(self) -> Side {
        match self {
            Side::Caller => Side::Callee,
            Side::Callee => Side::Caller,
        }
    }
}

/// Seen from the lines of the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Inbound,
    Outbound,
    Internal,
}

/// How a call attempt came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Answered,
    /// 486, 600.
    Busy,
    /// 403, 603.
    Rejected,
    /// 487 after a CANCEL.
    Cancelled,
    /// 408, 480.
    NoAnswer,
    /// Any other final answer.
    Failed,
    /// No final answer and no end seen.
    Incomplete,
}

impl Outcome {
    /// What a final answer to the first INVITE means.
    pub fn of_status(status: u16) -> Outcome {
        use rsip::StatusCode as S;
        match S::from(status) {
            S::BusyHere | S::BusyEverywhere => Outcome::Busy,
            S::Forbidden | S::Decline => Outcome::Rejected,
            S::RequestTerminated => Outcome::Cancelled,
            S::RequestTimeout | S::TemporarilyUnavailable => Outcome::NoAnswer,
            _ if (200..300).contains(&status) => Outcome::Answered,
            _ => Outcome::Failed,
        }
    }
}

/// Who or what ended a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    Caller,
    Callee,
    Network,
    /// No media and no signalling for longer than the limit, or longer than a call may last.
    Timeout,
    CaptureEnd,
}

impl From<Side> for EndedBy {
    fn from(side: Side) -> EndedBy {
        match side {
            Side::Caller => EndedBy::Caller,
            Side::Callee => EndedBy::Callee,
        }
    }
}

/// One RTP stream: a pair of addresses and an SSRC. The SSRC alone never names it: a proxy forwards
/// it unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamFacts {
    /// Whose voice it carries.
    pub speaker: Side,
    /// Which hop of the call it was seen on; the same voice may pass several.
    pub leg: u16,
    /// Sender.
    pub src: SocketAddr,
    /// Receiver.
    pub dst: SocketAddr,
    pub ssrc: u32,
    /// RTCP runs beside the audio.
    pub rtcp: bool,
    /// Packets that the capture's snap length cut; they are kept as they came.
    pub cut_packets: u64,
    /// It took the place of one that had few packets: those in the spool under another SSRC are not
    /// its own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_second: bool,
}

/// The formats in one side's session description, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideFormats {
    pub side: Side,
    /// Which hop of the call it was seen on, from 0.
    pub leg: u16,
    /// Since when.
    pub at: WallTime,
    pub formats: Vec<Format>,
    pub keying: Keying,
    /// Keys for what this side sends. They are in the spool alone, and there only where it is
    /// encrypted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crypto: Vec<Crypto>,
}

impl SideFormats {
    /// About how many bytes it takes where it is written down.
    pub fn weight(&self) -> usize {
        const EACH: usize = 80;
        let formats = self.formats.iter();
        let formats = formats.map(|f| EACH + f.encoding.len() + f.fmtp.len());
        let keys = self.crypto.iter();
        let keys = keys.map(|c| EACH + 4 * (c.key.reveal().len() + c.mki.len()));
        EACH + formats.sum::<usize>() + keys.sum::<usize>()
    }
}

/// Why a time range is not recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Withheld {
    Paused,
    Policy,
    /// The disk could not keep up when the call began.
    Overload,
}

/// A time range that was not recorded; without an end it lasts to the end of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithheldRange {
    pub from: WallTime,
    /// `None`: to the end of the call.
    pub to: Option<WallTime>,
    pub why: Withheld,
    /// Packets that came meanwhile and went nowhere.
    pub packets: u64,
}
