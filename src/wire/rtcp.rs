//! What receivers report of a stream (RFC 3550 §6.4), read by `rtcp-types`.

use rtcp_types::{Compound, Packet};

/// One report block: how many packets of a sender its receiver has missed since the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    pub ssrc: u32,
    /// Signed on the wire, since copies count as found; a negative count is zero.
    pub cumulative_lost: u64,
}

/// The report blocks of a compound packet; empty where it cannot be read.
pub fn reports(packet: &[u8]) -> Vec<Report> {
    let Ok(compound) = Compound::parse(packet) else {
        return Vec::new();
    };
    let report = |b: rtcp_types::ReportBlock<'_>| {
        // 24 bits, two's complement.
        let lost = b.cumulative_lost() & 0x00ff_ffff;
        Report {
            ssrc: b.ssrc(),
            cumulative_lost: if lost & 0x0080_0000 == 0 {
                u64::from(lost)
            } else {
                0
            },
        }
    };
    compound
        .filter_map(Result::ok)
        .flat_map(|p| match p {
            Packet::Rr(rr) => rr.report_blocks().map(report).collect::<Vec<_>>(),
            Packet::Sr(sr) => sr.report_blocks().map(report).collect(),
            _ => Vec::new(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receivers_loss_is_read_and_rubbish_is_not() {
        let mut rr = vec![0x81, 201, 0, 7, 0, 0, 0, 9];
        rr.extend([0, 0, 0, 5, 12, 0, 1, 2]);
        rr.extend([0; 16]);
        assert_eq!(
            reports(&rr),
            [Report {
                ssrc: 5,
                cumulative_lost: 258
            }]
        );
        rr[13..16].copy_from_slice(&[0xff, 0xff, 0xff]);
        assert_eq!(reports(&rr)[0].cumulative_lost, 0);
        assert_eq!(reports(&rr[..20]), []);
    }
}
