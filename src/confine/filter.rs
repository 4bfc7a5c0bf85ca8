//! Filters of system calls (seccomp(2)): a list of rules, of which the first that fits decides,
//! assembled into the kernel's classic BPF (Linux
//! `Documentation/userspace-api/seccomp_filter.rst`).

use std::io;

/// What becomes of a system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Allow,
    /// It fails with this error.
    Fail(i32),
}

/// Looks at one argument: at its lower 32 bits, which is all that the kernel reads of descriptors
/// and flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct When {
    pub(super) argument: u8,
    pub(super) mask: u32,
    pub(super) is: u32,
}

/// One rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) call: libc::c_long,
    pub(super) when: Option<When>,
    pub(super) verdict: Verdict,
}

pub(super) const fn allow(call: libc::c_long) -> Rule {
    Rule {
        call,
        when: None,
        verdict: Verdict::Allow,
    }
}

pub(super) const fn fail(call: libc::c_long, error: i32) -> Rule {
    Rule {
        call,
        when: None,
        verdict: Verdict::Fail(error),
    }
}

impl Rule {
    /// The same, where the masked argument has this value.
    pub(super) const fn when(self, argument: u8, mask: u32, is: u32) -> Rule {
        Rule {
            when: Some(When { argument, mask, is }),
            ..self
        }
    }
}

/// A filter as the kernel takes it.
#[derive(Debug, Clone)]
pub(super) struct Filter(Vec<libc::sock_filter>);

/// Instructions (linux/bpf_common.h).
const LOAD: u16 = 0x20;
const AND: u16 = 0x54;
const EQUAL: u16 = 0x15;
const AT_LEAST: u16 = 0x35;
const RETURN: u16 = 0x06;
/// Where `struct seccomp_data` has the call, the architecture and the arguments.
const CALL: u32 = 0;
const ARCHITECTURE: u32 = 4;
const ARGUMENTS: u32 = 16;
/// What a filter returns (linux/seccomp.h).
const KILL_PROCESS: u32 = 0x8000_0000;
const ERRNO: u32 = 0x0005_0000;
const ALLOW: u32 = 0x7fff_0000;
/// Of x86-64's second way to number its calls (x32).
const X32: u32 = 0x4000_0000;
/// AUDIT_ARCH_* (linux/audit.h); no filter is made for other processors.
#[cfg(target_arch = "x86_64")]
const OURS: Option<u32> = Some(0xc000_003e);
#[cfg(target_arch = "aarch64")]
const OURS: Option<u32> = Some(0xc000_00b7);
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const OURS: Option<u32> = None;

const SECCOMP_SET_MODE_FILTER: libc::c_ulong = 1;
const SECCOMP_FILTER_FLAG_TSYNC: libc::c_ulong = 1;

/// Whether a filter holds for one thread, and those that it starts, or for all of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    Thread,
    Process,
}

impl Filter {
    /// Assembles rules; `otherwise` decides what no rule names.
    ///
    /// # Errors
    /// On a processor whose calls are not known here.
    pub(super) fn of(rules: &[Rule], otherwise: Verdict) -> io::Result<Filter> {
        let ours = OURS.ok_or_else(|| {
            io::Error::other("filters of system calls are known for x86-64 and arm64 alone")
        })?;
        let mut code = vec![
            step(LOAD, 0, 0, ARCHITECTURE),
            step(EQUAL, 1, 0, ours),
            step(RETURN, 0, 0, KILL_PROCESS),
            step(LOAD, 0, 0, CALL),
            step(AT_LEAST, 0, 1, X32),
            step(RETURN, 0, 0, KILL_PROCESS),
        ];
        for rule in rules {
            let call = rule.call as u32;
            match rule.when {
                None => code.extend([
                    step(EQUAL, 0, 1, call),
                    step(RETURN, 0, 0, returned(rule.verdict)),
                ]),
                Some(when) => code.extend([
                    step(EQUAL, 0, 5, call),
                    step(LOAD, 0, 0, ARGUMENTS + 8 * u32::from(when.argument)),
                    step(AND, 0, 0, when.mask),
                    step(EQUAL, 0, 1, when.is),
                    step(RETURN, 0, 0, returned(rule.verdict)),
                    step(LOAD, 0, 0, CALL),
                ]),
            }
        }
        code.push(step(RETURN, 0, 0, returned(otherwise)));
        Ok(Filter(code))
    }

    /// Installs it. The thread must have given up new privileges. Allocates nothing, so that it may
    /// be called between fork and exec.
    pub(super) fn install(&self, over: Over) -> io::Result<()> {
        let program = libc::sock_fprog {
            len: self.0.len() as u16,
            filter: self.0.as_ptr().cast_mut(),
        };
        let flags = match over {
            Over::Thread => 0,
            Over::Process => SECCOMP_FILTER_FLAG_TSYNC,
        };
        // SAFETY: the kernel copies the instructions, as many as is said, within the call.
        let done = unsafe {
            libc::syscall(
                libc::SYS_seccomp,
                SECCOMP_SET_MODE_FILTER,
                flags,
                &raw const program,
            )
        };
        match done {
            0 => Ok(()),
            1.. => Err(io::Error::other("a thread has a filter of its own")),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

fn returned(verdict: Verdict) -> u32 {
    match verdict {
        Verdict::Allow => ALLOW,
        Verdict::Fail(error) => ERRNO | (error as u32 & 0xffff),
    }
}

const fn step(code: u16, jt: u8, jf: u8, k: u32) -> libc::sock_filter {
    libc::sock_filter { code, jt, jf, k }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel would do with a call.
    fn run(filter: &Filter, call: libc::c_long, arguments: [u32; 3]) -> u32 {
        let load = |k: u32| match k {
            CALL => call as u32,
            ARCHITECTURE => OURS.unwrap_or_default(),
            k => arguments[((k - ARGUMENTS) / 8) as usize],
        };
        let (mut at, mut a) = (0, 0);
        loop {
            let s = &filter.0[at];
            at += 1;
            let jump = |holds: bool| usize::from(if holds { s.jt } else { s.jf });
            match s.code {
                LOAD => a = load(s.k),
                AND => a &= s.k,
                EQUAL => at += jump(a == s.k),
                AT_LEAST => at += jump(a >= s.k),
                _ => return s.k,
            }
        }
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let rules = [
            fail(7, 1).when(1, 6, 6),
            allow(7),
            allow(8).when(0, u32::MAX, 3),
            fail(9, 38),
        ];
        let filter = Filter::of(&rules, Verdict::Fail(1)).unwrap();
        for (call, arguments, wanted) in [
            (7, [0, 7, 0], ERRNO | 1),
            (7, [0, 3, 0], ALLOW),
            (8, [3, 0, 0], ALLOW),
            (8, [4, 0, 0], ERRNO | 1),
            (9, [0; 3], ERRNO | 38),
            (10, [0; 3], ERRNO | 1),
            (i64::from(X32) as libc::c_long, [0; 3], KILL_PROCESS),
        ] {
            assert_eq!(
                run(&filter, call, arguments),
                wanted,
                "{call} {arguments:?}"
            );
        }
    }
}
