// The one place that talks to the box. Every call gives a result or a problem; nothing here throws.

export interface Problem {
  status: number;
  title: string;
  detail: string;
  missing?: { criterion: string; what: string }[];
}
export type Result<T> = { ok: true; value: T } | { ok: false; problem: Problem };

export interface Me { id: string; login: string; name: string; role: Role; independent: boolean }
export type Role = "telemarketer" | "reviewer" | "sales" | "marketing" | "manager" | "admin";
export interface Money { minor: number; currency: string }

export interface Call {
  id: string;
  started_at: string;
  outcome: string;
  direction: string | null;
  recovered: boolean;
  line: string | null;
  prospect: { number: string | null; name: string | null };
  lead: { id: string; company: string; contact: string | null; found_by: string } | null;
  candidates?: { id: string; company: string; campaign: string }[];
  disposition: string | null;
  appointment: { at: string; with: string | null } | null;
  duration_ms: number | null;
  gaps: number;
}
export interface Stretch { from_ms: number; to_ms: number }
export interface Sound {
  call: string;
  started_at?: string;
  duration_ms: number;
  sample_rate: number;
  answered_ms: number | null;
  holds: Stretch[];
  lanes: { lane: number; who: "telemarketer" | "prospect"; speech: Stretch[]; packets: number; lost: number; codecs: string[]; mos: number | null; unheard: string | null; loss_was: "unknown" | "network" | "mirror" }[];
  gaps: { lane: number; from_ms: number; to_ms: number; reason: string }[];
}
export interface Peaks { length: number; samples_per_pixel: number; sample_rate: number; data: number[] }

export interface Criterion {
  id: string;
  title: string;
  hint: string;
  definition: string;
  counts: string;
  does_not_count: string;
  must_pass: boolean;
  may_not_apply: boolean;
  words_needed: number;
  answers: { id: string; label: string; passes: boolean }[];
}
export interface Evidence { call: string; from_ms: number; to_ms: number }
export interface Given { criterion: string; answer: string; evidence?: Evidence; words?: string; note?: string }
export interface Row {
  criterion: string;
  title: string;
  must_pass: boolean;
  answer: string | null;
  passes: boolean | null;
  evidence: Evidence | null;
  words: string | null;
  note: string | null;
}

export interface Claim {
  id: string;
  number: number;
  company: string;
  campaign: string;
  state: "open" | "in_review" | "decided";
  position: number | null;
  write_up: string;
  created_at: string;
  decided_at: string | null;
  outcome: "passed" | "failed" | "passed_already_paid" | null;
  calls: Call[];
  verdict: { passed: boolean; sealed_at: string; note: string; checklist_version: number; rows: Row[] } | null;
  line: { id: string; amount: Money; earned_at: string; period: string } | null;
}

export interface Committed {
  id: string;
  passed: boolean;
  state: "held" | "sealed";
  hold_until: string;
  ledger_line: string | null;
  note: string;
  answers: Given[];
  rows: Row[];
  claimant: { name: string; write_up: string; answers: Record<string, string> };
}
export interface Review {
  id: string;
  number: number;
  company: string;
  contact: string | null;
  contact_role: string | null;
  campaign: string;
  source: string | null;
  state: string;
  locked_until: string | null;
  checklist: { name: string; version: number; in_force_from: string; criteria: Criterion[] };
  calls: Sound[];
  other_claims: number;
  money: { amount: Money | null; plan_version: number | null; already_earned: boolean };
  now: string;
  verdict?: Committed;
}
export interface QueueItem { id: string; number: number; company: string; campaign: string; created_at: string }
export interface Statement {
  period: string;
  earned_this_period: Money[];
  payable: Money[];
  lines: { id: string; kind: string; company: string; campaign: string; claim_number: number; plan_version: number; amount: Money; earned_at: string; payable_at: string; period: string; reason: string | null }[];
}
export interface Lead {
  id: string;
  external_id: string;
  company: string;
  contact: string | null;
  contact_role: string | null;
  campaign: string;
  source: string | null;
  theme: string | null;
  segment: string | null;
  interactions: string | null;
}
export interface LiveSide { packets: number; lost: number; last_at: string | null }
export interface LiveCall {
  id: string;
  line: string;
  telemarketer: string;
  prospect: string | null;
  started_at: string;
  answered_at: string | null;
  withheld: "paused" | "policy" | "overload" | null;
  sides: { telemarketer: LiveSide; prospect: LiveSide };
}
export interface LeadEvent { kind: string; at: string; what?: string; number?: number; passed?: boolean; outcome?: string; disposition?: string | null; duration_ms?: number | null }
export interface Difference { kind: "not_seen" | "not_recorded" | "differs" | "no_record"; at: string; from: string | null; to: string | null; likely: string }
export interface Coverage {
  lines: { number: string; calls: number; last_at: string }[];
  totals: { calls: number; answered: number; recorded: number; not_recorded: Record<string, number>; with_gap: Record<string, number>; without_signalling: number };
  records: number;
  differences: Difference[];
  of_other_clients: number;
}

