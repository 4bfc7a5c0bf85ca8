//! Weeks in which the demo's house has worked already: the recorder reads its calls from captures
//! of real phones, moved to their days and given other numbers; leads, claims, verdicts and answers
//! of sales follow by the same acts as on the page.

use super::sales::{self, Taken};
use super::script::{self, A_WEEK, CALLERS, COSTS, Came, Dial, House, SUPPLIERS};
use super::stock::{Captures, DAY, add_list, set_costs};
use super::write_ups;
use crate::archive::AudioFormat;
use crate::clock::Clock;
use crate::cmd::office::{self, Office};
use crate::cmd::{replay, setup};
use crate::handover::{Answer, Given as SalesGiven, RejectReason};
use crate::leads::Disposition;
use crate::review::heard::Played;
use crate::review::{Evidence, Given, Rules};
use crate::store::calls::{self, NewDisposition};
use crate::store::handover::{answers, cards};
use crate::store::people::{self, Person};
use crate::store::review::heard::{self, Report};
use crate::store::review::verdicts::{self, NewVerdict};
use crate::store::review::{claiming, claims};
use crate::store::{Actor, Tx, leads};
use crate::units::{
    CallId, CampaignId, ClaimId, ItemId, Micros, PersonId, Spans, WallTime, day_number,
    numbered_day,
};
use anyhow::{Context as _, anyhow};
use serde_json::json;
use std::collections::{HashMap, HashSet};
use std::io::Read;

const MINUTE: i64 = 60;

/// Lives through so many weeks up to the day before yesterday. `campaigns` are the two clients', in
/// the order of [`House`].
///
/// # Errors
/// When the folder or the database cannot be used.
pub fn live_through(
    office: &Office,
    weeks: u32,
    campaigns: &[CampaignId; 2],
    now: WallTime,
) -> anyhow::Result<()> {
    let rules = setup::rules(&office.config)?;
    let today = day_number(&rules.zone.day(now)).unwrap_or(0);
    let mut past = Past {
        office,
        rules,
        campaigns,
        captures: HashMap::new(),
        known: [0, 0],
        claimed: HashSet::new(),
        open: Vec::new(),
        taken: Vec::new(),
        called: 0,
        until: now - Micros(DAY.0),
    };
    let first = today - i64::from(weeks) * 7 - 1;
    let mut working = 0;
    for day in first..today - 1 {
        let Some(midnight) = numbered_day(day).and_then(|d| past.rules.zone.start_of_day(&d))
        else {
            continue;
        };
        // 1970-01-01 was a Thursday.
        let weekday = (day + 3).rem_euclid(7);
        if weekday == 0 || working == 0 {
            past.leads_come_in(midnight + Micros::from_secs(7 * 60 * MINUTE))?;
        }
        if weekday < 5 {
            past.work(working, midnight)?;
            working += 1;
        }
    }
    past.tell_outcomes()
}

/// What is under way while the weeks go by.
struct Past<'a> {
    office: &'a Office,
    rules: Rules,
    campaigns: &'a [CampaignId; 2],
    captures: HashMap<&'static str, Capture>,
    /// Leads that have come in, by client.
    known: [usize; 2],
    /// Leads that somebody has claimed.
    claimed: HashSet<(House, usize)>,
    /// Claims that no reviewer has judged yet, with the call of each and whether it shows all.
    open: Vec<Open>,
    /// Leads that sales takes, in the order of its answers.
    taken: Vec<Taken>,
    /// So many of them sales has called.
    called: usize,
    /// The past ends here.
    until: WallTime,
}

/// A call that the recorder reads.
struct Sound {
    at: WallTime,
    line: &'static str,
    /// In E.164.
    number: String,
    capture: &'static str,
}

struct Open {
    claim: ClaimId,
    call: CallId,
    made_at: WallTime,
    shows_all: bool,
}

