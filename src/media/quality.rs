//! What a listener would have thought of a stream: the E-model (ITU-T G.107, 06/2015), with its
//! defaults but for what the tap measured: the codec, the packet loss and how it came in bursts.
//!
//! Delay is left out, since a tap in the middle cannot know it; so is what a wideband codec gains,
//! so that one scale serves all calls. The figure judges the network and the codec, not this
//! recording's concealment.

use super::codec::Codec;

/// R of a call with everything at its default (G.107 §7.7, the value of table 1's columns).
const BEST_R: f64 = 93.2;
/// Of a stream that is lost altogether (G.107 §7.5).
const WORST_IMPAIRMENT: f64 = 95.0;

/// What arrived and what did not.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Arrival {
    pub received: u64,
    pub lost: u64,
    /// Runs of lost packets.
    pub bursts: u64,
}

/// Equipment impairment without loss, and robustness against it (ITU-T G.113 appendix I, 05/2007;
/// G.711's with the concealment of its appendix I, as phones have it). Where that has no row, the
/// nearest codec's.
fn impairment(codec: Codec) -> (f64, f64) {
    match codec {
        Codec::G729 => (11.0, 19.0),
        Codec::G7231 => (15.0, 16.1),
        Codec::Gsm => (20.0, 10.0),
        Codec::Ilbc { .. } => (11.0, 32.0),
        Codec::Amr { .. } => (5.0, 10.0),
        Codec::Speex { .. } => (11.0, 19.0),
        Codec::G726 { bits: 2, .. } => (50.0, 10.0),
        Codec::G726 { bits: 3, .. } => (25.0, 10.0),
        Codec::G726 { bits: 5, .. } => (2.0, 10.0),
        Codec::G726 { .. } => (7.0, 10.0),
        _ => (0.0, 25.1),
    }
}

/// The rating factor R.
pub fn rating(codec: Codec, arrival: Arrival) -> f64 {
    let (ie, bpl) = impairment(codec);
    let sent = (arrival.received + arrival.lost).max(1) as f64;
    let share = arrival.lost as f64 / sent;
    // How much longer bursts are than chance would make them (G.107 §7.5).
    let burst_ratio = if arrival.bursts == 0 {
        1.0
    } else {
        (arrival.lost as f64 / arrival.bursts as f64 * (1.0 - share)).max(1.0)
    };
    let percent = 100.0 * share;
    BEST_R - ie - (WORST_IMPAIRMENT - ie) * percent / (percent / burst_ratio + bpl)
}

/// The mean opinion score for R (G.107 annex B).
pub fn mos(r: f64) -> f64 {
    match r {
        r if r <= 0.0 => 1.0,
        r if r >= 100.0 => 4.5,
        r => (1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6).max(1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_those_of_the_recommendations_table() {
        // G.107 table B.1: R and MOS at the edges of each class of satisfaction.
        for (r, score) in [
            (90.0, 4.34),
            (80.0, 4.03),
            (70.0, 3.60),
            (60.0, 3.10),
            (50.0, 2.58),
        ] {
            assert!((mos(r) - score).abs() < 0.01, "{r}: {}", mos(r));
        }
        assert_eq!((mos(-5.0), mos(120.0)), (1.0, 4.5));
        assert!((mos(BEST_R) - 4.41).abs() < 0.005);
    }

    #[test]
    fn loss_costs_and_bursts_cost_more() {
        let at = |codec, lost, bursts| {
            rating(
                codec,
                Arrival {
                    received: 1000 - lost,
                    lost,
                    bursts,
                },
            )
        };
        // G.113's own arithmetic: G.729A at 2 % random loss has an effective impairment of 19.
        assert!((at(Codec::G729, 20, 20) - (BEST_R - 19.0)).abs() < 0.2);
        // Ten percent loss never sounds as good as no loss.
        assert!(mos(at(Codec::Pcma, 100, 90)) < 3.5);
        assert!(at(Codec::Pcma, 100, 10) < at(Codec::Pcma, 100, 90));
        assert!((at(Codec::Pcma, 0, 0) - BEST_R).abs() < 1e-9);
    }
}