const offline: Problem = { status: 0, title: "No connection", detail: "The box does not answer. What you entered is kept; try again in a moment." };

async function ask<T>(method: string, path: string, body?: unknown, key?: string): Promise<Result<T>> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["content-type"] = "application/json";
  if (key) headers["idempotency-key"] = key;
  try {
    const answer = await fetch(`/api/v1${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    if (answer.status === 204) return { ok: true, value: undefined as T };
    const value = await answer.json();
    return answer.ok ? { ok: true, value } : { ok: false, problem: value };
  } catch {
    return { ok: false, problem: offline };
  }
}

export const signIn = (login: string, password: string) => ask<Me>("POST", "/session", { login, password });
export const signOut = () => ask<void>("DELETE", "/session");
export const me = () => ask<Me>("GET", "/me");
export const calls = (before?: string) => ask<{ calls: Call[]; next: string | null }>("GET", `/calls${before ? `?before=${encodeURIComponent(before)}` : ""}`);
export const setDisposition = (call: string, body: { disposition: string; appointment_at?: string; appointment_with?: string }) => ask<Call>("POST", `/calls/${call}/disposition`, body);
export const chooseLead = (call: string, lead: string) => ask<Call>("POST", `/calls/${call}/lead`, { lead });
export const peaks = (call: string) => ask<Peaks>("GET", `/calls/${call}/peaks`);
export const audioUrl = (call: string) => `/api/v1/calls/${call}/audio`;
export const claims = () => ask<{ claims: Claim[] }>("GET", "/claims");
export const claim = (body: { calls: string[]; write_up: string; answers: Record<string, string> }, key: string) => ask<Claim>("POST", "/claims", body, key);
export const checklistFor = (call: string) => ask<{ campaign: string; version: number; checklist: { name: string; criteria: Criterion[] }; other_calls: Call[] }>("GET", `/calls/${call}/checklist`);
export const live = () => ask<{ calls: LiveCall[]; to_come: (LiveCall & { awaited: boolean })[]; now: string; can_listen: boolean }>("GET", "/live");
export const hurry = (call: string) => ask<{ next: boolean }>("POST", `/live/${call}/hurry`);
export const pauseLive = (call: string, on: boolean) => ask<{ paused: boolean }>("POST", `/live/${call}/${on ? "pause" : "resume"}`);
/** A socket on which a call in progress is heard. */
export const listenTo = (call: string) => new WebSocket(`${location.origin.replace(/^http/, "ws")}/api/v1/live/${call}/listen`);
export const statement = () => ask<Statement>("GET", "/statement");
export const queue = () => ask<{ claims: QueueItem[] }>("GET", "/queue");
export const current = () => ask<Review | null>("GET", "/review/current");
export const takeNext = () => ask<Review | null>("POST", "/review/take");
export const take = (claim: string) => ask<Review>("POST", `/review/${claim}/take`);
export const release = (claim: string) => ask<void>("POST", `/review/${claim}/release`);
export const review = (claim: string) => ask<Review>("GET", `/review/${claim}`);
export const commit = (claim: string, body: { answers: Given[]; note: string; checklist_version: number }, key: string) => ask<Committed>("POST", `/review/${claim}/verdict`, body, key);
export const takeBack = (claim: string) => ask<Review>("DELETE", `/review/${claim}/verdict`);
export const leads = () => ask<{ leads: Lead[] }>("GET", "/leads");
export const lead = (id: string) => ask<{ lead: Lead; events: LeadEvent[] }>("GET", `/leads/${id}`);
export const coverage = () => ask<Coverage>("GET", "/coverage");

/** A key for a request that must happen once; keep it while the same request is repeated. */
export const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

/** Calls back whenever the box says that something changed; gives the way to stop. */
export function onChange(what: string, then: () => void): () => void {
  const source = new EventSource("/api/v1/events");
  source.addEventListener("changed", (event) => {
    if (event.data === what || event.data === "all") then();
  });
  return () => source.close();
}
