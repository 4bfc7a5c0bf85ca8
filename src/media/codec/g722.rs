//! G.722 (ITU-T G.722, 09/2012), decoder for 64 kbit/s, mode 1; every block is named as in the
//! Recommendation.
//!
//! Our own, since the libraries at hand differ from each other by a little: this one is held
//! against the ITU's vectors bit by bit (`tests/codecs.rs`). The audio has 16,000 samples a second;
//! RTP counts 8,000 ticks (RFC 3551 §4.5.2).

const QM2: [i32; 4] = [-7408, -1616, 7408, 1616];
const QM4: [i32; 16] = [
    0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584,
    1200, 0,
];
const QM6: [i32; 64] = [
    -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232,
    -9360, -8576, -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776,
    -2400, -2032, -1688, -1360, -1040, -728, 24808, 21904, 19008, 16704, 14984, 13512, 12280,
    11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456, 4944, 4464, 4008, 3576, 3168, 2776,
    2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
];
const WL: [i32; 8] = [-60, -30, 58, 172, 334, 538, 1198, 3042];
const RL42: [usize; 16] = [0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0];
const WH: [i32; 3] = [0, -214, 798];
const RH2: [usize; 4] = [2, 1, 2, 1];
const ILB: [i32; 32] = [
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
    2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
];
/// Half of the 24-tap QMF's symmetric response (table 11).
const QMF: [i32; 12] = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11];

/// One band's adaptive predictor and quantizer scale.
#[derive(Debug, Clone)]
struct Band {
    s: i32,
    sz: i32,
    r: [i32; 3],
    a: [i32; 3],
    p: [i32; 3],
    d: [i32; 7],
    b: [i32; 7],
    nb: i32,
    det: i32,
}

impl Band {
    fn new(det: i32) -> Band {
        Band {
            s: 0,
            sz: 0,
            r: [0; 3],
            a: [0; 3],
            p: [0; 3],
            d: [0; 7],
            b: [0; 7],
            nb: 0,
            det,
        }
    }

    /// LOGSC and SCALE: the next quantizer scale, as a logarithm and then linear.
    fn rescale(&mut self, step: i32, highest: i32, shift: i32) {
        self.nb = (((self.nb * 127) >> 7) + step).clamp(0, highest);
        let fraction = ILB[((self.nb >> 6) & 31) as usize];
        let exponent = shift - (self.nb >> 11);
        let linear = if exponent < 0 {
            fraction << -exponent
        } else {
            fraction >> exponent
        };
        self.det = linear << 2;
    }

    /// RECONS to PREDIC: takes in the quantized difference and predicts the next sample.
    fn predict(&mut self, d: i32) {
        self.d[0] = d;
        self.r[0] = sat(self.s + d);
        self.p[0] = sat(self.sz + d);
        let sign = |x: i32| x >> 15;
        // UPPOL2
        let doubled = sat(self.a[1] << 2);
        let towards = (if sign(self.p[0]) == sign(self.p[1]) {
            -doubled
        } else {
            doubled
        })
        .min(32_767);
        let leak = if sign(self.p[0]) == sign(self.p[2]) {
            128
        } else {
            -128
        };
        let a2 = ((towards >> 7) + leak + ((self.a[2] * 32_512) >> 15)).clamp(-12_288, 12_288);
        // UPPOL1
        let step = if sign(self.p[0]) == sign(self.p[1]) {
            192
        } else {
            -192
        };
        let limit = sat(15_360 - a2);
        let a1 = sat(step + ((self.a[1] * 32_640) >> 15)).clamp(-limit, limit);
        // UPZERO and DELAYA
        let step = if d == 0 { 0 } else { 128 };
        for i in (1..7).rev() {
            let towards = if sign(self.d[i]) == sign(d) {
                step
            } else {
                -step
            };
            self.b[i] = sat(towards + ((self.b[i] * 32_640) >> 15));
        }
        for i in (1..7).rev() {
            self.d[i] = self.d[i - 1];
        }
        self.r = [self.r[0], self.r[0], self.r[1]];
        self.p = [self.p[0], self.p[0], self.p[1]];
        self.a = [0, a1, a2];
        // FILTEP, FILTEZ, PREDIC
        let pole = |a: i32, r: i32| (a * sat(r + r)) >> 15;
        let sp = sat(pole(self.a[1], self.r[1]) + pole(self.a[2], self.r[2]));
        self.sz = sat((1..7)
            .map(|i| (self.b[i] * sat(self.d[i] + self.d[i])) >> 15)
            .sum());
        self.s = sat(sp + self.sz);
    }
}

/// See the module's doc.
#[derive(Debug, Clone)]
pub struct Decoder {
    low: Band,
    high: Band,
    qmf: [i32; 24],
}

impl Default for Decoder {
    fn default() -> Decoder {
        Decoder {
            low: Band::new(32),
            high: Band::new(8),
            qmf: [0; 24],
        }
    }
}

impl Decoder {
    /// Two samples for each byte.
    pub fn decode(&mut self, payload: &[u8], out: &mut Vec<i16>) {
        out.reserve(payload.len() * 2);
        for &code in payload {
            let (low, high) = self.bands(code);
            out.extend(self.synthesize(low, high));
        }
    }

    /// The two sub-bands of one code word, before the QMF: what the ITU's vectors give.
    pub fn bands(&mut self, code: u8) -> (i32, i32) {
        let six = usize::from(code & 0x3f);
        let low = (self.low.s + ((self.low.det * QM6[six]) >> 15)).clamp(-16_384, 16_383);
        let four = six >> 2;
        let d = (self.low.det * QM4[four]) >> 15;
        self.low.rescale(WL[RL42[four]], 18_432, 8);
        self.low.predict(d);

        let two = usize::from(code >> 6);
        let d = (self.high.det * QM2[two]) >> 15;
        let high = (d + self.high.s).clamp(-16_384, 16_383);
        self.high.rescale(WH[RH2[two]], 22_528, 10);
        self.high.predict(d);
        (low, high)
    }

    /// The receive QMF (§4.4): two samples at 16 kHz from one of each band.
    fn synthesize(&mut self, low: i32, high: i32) -> [i16; 2] {
        self.qmf.copy_within(2.., 0);
        self.qmf[22] = low + high;
        self.qmf[23] = low - high;
        let (mut even, mut odd) = (0, 0);
        for (i, pair) in self.qmf.chunks_exact(2).enumerate() {
            odd += pair[0] * QMF[i];
            even += pair[1] * QMF[11 - i];
        }
        [even >> 11, odd >> 11].map(|v| v.clamp(-32_768, 32_767) as i16)
    }
}

fn sat(value: i32) -> i32 {
    value.clamp(-32_768, 32_767)
}
