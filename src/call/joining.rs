//! Which dialogs belong together: the legs of a back-to-back user agent, and the calls of a
//! transfer.
//!
//! A back-to-back user agent (a PBX, a session border controller) answers one dialog and begins
//! another, with a Call-ID of its own. Nothing in SIP ties the two together, so they are joined by
//! what must be so: the second INVITE leaves the host at which the first arrived, while the first
//! is waiting or in progress, and it names the same caller, the same callee, or both. Where two
//! calls fit equally, neither is taken: two rows are a nuisance, a voice in a stranger's call is
//! worse.

use super::CallNo;
use super::conversation::Conversation;
use super::numbers::same;
use crate::units::{Micros, WallTime};
use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use uuid::Uuid;

/// A new INVITE, as far as joining asks for it.
#[derive(Debug)]
pub(super) struct Invite<'a> {
    pub(super) at: WallTime,
    pub(super) src: SocketAddr,
    pub(super) dst: IpAddr,
    pub(super) call_id: &'a str,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
}

/// What a new INVITE is to a call that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    /// A leg further on.
    Onward,
    /// The leg before: the two overtook each other on the way to the tap.
    Before,
}

/// A caller's number may be replaced by the trunk's; the leg then follows at once.
const AT_ONCE: Micros = Micros::from_secs(5);
/// Two legs may be seen in the wrong order by this much.
const OVERTAKEN: Micros = Micros::from_millis(500);

/// The call that an INVITE is another leg of.
pub(super) fn join<'a>(
    invite: &Invite<'_>,
    calls: impl Iterator<Item = (CallNo, &'a Conversation)>,
) -> Option<(CallNo, Joint)> {
    let mut best: Option<(u8, CallNo, Joint)> = None;
    let mut tied = false;
    for (no, c) in calls {
        let Some((rank, joint)) = fits(invite, c) else {
            continue;
        };
        match &best {
            Some((known, ..)) if *known > rank => {}
            Some((known, ..)) if *known == rank => tied = true,
            _ => {
                best = Some((rank, no, joint));
                tied = false;
            }
        }
    }
    best.filter(|_| !tied).map(|(_, no, joint)| (no, joint))
}

/// How well an INVITE fits a call: higher is better.
fn fits(invite: &Invite<'_>, c: &Conversation) -> Option<(u8, Joint)> {
    let onward = leaves(invite, c);
    if c.is_from_media()
        || c.facts().ended_at.is_some()
        || (!onward && c.originator() != invite.dst)
    {
        return None;
    }
    let number = |p: &super::Party| p.number.as_ref().map(|n| n.reveal().clone());
    let (from, to) = (
        same(number(&c.facts().from).as_deref(), invite.from.as_deref()),
        same(number(&c.facts().to).as_deref(), invite.to.as_deref()),
    );
    let waited = invite.at - c.facts().started_at;
    if c.originator() == invite.dst
        && invite.src.ip() != invite.dst
        && waited < OVERTAKEN
        && from
        && to
        && c.facts().call_ids.len() == 1
    {
        return Some((9, Joint::Before));
    }
    if !onward {
        return None;
    }
    // Some agents build the new Call-ID from the old one.
    let derived = c
        .facts()
        .call_ids
        .iter()
        .any(|id| id.len() >= 8 && invite.call_id.contains(id.as_str()));
    let free = u8::from(c.facts().call_ids.len() == 1);
    let rank = match (from, to) {
        _ if derived => 8,
        (true, true) if !c.is_leg_answered() => 6 + free,
        // A menu or a queue in between: the extension is found later.
        (true, false) if !c.is_leg_answered() => 2 + free,
        (false, true) if !c.is_answered() && waited <= AT_ONCE => 4 + free,
        _ => return None,
    };
    Some((rank, Joint::Onward))
}

/// Whether an INVITE leaves where one of this call arrived. Where everybody shares a host, the port
/// tells them apart.
fn leaves(invite: &Invite<'_>, c: &Conversation) -> bool {
    c.invited()
        .iter()
        .any(|a| *a == invite.src || (a.ip() == invite.src.ip() && a.ip() != c.originator()))
}

/// The call that a phone system transfers by itself, without a REFER on the wire: a third party is
/// called on behalf of its caller while its second is still there.
pub(super) fn taken_over<'a>(
    invite: &Invite<'_>,
    calls: impl Iterator<Item = &'a Conversation>,
) -> Option<Uuid> {
    let number = |c: &Conversation| c.facts().from.number.as_ref().map(|n| n.reveal().clone());
    let mut fits = calls.filter(|c| {
        c.is_leg_answered()
            && leaves(invite, c)
            && same(number(c).as_deref(), invite.from.as_deref())
    });
    let id = fits.next().map(|c| c.facts().id)?;
    fits.next().is_none().then_some(id)
}

/// Somebody was asked to call somebody else (RFC 3515), or to take a call's place (RFC 3891).
#[derive(Debug, Clone)]
pub(super) struct Referral {
    pub(super) at: WallTime,
    /// The call within which it was asked.
    pub(super) call: Uuid,
    /// Who was asked: the new INVITE comes from there.
    pub(super) asked: IpAddr,
    pub(super) target: Option<String>,
}

/// Referrals that an INVITE may still follow.
#[derive(Debug, Default)]
pub(super) struct Referrals {
    open: VecDeque<Referral>,
}

/// A referral that nothing has followed by then is forgotten.
const FOLLOWS_WITHIN: Micros = Micros::from_secs(60);
pub(super) const MOST: usize = 1024;

impl Referrals {
    pub(super) fn add(&mut self, referral: Referral) {
        if self.open.len() >= MOST {
            self.open.pop_front();
        }
        self.open.push_back(referral);
    }

    /// Referrals that wait.
    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    /// The call that asked for this INVITE.
    pub(super) fn followed(&mut self, invite: &Invite<'_>) -> Option<Uuid> {
        self.open.retain(|r| invite.at - r.at <= FOLLOWS_WITHIN);
        let fits = |r: &Referral| {
            r.asked == invite.src.ip() && same(r.target.as_deref(), invite.to.as_deref())
        };
        let at = self.open.iter().rposition(fits)?;
        self.open.remove(at).map(|r| r.call)
    }
}

/// The Call-ID in a Replaces value (RFC 3891 §6.1), or in the one within a Refer-To URI.
pub(super) fn replaced(value: &str) -> Option<String> {
    let id = value.split([';', '&', '>']).next()?.trim();
    (!id.is_empty()).then(|| id.to_owned())
}

/// The same, from a Refer-To header, where it is escaped in the URI.
pub(super) fn refer_replaces(refer_to: &str) -> Option<String> {
    let at = refer_to.to_ascii_lowercase().find("replaces=")?;
    replaced(&crate::sip::address::percent_decoded(
        &refer_to[at + "replaces=".len()..],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_call_is_found_in_either_header() {
        assert_eq!(
            replaced("425928@bobster.example.org;to-tag=7743;from-tag=6472").as_deref(),
            Some("425928@bobster.example.org")
        );
        assert_eq!(
            refer_replaces(
                "<sip:carol@10.77.0.13?Replaces=~0m3yGml6V%3bfrom-tag%3d7RSa%3bto-tag%3d1U>"
            )
            .as_deref(),
            Some("~0m3yGml6V")
        );
        assert_eq!(refer_replaces("<sip:carol@10.77.0.13>"), None);
    }
}
