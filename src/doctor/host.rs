//! What the kernel says of this box.

use std::ffi::CString;

/// Calls in progress need room for an hour at least; a recording of an hour takes 30 MB as Opus.
pub const LITTLE: u64 = 2 << 30;

/// Bytes that may still be written below a folder; `None` when the system does not say.
pub fn free_space(folder: &std::path::Path) -> Option<u64> {
    let path = CString::new(folder.as_os_str().as_encoded_bytes()).ok()?;
    // SAFETY: a structure of numbers, for which zeros are valid.
    let mut stats: libc::statvfs = unsafe { std::mem::zeroed() };
    // SAFETY: the path ends in a zero; the kernel fills one structure.
    let known = unsafe { libc::statvfs(path.as_ptr(), &raw mut stats) } == 0;
    known.then(|| stats.f_bavail.saturating_mul(stats.f_frsize))
}

/// Whether the kernel's clock is disciplined (adjtimex(2)), or systemd's own service says that it
/// is: under `ProtectClock=yes` the kernel may not be asked.
pub fn clock_is_synchronized() -> bool {
    if std::path::Path::new("/run/systemd/timesync/synchronized").exists() {
        return true;
    }
    // SAFETY: a structure of numbers, for which zeros are valid; `modes` 0 only reads.
    let mut state: libc::timex = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel fills one structure, and changes nothing for `modes` 0.
    let known = unsafe { libc::adjtimex(&raw mut state) } >= 0;
    known && state.status & libc::STA_UNSYNC == 0
}

/// What an interface itself could not receive, by its own counters in `/sys/class/net`: dropped,
/// missed, overrun.
pub fn interface_losses(name: &str) -> u64 {
    let interfaces: Vec<String> = match name {
        "any" => std::fs::read_dir("/sys/class/net")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|e| e.file_name().into_string().ok())
            .collect(),
        one => vec![one.to_owned()],
    };
    let count = |interface: &String, counter: &str| {
        let text =
            std::fs::read_to_string(format!("/sys/class/net/{interface}/statistics/{counter}"));
        text.ok()
            .and_then(|t| t.trim().parse::<u64>().ok())
            .unwrap_or(0)
    };
    interfaces
        .iter()
        .flat_map(|i| ["rx_missed_errors", "rx_fifo_errors", "rx_over_errors"].map(|c| count(i, c)))
        .sum()
}
