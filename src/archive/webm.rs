//! The same Opus packets in WebM (RFC 8794, RFC 9559), for players that refuse Ogg. Nothing is
//! encoded again.

use super::error::{ArchiveError, Result};
use std::io::Cursor;

/// Elements by their ID (RFC 9559 §5).
mod id {
    pub(super) const EBML: u32 = 0x1A45_DFA3;
    pub(super) const EBML_VERSION: u32 = 0x4286;
    pub(super) const EBML_READ_VERSION: u32 = 0x42F7;
    pub(super) const EBML_MAX_ID_LENGTH: u32 = 0x42F2;
    pub(super) const EBML_MAX_SIZE_LENGTH: u32 = 0x42F3;
    pub(super) const DOC_TYPE: u32 = 0x4282;
    pub(super) const DOC_TYPE_VERSION: u32 = 0x4287;
    pub(super) const DOC_TYPE_READ_VERSION: u32 = 0x4285;
    pub(super) const SEGMENT: u32 = 0x1853_8067;
    pub(super) const SEEK_HEAD: u32 = 0x114D_9B74;
    pub(super) const SEEK: u32 = 0x4DBB;
    pub(super) const SEEK_ID: u32 = 0x53AB;
    pub(super) const SEEK_POSITION: u32 = 0x53AC;
    pub(super) const INFO: u32 = 0x1549_A966;
    pub(super) const TIMESTAMP_SCALE: u32 = 0x2A_D7B1;
    pub(super) const DURATION: u32 = 0x4489;
    pub(super) const MUXING_APP: u32 = 0x4D80;
    pub(super) const WRITING_APP: u32 = 0x5741;
    pub(super) const TRACKS: u32 = 0x1654_AE6B;
    pub(super) const TRACK_ENTRY: u32 = 0xAE;
    pub(super) const TRACK_NUMBER: u32 = 0xD7;
    pub(super) const TRACK_UID: u32 = 0x73C5;
    pub(super) const TRACK_TYPE: u32 = 0x83;
    pub(super) const CODEC_ID: u32 = 0x86;
    pub(super) const CODEC_DELAY: u32 = 0x56AA;
    pub(super) const SEEK_PRE_ROLL: u32 = 0x56BB;
    pub(super) const CODEC_PRIVATE: u32 = 0x63A2;
    pub(super) const AUDIO: u32 = 0xE1;
    pub(super) const SAMPLING_FREQUENCY: u32 = 0xB5;
    pub(super) const CHANNELS: u32 = 0x9F;
    pub(super) const CUES: u32 = 0x1C53_BB6B;
    pub(super) const CUE_POINT: u32 = 0xBB;
    pub(super) const CUE_TIME: u32 = 0xB3;
    pub(super) const CUE_TRACK_POSITIONS: u32 = 0xB7;
    pub(super) const CUE_TRACK: u32 = 0xF7;
    pub(super) const CUE_CLUSTER_POSITION: u32 = 0xF1;
    pub(super) const CLUSTER: u32 = 0x1F43_B675;
    pub(super) const TIMESTAMP: u32 = 0xE7;
    pub(super) const SIMPLE_BLOCK: u32 = 0xA3;
}

/// Of our Ogg files: one frame of 20 ms in each packet, at 48 kHz.
const PACKET_MS: u64 = 20;
const TICKS_PER_MS: u64 = 48;
const NANOSECONDS_PER_MS: u64 = 1_000_000;
/// A cluster, and a place to seek to, each second.
const PACKETS_PER_CLUSTER: usize = 50;
/// Opus wants to decode so much before the place it is asked for (RFC 7845 §4.6).
const PRE_ROLL_MS: u64 = 80;

fn element(number: u32, body: &[u8]) -> Vec<u8> {
    let all = number.to_be_bytes();
    let skip = all.iter().take_while(|b| **b == 0).count();
    let mut out = all[skip..].to_vec();
    // Lengths always in eight bytes: positions follow from counts.
    out.extend((body.len() as u64 | 1 << 56).to_be_bytes());
    out.extend_from_slice(body);
    out
}

fn number(number: u32, value: u64) -> Vec<u8> {
    element(number, &value.to_be_bytes())
}

fn float(number: u32, value: f64) -> Vec<u8> {
    element(number, &value.to_be_bytes())
}

fn master(number: u32, parts: &[Vec<u8>]) -> Vec<u8> {
    element(number, &parts.concat())
}