impl Past<'_> {
    fn leads_come_in(&mut self, at: WallTime) -> anyhow::Result<()> {
        for (house, many) in A_WEEK {
            let mut csv = String::from("id,company,contact,phone,source\n");
            let first = self.known[house as usize];
            for place in first..first + many {
                let l = script::lead(house, place);
                csv.push_str(&format!(
                    "{},{},{},{},{}\n",
                    l.id, l.company, l.contact, l.number, l.source
                ));
            }
            // Each list has one again that the list before had.
            if let Some(place) = first.checked_sub(1) {
                let l = script::lead(house, place);
                csv.push_str(&format!("{}-2,{},,{},\n", l.id, l.company, l.number));
            }
            // The newest has two firms that the house has under another number.
            for n in 0..2 {
                let Some(place) = first.checked_sub(3 + n) else {
                    continue;
                };
                if at + Micros(7 * DAY.0) > self.until {
                    let (l, number) = (script::lead(house, place), first + 700 + n);
                    let (company, number) = (l.company, script::lead(house, number).number);
                    csv.push_str(&format!("{}-3,{company},,{number},referral\n", l.id));
                }
            }
            self.known[house as usize] += many;
            let campaign = &self.campaigns[house as usize];
            let file_name = format!("leads {}.csv", self.rules.zone.day(at));
            let list = (SUPPLIERS[house as usize], file_name.as_str(), csv.as_str());
            self.office.block_on(async {
                let mut tx = self.office.db.write().await?;
                if first == 0 {
                    set_costs(&mut tx, campaign, COSTS[house as usize], at).await?;
                }
                add_list(&mut tx, self.office, campaign, list, at).await?;
                tx.commit().await?;
                anyhow::Ok(())
            })?;
        }
        Ok(())
    }

    /// Sales calls whom it took the day before: most of them talk, and some do not answer.
    fn sales_calls(&mut self, midnight: WallTime) -> Vec<Sound> {
        let first = self.called;
        self.called = self.taken.len();
        let sound = |(nth, taken): (usize, &Taken)| Sound {
            at: midnight + Micros::from_secs((9 * 60 + 25 + 11 * nth as i64) * MINUTE),
            line: sales::LINE,
            number: taken.number.clone(),
            capture: if (first + nth) % 4 == 3 {
                "cancelled"
            } else {
                "hold"
            },
        };
        self.taken[first..].iter().enumerate().map(sound).collect()
    }

    /// The client's CRM says what became of what sales took.
    fn tell_outcomes(&self) -> anyhow::Result<()> {
        let office = self.office;
        office.block_on(async {
            let mut tx = office.db.write().await?;
            sales::tell_outcomes(&mut tx, &self.taken, &self.rules, self.until).await?;
            tx.commit().await?;
            anyhow::Ok(())
        })
    }

    /// A working day: calls, what was said of them, claims; reviewers judge what was claimed the
    /// day before, and sales answers.
    fn work(&mut self, working: usize, midnight: WallTime) -> anyhow::Result<()> {
        let dials = script::day(working, midnight, self.known);
        let mut sounds: Vec<Sound> = dials.iter().map(Sound::of).collect();
        sounds.extend(self.sales_calls(midnight));
        sounds.sort_by_key(|s| s.at);
        self.record(&sounds, midnight)?;
        let evening = midnight + Micros::from_secs(18 * 60 * MINUTE);
        let office = self.office;
        office.block_on(async {
            let mut tx = office.db.write().await?;
            self.judge(&mut tx, midnight).await?;
            for dial in &dials {
                self.say(&mut tx, dial, evening).await?;
            }
            tx.commit().await?;
            anyhow::Ok(())
        })
    }

    /// Lets the recorder read the day's calls, in one capture file of their own.
    fn record(&mut self, sounds: &[Sound], midnight: WallTime) -> anyhow::Result<()> {
        let mut file = Vec::new();
        for (nth, sound) in sounds.iter().enumerate() {
            let id = format!("{:08x}{nth:08x}", midnight.micros() / 1_000_000);
            let capture = self.capture(sound.capture)?;
            if file.is_empty() {
                file.extend_from_slice(&capture.head);
            }
            capture.write(&mut file, sound.at, &[sound.line, &sound.number, &id]);
        }
        let path = self.office.folder().join("captures").join("past.pcap");
        std::fs::write(&path, &file)?;
        let clock = Clock::manual(midnight + Micros::from_secs(18 * 60 * MINUTE));
        let commit = office::committer(
            self.office.runtime.handle().clone(),
            self.office.db.clone(),
            self.office.numbers.clone(),
            clock,
            |_| {},
        );
        let files = [path.clone()];
        let (_, errors) =
            replay::replay(self.office, &files, AudioFormat::Opus, &commit, Micros(0))?;
        std::fs::remove_file(path)?;
        errors
            .first()
            .map_or(Ok(()), |error| Err(anyhow!("{error}")))
    }

    fn capture(&mut self, name: &'static str) -> anyhow::Result<&Capture> {
        if !self.captures.contains_key(name) {
            self.captures.insert(name, Capture::read(name)?);
        }
        self.captures
            .get(name)
            .ok_or_else(|| anyhow!("the capture of '{name}' is not in this program"))
    }

    /// What the telemarketer says of a call, and the claim on its lead.
    async fn say(&mut self, tx: &mut Tx, dial: &Dial, evening: WallTime) -> anyhow::Result<()> {
        let (login, _, house) = CALLERS[dial.caller];
        let (kind, claims) = match dial.came {
            Came::Nothing(_) => return Ok(()),
            Came::Voicemail => (Disposition::Voicemail, false),
            Came::Talked { claimed: true, .. } => (Disposition::Conversation, true),
            Came::Talked { claimed: false, .. } => (Disposition::NotInterested, false),
        };
        let person = self.office.person(tx, login).await?;
        let own = calls::of_person(tx, &person.id, evening, 100).await?;
        let number = script::lead(house, dial.lead).number;
        let Some(call) = own.into_iter().find(|c| {
            let dialled = c.prospect_number.as_ref();
            dialled.is_some_and(|n| n.reveal() == &number)
                && (c.started_at - dial.at).0.abs() < 60_000_000
        }) else {
            return Ok(());
        };
        let said = NewDisposition {
            kind,
            appointment_at: None,
            appointment_with: None,
        };
        let by = Actor::from(&person.id);
        let ended = call.ended_at.unwrap_or(dial.at);
        let later = |minutes: i64| ended + Micros::from_secs(minutes * MINUTE);
        calls::set_disposition(tx, &by, &call.id, &said, later(1)).await?;
        let (Some(lead), true) = (&call.lead_id, claims) else {
            return Ok(());
        };
        if !self.claimed.insert((house, dial.lead)) {
            return Ok(());
        }
        let nth = self.claimed.len();
        let made_at = later(12 + (dial.lead as i64 * 7) % 40);
        let new = claiming::NewClaim {
            lead,
            campaign: &self.campaigns[house as usize],
            person: &person.id,
            calls: std::slice::from_ref(&call.id),
            write_up: write_ups::sentences(nth),
            own_answers: &json!({ "budget": "in_place", "authority": "decides", "need": "pain" })
                .to_string(),
            by: crate::leads::ClaimedBy::Page,
        };
        let claim = claiming::add(tx, &new, made_at).await?;
        write_ups::fill(tx, &person.id, &claim, nth, made_at).await?;
        let shows_all = dial.came.capture() == "full_bant";
        self.open.push(Open {
            claim,
            call: call.id,
            made_at,
            shows_all,
        });
        Ok(())
    }

    /// Reviewers take what was claimed before this morning, in turn; what passes goes to sales.
    async fn judge(&mut self, tx: &mut Tx, midnight: WallTime) -> anyhow::Result<()> {
        let waiting = std::mem::take(&mut self.open);
        let mut at = midnight + Micros::from_secs(8 * 60 * MINUTE + 10 * MINUTE);
        for (nth, open) in waiting.into_iter().enumerate() {
            let login = if nth % 2 == 0 { "marek" } else { "rana" };
            let reviewer = self.office.person(tx, login).await?;
            at = at + Micros::from_secs(9 * MINUTE);
            if at > self.until || open.made_at > at {
                self.open.push(open);
                continue;
            }
            self.verdict(tx, &reviewer.id, &open, at).await?;
        }
        Ok(())
    }

    async fn verdict(
        &mut self,
        tx: &mut Tx,
        reviewer: &PersonId,
        open: &Open,
        at: WallTime,
    ) -> anyhow::Result<()> {
        claims::take(tx, reviewer, &open.claim, at).await?;
        let recording = calls::recording(tx, &open.call).await?;
        let length = recording.map_or(0, |r| r.duration_ms.unsigned_abs());
        let heard = at + Micros::from_millis(i64::try_from(length).unwrap_or(0) + 5_000);
        heard::serve(tx, reviewer, &open.call, &Spans::of([(0, length)]), at).await?;
        let played = [Played {
            from_ms: 0,
            to_ms: length,
            speed: 1.0,
        }];
        let report = Report {
            item: &ItemId::from(open.claim.clone()),
            reviewer,
            call: &open.call,
            taken_at: at,
            played: &played,
        };
        heard::report(tx, &report, heard).await?;
        let given = answers_of(&open.call, open.shows_all);
        let new = NewVerdict {
            reviewer,
            answers: &given,
            note: "",
        };
        let given_at = heard + Micros::from_secs(90);
        let verdict = verdicts::commit(tx, &open.claim, &new, &self.rules, given_at).await?;
        let stands_at = given_at + Micros::from_secs(11);
        verdicts::make_final(tx, &verdict.id, &self.rules, stands_at).await?;
        let answered_at = stands_at + Micros::from_secs(5 * 60 * MINUTE);
        if verdict.passed && answered_at < self.until {
            self.sales(tx, &open.claim, answered_at).await?;
        }
        Ok(())
    }

    /// Sales takes two leads of three, and turns one down that it likes less.
    async fn sales(&mut self, tx: &mut Tx, claim: &ClaimId, at: WallTime) -> anyhow::Result<()> {
        let Some(claim) = claims::by_id(tx, claim).await? else {
            return Ok(());
        };
        let sam = self.office.person(tx, "sam").await?;
        if !sees(tx, &sam, &claim).await? {
            return Ok(());
        }
        cards::opened(tx, &sam.id, &claim.id, at - Micros::from_secs(20 * MINUTE)).await?;
        let takes = claim.number % 3 != 0;
        let given = SalesGiven {
            answer: if takes { Answer::Now } else { Answer::Reject },
            until: None,
            reason: (!takes).then_some(RejectReason::NoCapacity),
            criterion: None,
            note: if takes {
                ""
            } else {
                "Nobody is free in that region before March."
            },
        };
        let new = answers::NewAnswer {
            given,
            replaces: None,
        };
        answers::add(tx, &Actor::from(&sam.id), &claim, &new, &self.rules, at).await?;
        let numbers = leads::numbers(tx, &claim.lead_id).await?;
        if let Some(number) = numbers.into_iter().next().filter(|_| takes) {
            sales::send_with_the_first_mail(tx, &sam.id, &claim, at).await?;
            self.taken.push(Taken {
                lead: claim.lead_id,
                number: number.into_inner(),
                at,
            });
        }
        Ok(())
    }
}

