//! G.726 (ITU-T G.726, 12/1990), decoder at its four rates; blocks are named as in the
//! Recommendation.
//!
//! Our own: FFmpeg's leaves the ITU's sequences at 40 kbit/s after some three hundred samples, and
//! a decoder of integers alone needs no process of its own. Held against those sequences in
//! `tests/codecs.rs`. The synchronous coding adjustment is left out, since it serves a second G.711
//! coder that is not there.

/// What differs between rates: for each codeword the logarithm of the difference (table 1 and its
/// kin), the scale factor's multiplier W and the rate of change F.
struct Tables {
    dqln: &'static [i32],
    w: &'static [i32],
    f: &'static [i32],
}

/// The first half of each table; the second mirrors it.
const RATES: [Tables; 4] = [
    Tables {
        dqln: &[116, 365],
        w: &[-704, 14_048],
        f: &[0, 0xe00],
    },
    Tables {
        dqln: &[-2048, 135, 273, 373],
        w: &[-128, 960, 4384, 18_624],
        f: &[0, 0x200, 0x400, 0xe00],
    },
    Tables {
        dqln: &[-2048, 4, 135, 213, 273, 323, 373, 425],
        w: &[-384, 576, 1312, 2048, 3584, 6336, 11_360, 35_904],
        f: &[0, 0, 0, 0x200, 0x200, 0x200, 0x600, 0xe00],
    },
    Tables {
        dqln: &[
            -2048, -66, 28, 104, 169, 224, 274, 318, 358, 395, 429, 459, 488, 514, 539, 566,
        ],
        w: &[
            448, 448, 768, 1248, 1280, 1312, 1856, 3200, 4512, 5728, 7008, 8960, 11_456, 14_080,
            16_928, 22_272,
        ],
        f: &[
            0, 0, 0, 0, 0, 0x200, 0x200, 0x200, 0x200, 0x200, 0x400, 0x600, 0x800, 0xa00, 0xc00,
            0xc00,
        ],
    },
];

/// A signal as the predictor multiplies it: sign, four bits of exponent, six of mantissa (FLOATA,
/// FLOATB).
#[derive(Debug, Clone, Copy)]
struct Float {
    negative: bool,
    exponent: i32,
    mantissa: i32,
}

impl Float {
    const ZERO: Float = Float {
        negative: false,
        exponent: 0,
        mantissa: 32,
    };

    fn of(magnitude: i32, negative: bool) -> Float {
        let exponent = bits(magnitude);
        Float {
            negative,
            exponent,
            mantissa: if magnitude == 0 {
                32
            } else {
                magnitude << 6 >> exponent
            },
        }
    }

    /// FMULT: by a coefficient.
    fn times(self, coefficient: i32) -> i32 {
        let magnitude = if coefficient > 0 {
            coefficient
        } else {
            -coefficient & 0x1fff
        };
        let exponent = bits(magnitude) - 6;
        let mantissa = match magnitude {
            0 => 32,
            m if exponent >= 0 => m >> exponent,
            m => m << -exponent,
        };
        let shift = exponent + self.exponent - 13;
        let product = (mantissa * self.mantissa + 0x30) >> 4;
        let product = if shift >= 0 {
            product << shift & 0x7fff
        } else {
            product >> -shift
        };
        if (coefficient < 0) == self.negative {
            product
        } else {
            -product
        }
    }
}

/// Bits of a magnitude; 15 at most.
fn bits(magnitude: i32) -> i32 {
    (32 - magnitude.leading_zeros() as i32).min(15)
}

/// How strange a sound is for codewords of so many bits: less is likelier to be speech. Read from
/// the wrong end, samples stand reversed within each byte (or, where codewords cross bytes, are
/// noise): steps across the seams are then larger than others, and the whole is often rougher.
/// Neither decides alone on every voice.
pub fn strangeness(pcm: &[i16], bits: u8) -> f64 {
    let period = if bits.is_power_of_two() {
        8 / usize::from(bits.max(1))
    } else {
        8
    };
    let (mut across, mut within) = ((0.0, 0_u32), (0.0, 0_u32));
    for (number, pair) in pcm.windows(2).enumerate() {
        let step = (f64::from(pair[1]) - f64::from(pair[0])).powi(2);
        let sum = if number % period == period - 1 {
            &mut across
        } else {
            &mut within
        };
        *sum = (sum.0 + step, sum.1 + 1);
    }
    let mean = |(sum, count): (f64, u32)| (sum + 1.0) / f64::from(count.max(1));
    let size: f64 = pcm.iter().map(|s| f64::from(*s).powi(2)).sum();
    let roughness = (across.0 + within.0 + 1.0) / (size + 1.0);
    SEAMS * (mean(across) / mean(within)).ln().abs() + roughness.ln()
}

