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

fn is_root() -> bool {
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
