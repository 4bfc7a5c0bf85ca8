// Receivers and messages in words.
import type * as api from "../../api";
import { moment } from "../../format";

/** What each topic tells of. */
export const TOPICS: Record<api.MessageTopic, string> = {
  "call.recorded": "A call is recorded",
  "claim.made": "A lead is claimed",
  "claim.withdrawn": "A claim is withdrawn",
  "claim.sent_back": "A claim is sent back",
  "verdict.sealed": "A verdict is final",
  "claim.settled": "A claim that waited earns, or does not",
  "dispute.opened": "A verdict is disputed",
  "dispute.decided": "A dispute is decided",
  "lead.merged": "Two leads are one",
  "lead.split": "A lead is one of its own again",
  "lead.handed_over": "A lead is handed over to sales",
  "sales.answered": "Sales has answered",
  "entry.booked": "An entry is booked",
  "entry.reversed": "An entry is taken back",
  "ruling.made": "A manager has ruled on a claim",
  "plan.approved": "A plan is approved",
  "plan.ended": "A plan has an end",
  "campaign.closed": "A campaign is over",
  "campaign.reopened": "A campaign goes on",
  "question.asked": "Somebody asks about their money",
  "question.answered": "A question about money is answered",
  "period.locked": "A period is locked",
  "period.reopened": "A period is open again",
  "payroll.made": "A payroll run is made",
  "checkpoint.made": "The books are sealed: a copy of the log has left the box",
  "webhook.test": "A test",
};

const messages = (n: number) => (n === 1 ? "1 message" : `${n} messages`);

/** How a receiver stands, in a sentence. */
export function standing(r: api.Receiver): string {
  if (r.paused_for === "gone")
    return "Paused: it answered that it is gone for good. Resume it once it is back.";
  if (r.paused_at) return `Paused since ${moment(r.paused_at)}; its messages wait.`;
  if (r.failures > 0 && r.waiting > 0)
    return `Failing: ${r.last_error ?? "no answer"}. ${messages(r.waiting)} waiting${
      r.next_attempt_at ? `, tried again ${moment(r.next_attempt_at)}` : ""
    }.`;
  if (r.waiting > 0) return `${messages(r.waiting)} on the way.`;
  return r.worked_at
    ? `Working: last delivered ${moment(r.worked_at)}.`
    : "Nothing sent yet. Send a test message to try it.";
}

export const dead = (r: api.Receiver) =>
  r.dead === 0 ? "" : `${messages(r.dead)} given up after three days.`;

/** What a receiver is sent. */
export const scope = (r: api.Receiver) =>
  `${r.topics ? r.topics.map((t) => TOPICS[t]).join("; ") : "Every topic"}${
    r.client ? `, of ${r.client} alone` : ""
  }`;

/** How a message stands, in words. */
export function stands(m: api.OutgoingMessage): string {
  const times = m.attempts === 1 ? "1 attempt" : `${m.attempts} attempts`;
  if (m.delivered_at) return `delivered ${moment(m.delivered_at)}, ${times}`;
  if (m.dead_at) return `given up ${moment(m.dead_at)}, ${times}: ${m.last_error ?? "not tried"}`;
  return m.attempts === 0 ? "waiting" : `waiting, ${times}: ${m.last_error ?? "no answer"}`;
}