/// What the seams weigh beside the roughness.
const SEAMS: f64 = 10.0;

/// See the module's doc.
#[derive(Debug, Clone)]
pub struct Decoder {
    bits: u8,
    low_first: bool,
    /// Scale factors, slow and fast.
    yl: i32,
    yu: i32,
    /// Averages of F, short and long, and the speed control between both scale factors.
    dms: i32,
    dml: i32,
    ap: i32,
    /// The predictor: two poles, six zeros.
    a: [i32; 2],
    b: [i32; 6],
    signs: [bool; 2],
    dq: [Float; 6],
    sr: [Float; 2],
    /// A tone or a modem's step may be under way.
    td: bool,
}

impl Decoder {
    /// `bits` of a codeword, 2 to 5; `low_first` when the first one stands in the lowest bits of a
    /// byte.
    pub fn new(bits: u8, low_first: bool) -> Decoder {
        Decoder {
            bits: bits.clamp(2, 5),
            low_first,
            yl: 34_816,
            yu: 544,
            dms: 0,
            dml: 0,
            ap: 0,
            a: [0; 2],
            b: [0; 6],
            signs: [false; 2],
            dq: [Float::ZERO; 6],
            sr: [Float::ZERO; 2],
            td: false,
        }
    }

    /// Appends one sample for each whole codeword.
    pub fn decode(&mut self, payload: &[u8], out: &mut Vec<i16>) {
        let width = usize::from(self.bits);
        for number in 0..payload.len() * 8 / width {
            let bit = |n: usize| {
                let at = number * width + n;
                let byte = payload[at / 8];
                usize::from(if self.low_first {
                    byte >> (at % 8) & 1
                } else {
                    byte >> (7 - at % 8) & 1
                })
            };
            let code = (0..width).fold(0, |code, n| {
                if self.low_first {
                    code | bit(n) << n
                } else {
                    code << 1 | bit(n)
                }
            });
            out.push(self.sample(code));
        }
    }

    fn sample(&mut self, code: usize) -> i16 {
        let tables = &RATES[usize::from(self.bits) - 2];
        let half = tables.w.len();
        let negative = code >= half;
        let at = if negative { 2 * half - 1 - code } else { code };
        let zeros: i32 = self
            .dq
            .iter()
            .zip(&self.b)
            .map(|(dq, b)| dq.times(b >> 2))
            .sum();
        let poles: i32 = self
            .sr
            .iter()
            .zip(&self.a)
            .map(|(sr, a)| sr.times(a >> 2))
            .sum();
        // Sums have 16 bits, and wrap where they overflow.
        let wrapped = |sum: i32| i32::from(sum as i16);
        let (sez, se) = (wrapped(zeros) >> 1, wrapped(zeros + poles) >> 1);
        let y = self.scale();
        let magnitude = magnitude(tables.dqln[at], y);
        let dq = if negative { -magnitude } else { magnitude };
        let sr = wrapped(se + dq);
        self.adapt(
            y,
            tables.w[at],
            tables.f[at],
            (magnitude, negative),
            sr,
            wrapped(dq + sez),
        );
        (sr << 2).clamp(-32_768, 32_767) as i16
    }

    /// MIX: between the fast and the slow scale factor.
    fn scale(&self) -> i32 {
        if self.ap >= 256 {
            return self.yu;
        }
        let slow = self.yl >> 6;
        let (difference, al) = (self.yu - slow, self.ap >> 2);
        match difference {
            0.. => slow + ((difference * al) >> 6),
            _ => slow + ((difference * al + 0x3f) >> 6),
        }
    }

