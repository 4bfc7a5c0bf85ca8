//! Health, readiness and metrics (Prometheus text), without personal data.

use crate::api::app::App;
use crate::api::metrics::Metrics;
use crate::api::peer;
use crate::api::people::machine::Machine;
use crate::api::problem::Problem;
use crate::identity::token::Scope;
use crate::store::webhook::deliveries::{self, Standing};
use crate::store::{BOUNDS, Holding};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Says that the process answers. The database is not asked.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// To anything, while the database does not answer: a browser asks again by itself.
pub async fn waiting(asked: Request) -> Response {
    let wants_page = asked
        .headers()
        .get(header::ACCEPT)
        .and_then(|a| a.to_str().ok())
        .is_some_and(|a| a.contains("text/html"));
    if !wants_page {
        let why = "The database does not answer. The box records; what it records is sealed when \
                   the database is back.";
        let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "Not ready", why.to_owned());
        return problem.into_response();
    }
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::RETRY_AFTER, "5"),
    ];
    (StatusCode::SERVICE_UNAVAILABLE, headers, WAITING).into_response()
}

const WAITING: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta \
    http-equiv=\"refresh\" content=\"5\"><meta name=\"viewport\" \
    content=\"width=device-width\"><title>Assay waits for its database</title><main><h1>The box \
    records</h1><p>Its database does not answer, so there is no page yet. Nothing that was \
    recorded is lost: it is sealed when the database is back, and this page comes by \
    itself.</p></main></html>";

/// Ready is a box that records, where it has a tap, whose database answers and whose jobs work.
pub async fn readyz(State(app): State<App>) -> Result<&'static str, Problem> {
    let not_ready = |why: String| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "Not ready", why);
    let database = app.db.read().await;
    database.map_err(|_| not_ready("The database does not answer.".to_owned()))?;
    let mut failing = app.metrics.troubles();
    failing.extend(app.jobs.troubles());
    if failing.is_empty() {
        Ok("ready\n")
    } else {
        Err(not_ready(failing.join(" ")))
    }
}

/// A number of the box, as Prometheus reads it.
struct Line {
    kind: &'static str,
    /// Without `assay_`.
    name: &'static str,
    help: &'static str,
    value: fn(&Metrics) -> i64,
}

fn count(counter: &AtomicU64) -> i64 {
    i64::try_from(counter.load(Relaxed)).unwrap_or(i64::MAX)
}

const LINES: &[Line] = &[
    Line {
        kind: "counter",
        name: "frames_total",
        help: "Frames that the tap saw.",
        value: |m| count(&m.frames),
    },
    Line {
        kind: "counter",
        name: "packets_spooled_total",
        help: "Media packets written to the spool.",
        value: |m| count(&m.spooled),
    },
    Line {
        kind: "gauge",
        name: "packets_unaccounted",
        help: "Packets in, less those spooled and those discarded with a reason. Anything but \
            zero is a defect.",
        value: |m| m.unaccounted.load(Relaxed),
    },
    Line {
        kind: "counter",
        name: "kernel_dropped_total",
        help: "Packets that the kernel dropped because the tap was too slow.",
        value: |m| count(&m.kernel_dropped),
    },
    Line {
        kind: "counter",
        name: "kernel_received_total",
        help: "Packets that the kernel gave to the tap.",
        value: |m| count(&m.kernel_received),
    },
    Line {
        kind: "counter",
        name: "interface_lost_total",
        help: "Packets that the interfaces missed or overran, by their own counters.",
        value: |m| count(&m.interface_lost),
    },
    Line {
        kind: "gauge",
        name: "capture_loss_alarm",
        help: "1 while more than 0.1 % of the packets are lost on the way to the tap.",
        value: |m| count(&m.capture_loss_alarm),
    },
    Line {
        kind: "gauge",
        name: "packets_waiting",
        help: "Media that waits for its signalling.",
        value: |m| count(&m.waiting),
    },
    Line {
        kind: "counter",
        name: "fragments_given_up_total",
        help: "IP fragments whose others never came.",
        value: |m| count(&m.fragments_given_up),
    },
    Line {
        kind: "counter",
        name: "signalling_stream_missing_bytes_total",
        help: "Bytes of SIP over TCP that the tap never saw.",
        value: |m| count(&m.stream_bytes_missing),
    },
    Line {
        kind: "gauge",
        name: "spool_queued_blocks",
        help: "Blocks that wait for the disk; new calls are shed from 16 MiB on.",
        value: |m| count(&m.spool_queued),
    },
    Line {
        kind: "counter",
        name: "spool_sync_errors_total",
        help: "Times that the disk could not sync.",
        value: |m| count(&m.spool_sync_errors),
    },
    Line {
        kind: "counter",
        name: "spool_facts_put_off_total",
        help: "Times that what is known of a call in progress was not written, since the disk was \
               too far behind; its end brings it.",
        value: |m| count(&m.facts_put_off),
    },
    Line {
        kind: "counter",
        name: "spool_lost_packets_total",
        help: "Packets that the disk could not take; each is a gap on its call.",
        value: |m| count(&m.spool_lost),
    },
    Line {
        kind: "gauge",
        name: "calls_in_progress",
        help: "Calls under way.",
        value: |m| count(&m.live_calls),
    },
    Line {
        kind: "gauge",
        name: "calls_waiting_to_be_sealed",
        help: "Closed calls that sealing has not begun with: its backlog.",
        value: |m| count(&m.sealing),
    },
    Line {
        kind: "gauge",
        name: "calls_stuck",
        help: "Calls that could not be sealed: they stay in the spool, and are tried again.",
        value: |m| count(&m.stuck),
    },
    Line {
        kind: "gauge",
        name: "connections",
        help: "Connections to the page and the API.",
        value: |m| count(&m.door.open),
    },
    Line {
        kind: "counter",
        name: "connections_refused_total",
        help: "Connections that were turned away, because too many were busy.",
        value: |m| count(&m.door.refused),
    },
    Line {
        kind: "counter",
        name: "connections_closed_for_others_total",
        help: "Idle connections that were closed to make room for others.",
        value: |m| count(&m.door.closed_for_others),
    },
    Line {
        kind: "counter",
        name: "handshakes_failed_total",
        help: "TLS handshakes that failed or took too long.",
        value: |m| count(&m.door.failed_handshakes),
    },
    Line {
        kind: "counter",
        name: "calls_sealed_total",
        help: "Calls sealed since the start.",
        value: |m| count(&m.sealed),
    },
];

