//! What the kernel leaves out before the tap sees it: a classic BPF program (Linux
//! `Documentation/networking/filter.rst`).
//!
//! By ports one would lose every fragment but the first (only that one has them) and all media on
//! ports not yet known, so the filter made here goes by hosts: a fragment has its addresses. What
//! is neither IPv4 nor IPv6 at its outside passes, since calls may be inside. Any other program
//! comes from `tcpdump -ddd EXPRESSION`.

use std::net::IpAddr;

/// One instruction, as the kernel takes it.
pub type Instruction = libc::sock_filter;

/// Hosts or networks: `192.0.2.10`, `10.1.0.0/16`, `2001:db8::/32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

/// Why there is no filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    #[error("'{0}' is no address and no network like 10.1.0.0/16")]
    NoNetwork(String),
    #[error("'{0}': after the slash comes a number")]
    NoPrefix(String),
    #[error("'{text}': at most /{widest}")]
    TooLong { text: String, widest: u8 },
    #[error("{0} networks are more than the kernel's filter holds: name wider ones")]
    TooMany(usize),
    #[error("the first line is a number: make the file with `tcpdump -ddd EXPRESSION`")]
    NoCount,
    /// By line, from 1.
    #[error("line {0} is no instruction: make the file with `tcpdump -ddd EXPRESSION`")]
    NoInstruction(usize),
    #[error("it says {said} instructions and has {found}")]
    WrongCount { said: usize, found: usize },
}

impl std::str::FromStr for Network {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Network, FilterError> {
        let (address, bits) = text
            .split_once('/')
            .map_or((text, None), |(a, b)| (a, Some(b)));
        let address: IpAddr = address
            .trim()
            .parse()
            .map_err(|_| FilterError::NoNetwork(text.to_owned()))?;
        let widest: u8 = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(widest), |b| {
            b.trim()
                .parse()
                .map_err(|_| FilterError::NoPrefix(text.to_owned()))
        })?;
        if bits > widest {
            return Err(FilterError::TooLong {
                text: text.to_owned(),
                widest,
            });
        }
        Ok(Network { address, bits })
    }
}

const LD_W: u16 = 0x20;
const LD_H: u16 = 0x28;
const AND: u16 = 0x54;
const JEQ: u16 = 0x15;
const JA: u16 = 0x05;
const RET: u16 = 0x06;
/// Where the kernel keeps a packet's EtherType, and its network header (linux/filter.h).
const EXTENSION: u32 = 0xffff_f000;
const NETWORK: u32 = 0xfff0_0000;
const WHOLE: u32 = 0x0004_0000;
/// The kernel's limit (BPF_MAXINSNS).
const LONGEST: usize = 4096;

fn op(code: u16, jt: u8, jf: u8, k: u32) -> Instruction {
    Instruction { code, jt, jf, k }
}

/// Passes what comes from or goes to one of the networks.
///
/// # Errors
/// When there are more than the kernel's longest program holds.
pub fn hosts(networks: &[Network]) -> Result<Vec<Instruction>, FilterError> {
    let (four, six): (Vec<&Network>, Vec<&Network>) =
        networks.iter().partition(|n| n.address.is_ipv4());
    let block = |networks: &[&Network], places: [u32; 2]| -> Vec<Instruction> {
        let checks = networks.iter().flat_map(|n| places.map(|at| check(n, at)));
        checks.flatten().chain([op(RET, 0, 0, 0)]).collect()
    };
    let (four, six) = (block(&four, [12, 16]), block(&six, [8, 24]));
    let mut program = vec![
        op(LD_H, 0, 0, EXTENSION),
        op(JEQ, 0, 1, 0x0800),
        op(JA, 0, 0, 3),
        op(JEQ, 0, 1, 0x86dd),
        op(JA, 0, 0, 1 + four.len() as u32),
        op(RET, 0, 0, WHOLE),
    ];
    program.extend(four);
    program.extend(six);
    if program.len() > LONGEST {
        Err(FilterError::TooMany(networks.len()))
    } else {
        Ok(program)
    }
}

/// Passes when the address at this place of the network header lies within.
fn check(network: &Network, at: u32) -> Vec<Instruction> {
    let words: Vec<u32> = match network.address {
        IpAddr::V4(a) => vec![u32::from(a)],
        IpAddr::V6(a) => a
            .octets()
            .chunks(4)
            .map(|w| u32::from_be_bytes([w[0], w[1], w[2], w[3]]))
            .collect(),
    };
    let masked = words.iter().zip(0_u32..).map(|(word, i)| {
        let bits = u32::from(network.bits).saturating_sub(32 * i).min(32);
        let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        (i, word & mask, mask)
    });
    let tests: Vec<_> = masked.filter(|(.., mask)| *mask != 0).collect();
    let mut out = Vec::new();
    for (n, (i, word, mask)) in tests.iter().enumerate() {
        // To the next address: over what is left of this one, three instructions a word and the
        // last.
        let over = (3 * (tests.len() - n - 1) + 1) as u8;
        out.extend([
            op(LD_W, 0, 0, NETWORK + at + 4 * i),
            op(AND, 0, 0, *mask),
            op(JEQ, 0, over, *word),
        ]);
    }
    out.push(op(RET, 0, 0, WHOLE));
    out
}

/// Reads what `tcpdump -ddd` prints: a count, then code, jumps and operand of each instruction.
///
/// # Errors
/// Says which line holds no instruction.
pub fn parse(text: &str) -> Result<Vec<Instruction>, FilterError> {
    let mut lines = text
        .lines()
        .enumerate()
        .filter(|(_, l)| !l.trim().is_empty());
    let count: usize = lines
        .next()
        .and_then(|(_, l)| l.trim().parse().ok())
        .ok_or(FilterError::NoCount)?;
    let read = |(n, line): (usize, &str)| {
        let numbers: Vec<u32> = line
            .split_whitespace()
            .filter_map(|w| w.parse().ok())
            .collect();
        match numbers.as_slice() {
            [code, jt, jf, k] if *code <= 0xffff && *jt <= 0xff && *jf <= 0xff => {
                Ok(op(*code as u16, *jt as u8, *jf as u8, *k))
            }
            _ => Err(FilterError::NoInstruction(n + 1)),
        }
    };
    let program = lines.map(read).collect::<Result<Vec<_>, _>>()?;
    if program.len() != count || count == 0 || count > LONGEST {
        return Err(FilterError::WrongCount {
            said: count,
            found: program.len(),
        });
    }
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_read_and_nonsense_is_told() {
        assert_eq!(
            "10.1.0.0/16".parse::<Network>().unwrap(),
            Network {
                address: "10.1.0.0".parse().unwrap(),
                bits: 16
            }
        );
        assert_eq!("2001:db8::1".parse::<Network>().unwrap().bits, 128);
        for wrong in ["pbx", "10.1.0.0/33", "10.1.0.0/x", ""] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
        assert_eq!(parse("2\n40 0 0 12\n6 0 0 0\n").unwrap().len(), 2);
        for wrong in ["", "3\n6 0 0 0\n", "1\nret\n", "udp port 5060"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
