//! Which files a confined process sees (landlock(7)): none, or a program's own and its libraries.

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd,
    Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetStatus, Scope,
};
use std::io;
use std::path::{Path, PathBuf};

/// The newest features that are asked for; an older kernel gives those that it has.
const NEWEST: ABI = ABI::V6;

/// Where libraries are, beside `lib` next to the program's own folder.
const LIBRARIES: [&str; 8] = [
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/etc/ld.so.cache",
    // Guix and Nix have no other place.
    "/gnu/store",
    "/nix/store",
];

/// Number of the kernel's Landlock interface; `None` where there is none.
pub fn landlock() -> Option<u32> {
    const LANDLOCK_CREATE_RULESET_VERSION: libc::c_ulong = 1;
    // SAFETY: with this flag the kernel takes no structure and gives a number.
    let version = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<libc::c_void>(),
            0_usize,
            LANDLOCK_CREATE_RULESET_VERSION,
        )
    };
    u32::try_from(version).ok().filter(|v| *v > 0)
}

/// Shuts out all files but a program's; `None` shuts out all. Also TCP, sockets by abstract names
/// and signals, where the kernel knows how.
///
/// # Errors
/// When the kernel has no Landlock, or refuses.
pub(super) fn shut_out(program: Option<&Program>) -> io::Result<()> {
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))
        .and_then(|r| r.handle_access(AccessNet::from_all(NEWEST)))
        .and_then(|r| r.scope(Scope::from_all(NEWEST)))
        .and_then(Ruleset::create)
        .map_err(io::Error::other)?;
    if let Some(program) = program {
        let run = AccessFs::Execute | AccessFs::ReadFile;
        rules = beneath(rules, &program.path, run)?;
        if let Some(loader) = &program.loader {
            rules = beneath(rules, loader, run)?;
        }
        for library in &program.libraries {
            rules = beneath(rules, library, AccessFs::ReadFile | AccessFs::ReadDir)?;
        }
    }
    let status = rules.restrict_self().map_err(io::Error::other)?;
    match status.ruleset {
        RulesetStatus::NotEnforced => Err(io::ErrorKind::Unsupported.into()),
        RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => Ok(()),
    }
}

fn beneath(
    rules: RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
) -> io::Result<RulesetCreated> {
    let access = match path.is_dir() {
        true => access,
        false => access & AccessFs::from_file(NEWEST),
    };
    let opened = PathFd::new(path).map_err(io::Error::other)?;
    rules
        .add_rule(PathBeneath::new(opened, access))
        .map_err(io::Error::other)
}

/// A program that may be run, and what it needs to be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    path: PathBuf,
    /// Its ELF interpreter, where it is linked dynamically.
    loader: Option<PathBuf>,
    libraries: Vec<PathBuf>,
}

impl Program {
    /// Finds a program by its path, or by its name in the folders of `PATH`.
    ///
    /// # Errors
    /// `NotFound` when there is none, else says why it cannot be run.
    pub fn find(name: &str) -> io::Result<Program> {
        let path = if name.contains('/') {
            PathBuf::from(name)
        } else {
            let folders = std::env::var_os("PATH").unwrap_or_default();
            std::env::split_paths(&folders)
                .map(|folder| folder.join(name))
                .find(|path| path.is_file())
                .ok_or(io::ErrorKind::NotFound)?
        };
        let path = path.canonicalize()?;
        let loader = loader(&path)?;
        let beside = path
            .parent()
            .and_then(Path::parent)
            .map(|p| p.join("lib"))
            .into_iter();
        let libraries = LIBRARIES.iter().map(PathBuf::from).chain(beside);
        Ok(Program {
            libraries: libraries.filter(|l| l.exists()).collect(),
            loader,
            path,
        })
    }

    /// Its file, through all links.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The interpreter that an ELF program of 64 bits names in its PT_INTERP header (System V ABI,
/// "Program Loading"). Scripts are refused: what they start would be shut out.
fn loader(program: &Path) -> io::Result<Option<PathBuf>> {
    use std::io::Read;
    const HEAD: u64 = 1 << 16;
    const PT_INTERP: u64 = 3;
    let mut head = Vec::new();
    std::fs::File::open(program)?
        .take(HEAD)
        .read_to_end(&mut head)?;
    if !head.starts_with(b"\x7fELF\x02\x01") {
        return Err(io::Error::other(
            "it is no program of this machine but perhaps a script: name the program itself",
        ));
    }
    let number = |at: usize, length: usize| -> Option<u64> {
        let bytes = head.get(at..at.checked_add(length)?)?;
        Some(bytes.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b)))
    };
    let found = || {
        let (table, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
        for n in 0..count {
            let at = usize::try_from(table.checked_add(n * size)?).ok()?;
            if number(at, 4)? == PT_INTERP {
                let from = usize::try_from(number(at + 8, 8)?).ok()?;
                let length = usize::try_from(number(at + 32, 8)?).ok()?;
                let name = head.get(from..from.checked_add(length)?)?;
                let name = name.strip_suffix(b"\0").unwrap_or(name);
                return std::str::from_utf8(name).ok().map(PathBuf::from);
            }
        }
        None
    };
    match found() {
        Some(path) => Ok(Some(path.canonicalize()?)),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_with_its_loader() {
        let found = Program::find("sh").unwrap();
        assert!(found.path().is_absolute());
        let loader = found.loader.unwrap();
        assert!(loader.to_string_lossy().contains("ld-"), "{loader:?}");
        let missing = Program::find("no-such-program-as-this").unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_script_is_no_program() {
        let script = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(script.path(), "#!/bin/sh\n").unwrap();
        let refused = Program::find(script.path().to_str().unwrap()).unwrap_err();
        assert!(
            refused.to_string().contains("name the program itself"),
            "{refused}"
        );
    }
}