    fn adapt(
        &mut self,
        y: i32,
        w: i32,
        f: i32,
        (magnitude, negative): (i32, bool),
        sr: i32,
        dqsez: i32,
    ) {
        let transition = self.td && magnitude > self.threshold();
        // FILTD, LIMB, FILTE.
        self.yu = (y + ((w - y) >> 5)).clamp(544, 5120);
        self.yl += self.yu + (-self.yl >> 6);
        let sign = dqsez < 0;
        if transition {
            self.a = [0; 2];
            self.b = [0; 6];
        } else {
            self.poles(sign, dqsez);
            self.zeros(magnitude, negative);
        }
        self.dq.rotate_right(1);
        self.dq[0] = Float::of(magnitude, negative);
        self.sr = [Float::of(sr.abs().min(32_767), sr < 0), self.sr[0]];
        self.signs = [sign, self.signs[0]];
        // TONE.
        self.td = !transition && self.a[1] < -11_776;
        self.speed(y, f, transition);
    }

    /// TRANS: beyond it a difference is a step.
    fn threshold(&self) -> i32 {
        let (whole, fraction) = (self.yl >> 15, self.yl >> 10 & 0x1f);
        let threshold = if whole > 9 {
            31 << 10
        } else {
            (32 + fraction) << whole
        };
        (threshold + (threshold >> 1)) >> 1
    }

    /// UPA2, LIMC, UPA1, LIMD.
    fn poles(&mut self, sign: bool, dqsez: i32) {
        let [first, second] = self.signs;
        let mut a2 = self.a[1] - (self.a[1] >> 7);
        if dqsez != 0 {
            let towards = if sign != first { self.a[0] } else { -self.a[0] };
            a2 += match towards {
                ..-8191 => -0x100,
                8192.. => 0xff,
                _ => towards >> 5,
            };
            let step = if sign != second { -0x80 } else { 0x80 };
            a2 = (a2 + step).clamp(-12_288, 12_288);
        }
        let mut a1 = self.a[0] - (self.a[0] >> 8);
        if dqsez != 0 {
            a1 += if sign == first { 192 } else { -192 };
        }
        let limit = 15_360 - a2;
        self.a = [a1.clamp(-limit, limit), a2];
    }

    /// UPB.
    fn zeros(&mut self, magnitude: i32, negative: bool) {
        let leak = if self.bits == 5 { 9 } else { 8 };
        for (b, dq) in self.b.iter_mut().zip(&self.dq) {
            *b -= *b >> leak;
            if magnitude != 0 {
                *b += if negative == dq.negative { 128 } else { -128 };
            }
        }
    }

    /// FILTA, FILTB, SUBTC, FILTC, TRIGA.
    fn speed(&mut self, y: i32, f: i32, transition: bool) {
        self.dms += (f - self.dms) >> 5;
        self.dml += ((f << 2) - self.dml) >> 7;
        let changing = y < 1536 || self.td || ((self.dms << 2) - self.dml).abs() >= self.dml >> 3;
        self.ap = match () {
            () if transition => 256,
            () if changing => self.ap + ((0x200 - self.ap) >> 4),
            () => self.ap + (-self.ap >> 4),
        };
    }
}

/// ADDA, ANTILOG: the size of the quantized difference.
fn magnitude(dqln: i32, y: i32) -> i32 {
    let log = dqln + (y >> 2);
    if log < 0 {
        return 0;
    }
    let (exponent, mantissa) = (log >> 7 & 15, 128 + (log & 127));
    mantissa << 7 >> (14 - exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_changes_nothing_and_no_input_harms() {
        let (mut low, mut high) = (Vec::new(), Vec::new());
        Decoder::new(4, true).decode(&[0x21, 0x43], &mut low);
        Decoder::new(4, false).decode(&[0x12, 0x34], &mut high);
        assert_eq!((low.len(), &low), (4, &high));
        for bits in 2..=5 {
            let mut out = Vec::new();
            let noise: Vec<u8> = (0..50_000_u32)
                .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
                .collect();
            Decoder::new(bits, true).decode(&noise, &mut out);
            assert_eq!(out.len(), noise.len() * 8 / usize::from(bits));
        }
    }
}
