//! From the configuration to what each room is set up with.

use crate::archive::AudioFormat;
use crate::call::{Settings, keep_out};
use crate::capture::filter::{self, FilterError, Instruction};
use crate::commission::payroll::Datev;
use crate::config::{
    BadValue, Capture, Config, Destination, Format, KeepOut, Webhooks, WithoutConsent,
};
use crate::identity::Role;
use crate::jobs::witnesses::Witness;
use crate::leads::Numbers;
use crate::outgoing::Sender;
use crate::proof::{Scheme, VerifierKey};
use crate::report::waterfall::WorkingHours;
use crate::review::Rules;
use crate::units::{Micros, UnknownWord, Zone};
use crate::webhook::address::BadNetwork;
use crate::webhook::{Allowed, BadTarget, Network, Target};
use std::path::Path;

/// Reads the configuration, and refuses what a room could not be set up with.
///
/// # Errors
/// Names the file, the line and the key.
pub fn read(path: &Path) -> anyhow::Result<Config> {
    let judge = |config: &Config| {
        number_plan(config)?;
        zone(config)?;
        working_hours(config)?;
        second_factor(config)?;
        let sender = sender(&config.webhooks)?;
        authority(config, &sender)?;
        witnesses(config, &sender)?;
        witnessed_logs(config)?;
        filter(&config.capture).map(drop)
    };
    Ok(Config::read(path, judge)?)
}

/// Who needs a second factor.
///
/// # Errors
/// Names a word that is no role.
pub fn second_factor(config: &Config) -> Result<Vec<Role>, BadValue> {
    let words = config.server.second_factor.iter();
    words
        .map(|word| word.parse())
        .collect::<Result<_, UnknownWord>>()
        .map_err(|why| BadValue::new("[server] second_factor", why.to_string()))
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

/// How calls are followed on the wire.
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

/// # Errors
/// When they are no times of day, the first before the second.
pub fn working_hours(config: &Config) -> Result<WorkingHours, BadValue> {
    let hours = config.house.working_hours.parse::<WorkingHours>();
    hours.map_err(|e| BadValue::new("[house] working_hours", e.to_string()))
}

/// The rules of review.
///
/// # Errors
/// When the house's time zone is none.
pub fn rules(config: &Config) -> Result<Rules, BadValue> {
    let review = &config.review;
    let days = |n: u32| Micros::from_secs(86_400 * i64::from(n));
    Ok(Rules {
        heard_share: f64::from(review.heard_percent) / 100.0,
        second_reviews: f64::from(review.second_review_percent) / 100.0,
        second_review_within: days(review.second_review_days),
        dispute_within: days(review.dispute_days),
        read_within: days(review.reading_days),
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

/// How long messages are kept that everybody has had.
pub fn keep_messages(webhooks: &Webhooks) -> Option<Micros> {
    let seconds = 86_400 * i64::from(webhooks.keep_days);
    (seconds > 0).then(|| Micros::from_secs(seconds))
}

/// The authority that stamps what leaves the box.
///
/// # Errors
/// When the URL is none.
pub fn authority(config: &Config, sender: &Sender) -> Result<Option<Target>, BadValue> {
    let url = &config.proof.timestamp_url;
    if url.is_empty() {
        return Ok(None);
    }
    let bad = |why: BadTarget| BadValue::new("[proof] timestamp_url", why.to_string());
    Target::parse(url, sender.allowed()).map(Some).map_err(bad)
}

/// More would not fit on a checkpoint's note beside what it has.
const MOST_WITNESSES: usize = 16;

/// The boxes that cosign this one's checkpoints.
///
/// # Errors
/// When a URL or a key is none, a key is given twice, or there are too many.
pub fn witnesses(config: &Config, sender: &Sender) -> Result<Vec<Witness>, BadValue> {
    let bad = |why: String| BadValue::new("[proof] witnesses", why);
    let mut found: Vec<Witness> = Vec::new();
    for set in &config.proof.witnesses {
        let url = format!("{}/add-checkpoint", set.url.trim_end_matches('/'));
        let target = Target::parse(&url, sender.allowed()).map_err(|why| bad(why.to_string()))?;
        let key = VerifierKey::parse(&set.key).map_err(|why| bad(format!("{}: {why}", set.key)))?;
        if key.scheme() != Scheme::Cosignature {
            return Err(bad(format!(
                "{key} is no witness's key: there, `assay key witness` prints it"
            )));
        }
        if found.iter().any(|w| w.key.name() == key.name()) {
            return Err(bad(format!("{} is given twice", key.name())));
        }
        found.push(Witness { target, key });
    }
    match found.len() > MOST_WITNESSES {
        true => Err(bad(format!("more than {MOST_WITNESSES} help nobody"))),
        false => Ok(found),
    }
}

/// The logs that this box cosigns.
///
/// # Errors
/// When a key is none of a log.
pub fn witnessed_logs(config: &Config) -> Result<Vec<VerifierKey>, BadValue> {
    let bad =
        |key: &str, why: String| BadValue::new("[proof.witness] logs", format!("{key}: {why}"));
    let read = |text: &String| match VerifierKey::parse(text) {
        Ok(key) if key.scheme() == Scheme::Note => Ok(key),
        Ok(_) => Err(bad(text, "it is a witness's key, not a log's".to_owned())),
        Err(why) => Err(bad(text, why.to_string())),
    };
    config.proof.witness.logs.iter().map(read).collect()
}

/// The archive's word for the configuration's.
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
            (
                "[proof]\ntimestamp_url = \"http://tsa.example/\"\n",
                "[proof] timestamp_url",
                "https://",
            ),
            (
                "[[proof.witnesses]]\nurl = \"https://w.example\"\nkey = \"x\"\n",
                "[proof] witnesses",
                "name+id+key",
            ),
            (
                "[proof.witness]\nlogs = [\"x+00000000+AAAA\"]\n",
                "[proof.witness] logs",
                "x+00000000+AAAA",
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
