//! Why a packet is not in the spool.

use crate::wire::SAMPLE_BYTES;

/// What became of a packet that is not in the spool. Each is a counter; with the spooled packets
/// they add up to all that came in (PRODUCT I5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Discard {
    /// A SIP message: read, its facts kept.
    Signalling,
    /// SIP that could not be read.
    BadSip,
    /// RTP or RTCP whose header contradicts itself.
    BadRtp,
    /// Media that no signalling named and that stayed too short to be a call.
    Unmatched,
    /// Media of a call that has ended.
    AfterEnd,
    /// STUN, DTLS, ZRTP handshakes.
    Handshake,
    KeepAlive,
    /// No telephony at all.
    Other,
    /// More unmatched media than is held at once: the flow that had fewest packets went.
    Overflow,
    /// Media towards a call that is not of it, by its sender, payload type, sequence and timing.
    Foreign,
    /// The copy of a call that its phone system sends to a recording server.
    RecordingCopy,
    /// Media of a call that is paused, or that the house's rules keep out.
    Withheld,
    /// Media of a call that was shed, because the disk could not keep up when it began.
    Shed,
    /// An INVITE of a host that floods with them, or of one too many calls at once.
    Flood,
}

/// RTP's own header (RFC 3550 §5.1): what may be kept of a media packet.
const MEDIA_HEADER: usize = 12;

impl Discard {
    /// Those of which the last packets can be looked at: all but signalling that was read.
    pub const SAMPLED: [Discard; 13] = [
        Discard::BadSip,
        Discard::BadRtp,
        Discard::Unmatched,
        Discard::AfterEnd,
        Discard::Handshake,
        Discard::KeepAlive,
        Discard::Other,
        Discard::Overflow,
        Discard::Foreign,
        Discard::RecordingCopy,
        Discard::Withheld,
        Discard::Shed,
        Discard::Flood,
    ];

    /// How many bytes of such a packet may be kept: of media its header alone, so that nothing that
    /// was said or pressed in a call that is kept out can be looked at.
    pub(super) fn most_kept(self) -> usize {
        match self {
            Discard::BadSip
            | Discard::Handshake
            | Discard::KeepAlive
            | Discard::Other
            | Discard::Flood
            | Discard::Signalling => SAMPLE_BYTES,
            Discard::BadRtp
            | Discard::Unmatched
            | Discard::AfterEnd
            | Discard::Overflow
            | Discard::Foreign
            | Discard::RecordingCopy
            | Discard::Withheld
            | Discard::Shed => MEDIA_HEADER,
        }
    }

    /// As metrics and pages spell it.
    pub fn name(self) -> &'static str {
        match self {
            Discard::Signalling => "signalling",
            Discard::BadSip => "bad_sip",
            Discard::BadRtp => "bad_rtp",
            Discard::Unmatched => "unmatched",
            Discard::AfterEnd => "after_end",
            Discard::Handshake => "handshake",
            Discard::KeepAlive => "keep_alive",
            Discard::Other => "other",
            Discard::Overflow => "overflow",
            Discard::Foreign => "foreign",
            Discard::RecordingCopy => "recording_copy",
            Discard::Withheld => "withheld",
            Discard::Shed => "shed",
            Discard::Flood => "flood",
        }
    }
}