impl Sound {
    fn of(dial: &Dial) -> Sound {
        let (_, line, house) = CALLERS[dial.caller];
        Sound {
            at: dial.at,
            line,
            number: script::lead(house, dial.lead).number,
            capture: dial.came.capture(),
        }
    }
}

async fn sees(tx: &mut Tx, person: &Person, claim: &claims::Claim) -> anyhow::Result<bool> {
    let clients = people::clients_of(tx, &person.id).await?;
    Ok(clients.contains(&claim.client_id))
}

/// What a reviewer finds in the capture of a call: all four, or no budget.
fn answers_of(call: &CallId, shows_all: bool) -> Vec<Given> {
    let given = |criterion: &str, answer: &str, from_ms: Option<u64>| Given {
        criterion: criterion.to_owned(),
        answer: answer.to_owned(),
        evidence: from_ms.map(|from_ms| Evidence {
            call: call.clone(),
            from_ms,
            to_ms: from_ms + 4_000,
        }),
        ..Given::default()
    };
    match shows_all {
        true => vec![
            given("budget", "in_place", Some(20_000)),
            given("authority", "decides", Some(26_000)),
            Given {
                words: "Drivers lose two hours a day".to_owned(),
                ..given("need", "pain", Some(14_000))
            },
            given("timescale", "months_3", Some(32_000)),
        ],
        false => vec![
            given("budget", "none", Some(12_000)),
            given("authority", "not_asked", None),
            given("need", "not_asked", None),
            given("timescale", "not_asked", None),
        ],
    }
}

