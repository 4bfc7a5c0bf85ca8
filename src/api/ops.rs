//! Health, readiness and metrics (Prometheus text), without personal data.

use crate::api::app::App;
use crate::api::problem::Problem;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Ready is a box whose database answers and whose jobs work.
pub async fn readyz(State(app): State<App>) -> Result<&'static str, Problem> {
    let not_ready = |why: String| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "Not ready", why);
    let database = app.db.read().await;
    database.map_err(|_| not_ready("The database does not answer.".to_owned()))?;
    let failing: Vec<String> = app
        .jobs
        .standing()
        .iter()
        .filter(|(_, standing)| standing.failures > 0)
        .map(|(job, standing)| {
            let error = standing.error.as_deref().unwrap_or_default();
            format!("The job '{job}' fails: {error}.")
        })
        .collect();
    if failing.is_empty() {
        Ok("ready\n")
    } else {
        Err(not_ready(failing.join(" ")))
    }
}

#[allow(clippy::too_many_lines, reason = "a table of metrics")]
pub async fn metrics(State(app): State<App>) -> impl IntoResponse {
    let m = &app.metrics;
    let mut text = String::new();
    let mut line = |kind: &str, name: &str, help: &str, value: i64| {
        let _ = writeln!(
            text,
            "# HELP assay_{name} {help}\n# TYPE assay_{name} {kind}\nassay_{name} {value}"
        );
    };
    let count = |a: &AtomicU64| a.load(Relaxed) as i64;
    line(
        "counter",
        "frames_total",
        "Frames that the tap saw.",
        count(&m.frames),
    );
    line(
        "counter",
        "packets_spooled_total",
        "Media packets written to the spool.",
        count(&m.spooled),
    );
    line(
        "gauge",
        "packets_unaccounted",
        "Packets in, less those spooled and those discarded with a reason. Anything but zero is a \
         defect.",
        m.unaccounted.load(Relaxed),
    );
    line(
        "counter",
        "kernel_dropped_total",
        "Packets that the kernel dropped because the tap was too slow.",
        count(&m.kernel_dropped),
    );
    line(
        "counter",
        "kernel_received_total",
        "Packets that the kernel gave to the tap.",
        count(&m.kernel_received),
    );
    line(
        "counter",
        "interface_lost_total",
        "Packets that the interfaces missed or overran, by their own counters.",
        count(&m.interface_lost),
    );
    line(
        "gauge",
        "capture_loss_alarm",
        "1 while more than 0.1 % of the packets are lost on the way to the tap.",
        count(&m.capture_loss_alarm),
    );
    line(
        "gauge",
        "packets_waiting",
        "Media that waits for its signalling.",
        count(&m.waiting),
    );
    line(
        "counter",
        "fragments_given_up_total",
        "IP fragments whose others never came.",
        count(&m.fragments_given_up),
    );
    line(
        "counter",
        "signalling_stream_missing_bytes_total",
        "Bytes of SIP over TCP that the tap never saw.",
        count(&m.stream_bytes_missing),
    );
    line(
        "gauge",
        "spool_queued_blocks",
        "Blocks that wait for the disk; new calls are shed from 16 MiB on.",
        count(&m.spool_queued),
    );
    line(
        "counter",
        "spool_sync_errors_total",
        "Times that the disk could not sync.",
        count(&m.spool_sync_errors),
    );
    line(
        "counter",
        "spool_lost_packets_total",
        "Packets that the disk could not take; each is a gap on its call.",
        count(&m.spool_lost),
    );
    line(
        "gauge",
        "calls_in_progress",
        "Calls under way.",
        count(&m.live_calls),
    );
    line(
        "gauge",
        "calls_waiting_to_be_sealed",
        "Closed calls that sealing has not begun with: its backlog.",
        count(&m.sealing),
    );
    line(
        "counter",
        "calls_sealed_total",
        "Calls sealed since the start.",
        count(&m.sealed),
    );
    let _ = writeln!(
        text,
        "# HELP assay_job_failures Attempts of a job in a row that failed.\n# TYPE \
         assay_job_failures gauge"
    );
    for (job, standing) in app.jobs.standing() {
        let failures = standing.failures;
        let _ = writeln!(text, "assay_job_failures{{job=\"{job}\"}} {failures}");
    }
    let _ = writeln!(
        text,
        "# HELP assay_packets_discarded_total Packets that are not in the spool, by reason.\n# \
         TYPE assay_packets_discarded_total counter"
    );
    if let Ok(reasons) = m.discarded.lock() {
        for (reason, packets) in reasons.iter() {
            let _ = writeln!(
                text,
                "assay_packets_discarded_total{{reason=\"{reason}\"}} {packets}"
            );
        }
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}
