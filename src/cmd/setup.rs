//! From the configuration to what each room is set up with.

use crate::archive::AudioFormat;
use crate::call::{Settings, keep_out};
use crate::capture::filter::{self, FilterError, Instruction};
use crate::commission::payroll::Datev;
use crate::config::{
    BadValue, Capture, Config, Destination, Format, KeepOut, Webhooks, WithoutConsent,
};
use crate::leads::Numbers;
use crate::outgoing::Sender;
use crate::review::Rules;
use crate::units::{Micros, Zone};
use crate::webhook::address::BadNetwork;
use crate::webhook::{Allowed, Network};
use std::path::Path;

/// Reads the configuration, and refuses what a room could not be set up with.
///
/// # Errors
/// Names the file, the line and the key.
pub fn read(path: &Path) -> anyhow::Result<Config> {
    let judge = |config: &Config| {
        number_plan(config)?;
        zone(config)?;
        sender(&config.webhooks)?;
        filter(&config.capture).map(drop)
    };
    Ok(Config::read(path, judge)?)
}

/// The rules for numbers.
///
/// # Errors
/// When the country is none.
pub fn number_plan(config: &Config) -> Result<Numbers, BadValue> {
    Numbers::new(&config.numbers.country, &config.numbers.outside_prefix)
        .map_err(|e| BadValue::new("[numbers] country", e.to_string()))
}

/// The program by which the kernel picks packets; empty is all of them.
///
/// # Errors
/// When a network is none, or the file holds no program.
pub fn filter(capture: &Capture) -> Result<Vec<Instruction>, BadValue> {
    if let Some(path) = &capture.bpf {
        let bad = |reason: String| {
            BadValue::new("[capture] bpf", format!("{}: {reason}", path.display()))
        };
        let text = std::fs::read_to_string(path).map_err(|e| bad(e.to_string()))?;
        return filter::parse(&text).map_err(|e| bad(e.to_string()));
    }
    if capture.hosts.is_empty() {
        return Ok(Vec::new());
    }
    let bad = |e: FilterError| BadValue::new("[capture] hosts", e.to_string());
    let networks = capture.hosts.iter().map(|h| h.parse());
    let networks = networks.collect::<Result<Vec<_>, _>>().map_err(bad)?;
    filter::hosts(&networks).map_err(bad)
}

pub fn tracker(config: &Config) -> Settings {
    let seconds = |s: u32| Micros::from_secs(i64::from(s));
    Settings {
        headers: config.calls.headers.clone(),
        silence: seconds(config.calls.silence_seconds),
        hold: seconds(config.calls.hold_seconds),
        longest: seconds(config.calls.longest_minutes * 60),
        keep_out: keep_out(&config.keep_out),
        ..Settings::default()
    }
}

fn keep_out(rules: &KeepOut) -> keep_out::KeepOut {
    let destination = |d: &Destination| keep_out::Destination {
        prefix: d.prefix.clone(),
        keep_without_consent: d.without_consent == WithoutConsent::Keep,
        header: d.consent_header.clone(),
        keys: d.consent_keys.clone(),
    };
    keep_out::KeepOut {
        never: rules.never.clone(),
        pause: rules.pause_keys.clone(),
        resume: rules.resume_keys.clone(),
        destinations: rules.destination.iter().map(destination).collect(),
    }
}

/// The house's time zone.
///
/// # Errors
/// When the name is none of the IANA database.
pub fn zone(config: &Config) -> Result<Zone, BadValue> {
    let name = &config.house.time_zone;
    name.parse::<Zone>()
        .map_err(|e| BadValue::new("[house] time_zone", e.to_string()))
}

pub fn rules(config: &Config) -> Result<Rules, BadValue> {
    let review = &config.review;
    let days = |n: u32| Micros::from_secs(86_400 * i64::from(n));
    Ok(Rules {
        heard_share: f64::from(review.heard_percent) / 100.0,
        second_reviews: f64::from(review.second_review_percent) / 100.0,
        second_review_within: days(review.second_review_days),
        dispute_within: days(review.dispute_days),
        zone: zone(config)?,
    })
}

/// What the payroll office calls the house by.
pub fn datev(config: &Config) -> Datev {
    let payroll = &config.payroll;
    Datev {
        consultant: payroll.datev_consultant_number,
        client: payroll.datev_client_number,
        wage_type: payroll.datev_wage_type,
    }
}

/// Who sends messages, and where to.
///
/// # Errors
/// When a range is none, or the file holds no certificates.
pub fn sender(webhooks: &Webhooks) -> Result<Sender, BadValue> {
    let ranges = webhooks.allowed_ranges.iter().map(|r| r.parse());
    let ranges: Result<Vec<Network>, _> = ranges.collect();
    let ranges = ranges
        .map_err(|e: BadNetwork| BadValue::new("[webhooks] allowed_ranges", e.to_string()))?;
    let bad = |path: &Path, why: String| {
        BadValue::new("[webhooks] ca_file", format!("{}: {why}", path.display()))
    };
    let authorities = match &webhooks.ca_file {
        Some(path) => Some(std::fs::read(path).map_err(|e| bad(path, e.to_string()))?),
        None => None,
    };
    let path = webhooks.ca_file.as_deref().unwrap_or(Path::new(""));
    Sender::new(Allowed::new(ranges), authorities.as_deref()).map_err(|e| bad(path, e.to_string()))
}

pub fn format(format: Format) -> AudioFormat {
    match format {
        Format::Opus => AudioFormat::Opus,
        Format::Wav => AudioFormat::Wav,
        Format::G711 => AudioFormat::G711,
        Format::Flac => AudioFormat::Flac,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_of_the_configuration_are_those_of_the_tracker() {
        let (set, default) = (tracker(&Config::default()), Settings::default());
        assert_eq!(format!("{set:?}"), format!("{default:?}"));
    }

    #[test]
    fn what_a_room_refuses_is_named_by_file_and_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("assay.toml");
        for (text, key, reason) in [
            (
                "[numbers]\ncountry = \"Germany\"\n",
                "[numbers] country",
                "ISO 3166",
            ),
            (
                "[capture]\nhosts = [\"10.0.0\"]\n",
                "[capture] hosts",
                "10.0.0",
            ),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = read(&path).unwrap_err().to_string();
            for part in ["assay.toml", key, reason] {
                assert!(error.contains(part), "{error}");
            }
        }
    }
}