/// A capture file of ours: little-endian, microseconds.
struct Capture {
    head: Vec<u8>,
    /// Microseconds since its first packet, the length on the wire, and the bytes.
    packets: Vec<(i64, u32, Vec<u8>)>,
    /// What stands in it for the caller's line, the callee's number, and the Call-ID.
    stands: [Vec<u8>; 3],
}

impl Capture {
    fn read(name: &str) -> anyhow::Result<Capture> {
        let packed = Captures::get(&format!("{name}/call.pcap.gz"))
            .ok_or_else(|| anyhow!("the capture of '{name}' is not in this program"))?;
        let mut bytes = Vec::new();
        flate2::read::GzDecoder::new(&packed.data[..]).read_to_end(&mut bytes)?;
        let word = |at: usize| -> anyhow::Result<u32> {
            let four = bytes.get(at..at + 4).context("a capture ends early")?;
            Ok(u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
        };
        let head = bytes.get(..24).context("a capture ends early")?.to_vec();
        let (mut at, mut first, mut packets) = (24, None, Vec::new());
        while at < bytes.len() {
            let time = i64::from(word(at)?) * 1_000_000 + i64::from(word(at + 4)?);
            let (length, whole) = (word(at + 8)? as usize, word(at + 12)?);
            let data = bytes.get(at + 16..at + 16 + length);
            let data = data.context("a capture ends early")?.to_vec();
            packets.push((time - *first.get_or_insert(time), whole, data));
            at += 16 + length;
        }
        let invite = packets
            .first()
            .map(|(_, _, p)| String::from_utf8_lossy(p).into_owned())
            .unwrap_or_default();
        let between = |from: &str, to: &str| {
            let start = invite.find(from)? + from.len();
            let end = start + invite[start..].find(to)?;
            Some(invite.as_bytes()[start..end].to_vec())
        };
        let from_line = invite.find("From:").map(|at| &invite[at..]);
        let line = from_line.and_then(|from| {
            let start = from.find("sip:")? + 4;
            let end = start + from[start..].find('@')?;
            Some(from.as_bytes()[start..end].to_vec())
        });
        let stands = [
            line,
            between("\nTo: <sip:", "@"),
            between("Call-ID: ", "\r\n"),
        ];
        let stands = stands.map(Option::unwrap_or_default);
        if stands.iter().any(Vec::is_empty) {
            return Err(anyhow!("the capture of '{name}' begins with no INVITE"));
        }
        Ok(Capture {
            head,
            packets,
            stands,
        })
    }

    /// Appends its packets from a moment on, with another line, number and Call-ID in them, each as
    /// long as what it stands for.
    fn write(&self, file: &mut Vec<u8>, from: WallTime, instead: &[&str; 3]) {
        for (after, whole, data) in &self.packets {
            let mut data = data.clone();
            for (old, new) in self.stands.iter().zip(instead) {
                put(&mut data, old, new.as_bytes());
            }
            let at = from.micros() + after;
            let seconds = u32::try_from(at / 1_000_000).unwrap_or(0);
            let micros = u32::try_from(at % 1_000_000).unwrap_or(0);
            let length = u32::try_from(data.len()).unwrap_or(0);
            for word in [seconds, micros, length, *whole] {
                file.extend_from_slice(&word.to_le_bytes());
            }
            file.extend_from_slice(&data);
        }
    }
}

/// Replaces what is as long; the caller's line only where it is the user of an address.
fn put(data: &mut [u8], old: &[u8], new: &[u8]) {
    if old.len() != new.len() {
        return;
    }
    let short = old.len() < 8;
    let mut at = 0;
    while at + old.len() <= data.len() {
        let fits = data[at..].starts_with(old) && (!short || data[..at].ends_with(b"sip:"));
        if fits {
            data[at..at + old.len()].copy_from_slice(new);
            at += old.len();
        } else {
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_capture_of_the_script_can_be_given_other_numbers() {
        for name in [
            "cancelled",
            "busy",
            "declined",
            "voicemail",
            "full_bant",
            "no_budget",
            "size_only",
            "hold",
            "ipv6",
        ] {
            let capture = Capture::read(name).unwrap();
            let [line, number, id] = &capture.stands;
            assert_eq!((line.len(), number.len(), id.len()), (3, 13, 16), "{name}");
            let mut file = Vec::new();
            let instead = ["209", "+494055520037", "00000000000000aa"];
            capture.write(&mut file, WallTime(1_790_000_000_000_000), &instead);
            let has = |text: &[u8]| file.windows(text.len()).any(|w| w == text);
            assert!(has(b"sip:209@") && has(b"+494055520037") && has(b"00000000000000aa"));
            assert!(!has(number) && !has(id), "{name}");
        }
    }

    #[test]
    fn what_is_said_passes_the_demo_s_checklist_or_fails_it() {
        let list =
            crate::review::checklist::Checklist::parse(crate::review::checklist::BANT).unwrap();
        let call = CallId::from("call");
        for shows_all in [true, false] {
            let given = answers_of(&call, shows_all);
            let met = given
                .iter()
                .all(|g| list.met(&g.criterion, &given) == Some(true));
            assert_eq!(met, shows_all);
        }
    }
}
