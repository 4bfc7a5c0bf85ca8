//! Who runs the recorder, and what the kernel refuses it: by a filter of system calls that it
//! inherits, as a unit or a container would have one, or an older kernel answer.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// The user `nobody`.
const NOBODY: u32 = 65_534;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Whoever runs the test.
    Same,
    /// An ordinary user, where the test is run by root.
    Nobody,
}

pub fn is_root() -> bool {
    // SAFETY: no arguments; it cannot fail.
    unsafe { libc::geteuid() == 0 }
}

impl Who {
    /// All that can be tried here.
    pub fn here() -> Vec<Who> {
        if is_root() {
            return vec![Who::Same, Who::Nobody];
        }
        println!("NOT TRIED as root and as another user: the test is run by an ordinary one");
        vec![Who::Same]
    }

    pub fn owns(self, folder: &Path) {
        if self == Who::Nobody {
            let mut own = Command::new("chown");
            let own = own.args(["-R", "65534:65534"]).arg(folder).status();
            assert!(own.unwrap().success());
        }
    }

    pub fn runs(self, command: &mut Command) {
        if self == Who::Nobody {
            command.uid(NOBODY).gid(NOBODY);
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    AsItIs,
    /// As under `RestrictNamespaces=yes`.
    NoNamespaces,
    /// All that the shipped unit's `SystemCallFilter=` refuses.
    ShippedUnit,
    /// Older than 5.13, or booted without it.
    NoLandlock,
    NoFilters,
    NoLimits,
    NoDescriptors,
    NoPrivileges,
}

impl Kernel {
    /// The system calls that fail, and how.
    fn refused(self) -> Vec<(libc::c_long, i32)> {
        match self {
            Kernel::AsItIs => Vec::new(),
            Kernel::NoNamespaces => vec![
                (libc::SYS_unshare, libc::EPERM),
                (libc::SYS_setns, libc::EPERM),
            ],
            Kernel::ShippedUnit => unit::refused(),
            Kernel::NoLandlock => vec![(libc::SYS_landlock_create_ruleset, libc::ENOSYS)],
            Kernel::NoFilters => vec![(libc::SYS_seccomp, libc::EINVAL)],
            Kernel::NoLimits => vec![(libc::SYS_prlimit64, libc::EPERM)],
            Kernel::NoDescriptors => vec![(libc::SYS_close_range, libc::ENOSYS)],
            Kernel::NoPrivileges => vec![(libc::SYS_capget, libc::EPERM)],
        }
    }

    pub fn under(self, command: &mut Command) {
        let refused = self.refused();
        if refused.is_empty() {
            return;
        }
        let mut code = vec![step(0x20, 0, 0, 0)];
        for (call, error) in refused {
            code.push(step(0x15, 0, 1, call as u32));
            code.push(step(0x06, 0, 0, 0x0005_0000 | error as u32));
        }
        code.push(step(0x06, 0, 0, 0x7fff_0000));
        // SAFETY: between fork and exec only system calls are made; nothing is allocated.
        unsafe {
            command.pre_exec(move || {
                let program = libc::sock_fprog {
                    len: code.len() as u16,
                    filter: code.as_ptr().cast_mut(),
                };
                let filter = libc::SECCOMP_MODE_FILTER;
                let done = libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
                    && libc::prctl(libc::PR_SET_SECCOMP, filter, &raw const program) == 0;
                match done {
                    true => Ok(()),
                    false => Err(std::io::Error::last_os_error()),
                }
            });
        }
    }
}

fn step(code: u16, jt: u8, jf: u8, k: u32) -> libc::sock_filter {
    libc::sock_filter { code, jt, jf, k }
}

/// What the shipped unit lets through, by the names of systemd's own groups.
mod unit {
    use std::collections::{BTreeMap, BTreeSet};
    use std::process::Command;

    /// The system calls that the unit refuses, each with EPERM.
    pub fn refused() -> Vec<(libc::c_long, i32)> {
        let numbers = numbers();
        let unit = include_str!("../../systemd/assay.service");
        let mut allowed = BTreeSet::new();
        let filters = unit
            .lines()
            .filter_map(|l| l.strip_prefix("SystemCallFilter="));
        for filter in filters {
            let (list, takes_away) = match filter.strip_prefix('~') {
                Some(list) => (list, true),
                None => (filter, false),
            };
            for name in list.split(' ').flat_map(calls) {
                match takes_away {
                    true => allowed.remove(&name),
                    false => allowed.insert(name),
                };
            }
        }
        // Always let through (systemd.exec(5)).
        allowed.extend(calls("@default"));
        assert!(
            allowed.len() > 200,
            "systemd-analyze says little: {allowed:?}"
        );
        let refused = numbers.iter().filter(|(name, _)| !allowed.contains(*name));
        refused.map(|(_, number)| (*number, libc::EPERM)).collect()
    }

    /// The calls of a group, with those of the groups in it; a call is itself.
    fn calls(name: &str) -> Vec<String> {
        if !name.starts_with('@') {
            return vec![name.to_owned()];
        }
        let listed = Command::new("systemd-analyze")
            .args(["syscall-filter", name])
            .output();
        let listed = listed.expect("systemd-analyze is there").stdout;
        let text = String::from_utf8(listed).unwrap();
        let names = text.lines().skip(1).map(str::trim);
        names
            .filter(|l| !l.is_empty() && !l.starts_with('#'))
            .flat_map(calls)
            .collect()
    }

    /// The numbers of this machine's calls, from the kernel's header.
    fn numbers() -> BTreeMap<String, libc::c_long> {
        let header = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h";
        let text = std::fs::read_to_string(header).unwrap();
        let defined = text.lines().filter_map(|l| l.strip_prefix("#define __NR_"));
        defined
            .filter_map(|l| l.split_once(' '))
            .filter_map(|(name, number)| Some((name.to_owned(), number.trim().parse().ok()?)))
            .collect()
    }

    /// Whether this machine can say what the unit lets through.
    pub fn known() -> bool {
        cfg!(target_arch = "x86_64")
            && Command::new("systemd-analyze")
                .arg("--version")
                .output()
                .is_ok()
            && std::path::Path::new("/usr/include/x86_64-linux-gnu/asm/unistd_64.h").exists()
    }
}

impl Kernel {
    /// Those under which everything is tried.
    pub fn tried() -> Vec<Kernel> {
        let mut tried = vec![Kernel::AsItIs, Kernel::NoNamespaces];
        if unit::known() {
            tried.push(Kernel::ShippedUnit);
        } else {
            println!("NOT TRIED under the shipped unit's filter: systemd-analyze is missing");
            assert!(
                std::env::var_os("CI").is_none(),
                "systemd-analyze is missing"
            );
        }
        tried
    }
}
