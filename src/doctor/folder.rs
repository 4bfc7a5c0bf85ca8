//! Judges the data folder, its keys, and the clock by which everything in it is dated.

use crate::archive::keys;
use crate::doctor::host;
use crate::doctor::mirror::Finding;
use std::path::Path;

/// Whether what is recorded is encrypted, and by whom it could be read.
#[must_use]
pub fn keys(data: &Path) -> Vec<Finding> {
    match keys::places(data) {
        Err(error) => vec![Finding::bad(
            format!("the keys cannot be read: {error}"),
            "give the program's user the folder keys/ in the data folder",
        )],
        Ok(known) if known.is_empty() => vec![Finding::warning(
            "recordings lie open on the disk: there is no key",
            "make one with `assay key new`",
        )],
        Ok(known) if known.iter().any(|k| k.current && k.private.is_some()) => {
            vec![Finding::warning(
                "the private key lies beside the recordings: whoever takes the disk hears them",
                "`assay key export` it, keep it safe, `assay key forget` it; or hand it over as \
                 the systemd credential assay.key",
            )]
        }
        Ok(_) => vec![Finding::good(
            "what is recorded is encrypted, and its private key is not on this disk",
        )],
    }
}

/// Whether the proof log is copied to where somebody with this box's database cannot rewrite it.
#[must_use]
pub fn log_copy(is_elsewhere: bool, folder: &Path) -> Finding {
    let folder = folder.display();
    match is_elsewhere {
        true => Finding::good(format!("the proof log is copied to another disk: {folder}")),
        false => Finding::warning(
            format!("the proof log's copy lies beside the books, in {folder}"),
            "whoever rewrites the books can rewrite it too: set [proof] copy_to to a folder of \
             another machine, or let another box witness ([[proof.witnesses]])",
        ),
    }
}

/// How much room there is.
#[must_use]
pub fn disk(data: &Path) -> Finding {
    let Some(free) = host::free_space(data) else {
        return Finding::warning("the free space cannot be told", "look with `df`");
    };
    let gigabytes = free as f64 / f64::from(1 << 30);
    match free {
        0..host::LITTLE => Finding::bad(
            format!("{gigabytes:.1} GB are left for recordings"),
            "free space or move [data] folder to a larger disk: what does not fit is lost",
        ),
        _ => Finding::good(format!("{gigabytes:.0} GB are left for recordings")),
    }
}

/// Whether somebody keeps the clock.
#[must_use]
pub fn clock() -> Finding {
    match host::clock_is_synchronized() {
        true => Finding::good("the clock is kept by NTP"),
        false => Finding::warning(
            "the clock is not kept by NTP",
            "times on calls and in the audit chain drift: `timedatectl set-ntp true`",
        ),
    }
}