/// Puts what [`super::encode`] wrote as Ogg Opus into WebM.
///
/// # Errors
/// When it is no Ogg Opus.
pub fn from_ogg_opus(bytes: &[u8]) -> Result<Vec<u8>> {
    let bad = || ArchiveError::damaged("the Ogg Opus file");
    let mut reader = ogg::PacketReader::new(Cursor::new(bytes));
    let mut next = || reader.read_packet().map_err(|_| bad());
    let head = next()?
        .filter(|p| p.data.starts_with(b"OpusHead") && p.data.len() >= 19)
        .ok_or_else(bad)?
        .data;
    next()?.ok_or_else(bad)?;
    let (mut packets, mut end) = (Vec::new(), 0);
    while let Some(packet) = next()? {
        end = packet.absgp_page();
        packets.push(packet.data);
    }
    let pre_skip = u64::from(u16::from_le_bytes([head[10], head[11]]));
    let duration_ms = end.saturating_sub(pre_skip) / TICKS_PER_MS;
    let clusters: Vec<Vec<u8>> = packets
        .chunks(PACKETS_PER_CLUSTER)
        .enumerate()
        .map(|(n, part)| cluster((n * PACKETS_PER_CLUSTER) as u64 * PACKET_MS, part))
        .collect();
    let info = master(
        id::INFO,
        &[
            number(id::TIMESTAMP_SCALE, NANOSECONDS_PER_MS),
            float(id::DURATION, duration_ms as f64),
            element(id::MUXING_APP, b"assay"),
            element(id::WRITING_APP, b"assay"),
        ],
    );
    let tracks = master(id::TRACKS, &[track(&head, pre_skip)]);
    // Everything has one length whatever the positions say, so they can be counted before they are
    // written.
    let seek_length = seek_head(0, 0, 0).len();
    let cues_length = cues(0, &clusters).len();
    let (info_at, tracks_at) = (seek_length, seek_length + info.len());
    let cues_at = tracks_at + tracks.len();
    let mut segment = vec![
        seek_head(info_at, tracks_at, cues_at),
        info,
        tracks,
        cues(cues_at + cues_length, &clusters),
    ];
    segment.extend(clusters);
    let mut out = master(
        id::EBML,
        &[
            number(id::EBML_VERSION, 1),
            number(id::EBML_READ_VERSION, 1),
            number(id::EBML_MAX_ID_LENGTH, 4),
            number(id::EBML_MAX_SIZE_LENGTH, 8),
            element(id::DOC_TYPE, b"webm"),
            number(id::DOC_TYPE_VERSION, 4),
            number(id::DOC_TYPE_READ_VERSION, 2),
        ],
    );
    out.extend(master(id::SEGMENT, &segment));
    Ok(out)
}

fn track(head: &[u8], pre_skip: u64) -> Vec<u8> {
    let audio = master(
        id::AUDIO,
        &[
            float(id::SAMPLING_FREQUENCY, 48_000.0),
            number(id::CHANNELS, u64::from(head[9])),
        ],
    );
    master(
        id::TRACK_ENTRY,
        &[
            number(id::TRACK_NUMBER, 1),
            number(id::TRACK_UID, 1),
            number(id::TRACK_TYPE, 2),
            element(id::CODEC_ID, b"A_OPUS"),
            number(
                id::CODEC_DELAY,
                pre_skip * NANOSECONDS_PER_MS / TICKS_PER_MS,
            ),
            number(id::SEEK_PRE_ROLL, PRE_ROLL_MS * NANOSECONDS_PER_MS),
            element(id::CODEC_PRIVATE, head),
            audio,
        ],
    )
}

fn seek_head(info: usize, tracks: usize, cues: usize) -> Vec<u8> {
    let seek = |what: u32, at: usize| {
        master(
            id::SEEK,
            &[
                element(id::SEEK_ID, &what.to_be_bytes()),
                number(id::SEEK_POSITION, at as u64),
            ],
        )
    };
    master(
        id::SEEK_HEAD,
        &[
            seek(id::INFO, info),
            seek(id::TRACKS, tracks),
            seek(id::CUES, cues),
        ],
    )
}

fn cues(mut at: usize, clusters: &[Vec<u8>]) -> Vec<u8> {
    let points = clusters.iter().enumerate().map(|(n, cluster)| {
        let here = at;
        at += cluster.len();
        let time = (n * PACKETS_PER_CLUSTER) as u64 * PACKET_MS;
        master(
            id::CUE_POINT,
            &[
                number(id::CUE_TIME, time),
                master(
                    id::CUE_TRACK_POSITIONS,
                    &[
                        number(id::CUE_TRACK, 1),
                        number(id::CUE_CLUSTER_POSITION, here as u64),
                    ],
                ),
            ],
        )
    });
    let points: Vec<Vec<u8>> = points.collect();
    master(id::CUES, &points)
}

fn cluster(at_ms: u64, packets: &[Vec<u8>]) -> Vec<u8> {
    const KEY_FRAME: u8 = 0x80;
    let blocks = packets.iter().enumerate().map(|(n, packet)| {
        let [high, low] = ((n as u64 * PACKET_MS) as i16).to_be_bytes();
        element(
            id::SIMPLE_BLOCK,
            &[&[0x81, high, low, KEY_FRAME], packet.as_slice()].concat(),
        )
    });
    let parts: Vec<Vec<u8>> = std::iter::once(number(id::TIMESTAMP, at_ms))
        .chain(blocks)
        .collect();
    master(id::CLUSTER, &parts)
}