/// How the lines of outgoing messages stand; nothing where the database does not answer.
async fn receivers(app: &App, text: &mut String) {
    let standing = match app.db.read().await {
        Ok(mut tx) => deliveries::standing(&mut tx).await.unwrap_or_default(),
        Err(_) => return,
    };
    type Value = fn(&Standing) -> i64;
    let lines: [(&str, &str, Value); 3] = [
        ("waiting", "Outgoing messages that wait.", |s| s.waiting),
        ("dead", "Outgoing messages that were given up.", |s| s.dead),
        ("failures", "Attempts in a row that failed.", |s| s.failures),
    ];
    for (name, help, value) in lines {
        let name = format!("assay_receiver_{name}");
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for line in &standing {
            let (id, value) = (&line.receiver_id, value(line));
            let _ = writeln!(text, "{name}{{receiver=\"{id}\"}} {value}");
        }
    }
}

/// How long write transactions were held, as a histogram, and what they waited for each other.
fn writes(held: &Holding, text: &mut String) {
    let name = "assay_write_transaction_seconds";
    let help = "How long write transactions were held; there is one at a time.";
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} histogram");
    for (bound, within) in BOUNDS.iter().zip(held.within) {
        let bound = bound.as_secs_f64();
        let _ = writeln!(text, "{name}_bucket{{le=\"{bound}\"}} {within}");
    }
    let (count, sum) = (held.count, held.held.as_secs_f64());
    let _ = writeln!(text, "{name}_bucket{{le=\"+Inf\"}} {count}");
    let _ = writeln!(text, "{name}_sum {sum}\n{name}_count {count}");
    let name = "assay_write_waited_seconds_total";
    let help = "How long write transactions had waited for those before them.";
    let waited = held.waited.as_secs_f64();
    let _ = writeln!(
        text,
        "# HELP {name} {help}\n# TYPE {name} counter\n{name} {waited}"
    );
}

/// Every metric in Prometheus' text format; for a token that is good for it, or a program on the
/// box itself.
pub async fn metrics(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    if !peer::of(&parts).on_box {
        Machine::admit(&parts, &app, Scope::Metrics).await?;
    }
    let m = &app.metrics;
    let mut text = String::new();
    for Line {
        kind,
        name,
        help,
        value,
    } in LINES
    {
        let _ = writeln!(
            text,
            "# HELP assay_{name} {help}\n# TYPE assay_{name} {kind}\nassay_{name} {}",
            value(m)
        );
    }
    let _ = writeln!(
        text,
        "# HELP assay_job_failures Attempts of a job in a row that failed.\n# TYPE \
         assay_job_failures gauge"
    );
    for (job, standing) in app.jobs.standing() {
        let failures = standing.failures;
        let _ = writeln!(text, "assay_job_failures{{job=\"{job}\"}} {failures}");
    }
    receivers(&app, &mut text).await;
    writes(&app.db.holding(), &mut text);
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
    let _ = writeln!(
        text,
        "# HELP assay_limits_met_total Bounds of the tap that were met, by what they bound.\n# \
         TYPE assay_limits_met_total counter"
    );
    if let Ok(limits) = m.limits_met.lock() {
        for (limit, times) in limits.iter() {
            let _ = writeln!(text, "assay_limits_met_total{{limit=\"{limit}\"}} {times}");
        }
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}
