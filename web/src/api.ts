// The one place that talks to the box. Every call gives a result or a problem; nothing here throws.

export interface Problem {
  status: number;
  title: string;
  detail: string;
  missing?: { criterion: string; what: string }[];
}
export type Result<T> = { ok: true; value: T } | { ok: false; problem: Problem };

export interface Me {
  id: string;
  login: string;
  name: string;
  role: Role;
  independent: boolean;
  head_of: "marketing" | "sales" | null;
}
export type Role = "telemarketer" | "reviewer" | "sales" | "marketing" | "manager" | "admin";
export interface Money {
  minor: number;
  currency: string;
}

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
export interface Span {
  from_ms: number;
  to_ms: number;
}
export interface Sound {
  call: string;
  started_at?: string;
  duration_ms: number;
  /** A character per half second that was heard before: 0 not, else the speed in quarters. */
  heard?: string;
  sample_rate: number;
  answered_ms: number | null;
  holds: Span[];
  lanes: {
    lane: number;
    who: "telemarketer" | "prospect";
    speech: Span[];
    packets: number;
    lost: number;
    codecs: string[];
    mos: number | null;
    unheard: string | null;
    loss_was: "unknown" | "network" | "mirror";
  }[];
  gaps: { lane: number; from_ms: number; to_ms: number; reason: string }[];
}
export interface Peaks {
  length: number;
  samples_per_pixel: number;
  sample_rate: number;
  data: number[];
}

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
  moment_always: boolean;
  answers: { id: string; label: string; passes: boolean }[];
}
export interface Evidence {
  call: string;
  from_ms: number;
  to_ms: number;
}
export interface Given {
  criterion: string;
  answer: string;
  evidence?: Evidence;
  words?: string;
  note?: string;
}
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
  verdict: {
    passed: boolean;
    final_at: string;
    note: string;
    checklist_version: number;
    rows: Row[];
  } | null;
  entry: { id: string; amount: Money; earned_at: string; period: string } | null;
  dispute: {
    criterion: string;
    reason: string;
    state: "open" | "stands" | "changed" | "ineligible";
    ruling: "duplicate" | "wrong_claimant" | null;
    due_at: string;
    decided_at: string | null;
    rows: Row[] | null;
    note: string | null;
  } | null;
  dispute_until: string | null;
}

export interface Committed {
  id: string;
  passed: boolean;
  state: "held" | "final";
  hold_until: string;
  entry: string | null;
  note: string;
  answers: Given[];
  rows: Row[];
  claimant: { name: string; write_up: string; answers: Record<string, string> };
}
export interface Review {
  id: string;
  kind: "claim" | "second_review" | "calibration";
  number: string;
  company: string;
  contact: string | null;
  contact_role: string | null;
  campaign: string;
  source: string | null;
  state: string;
  locked_until: string | null;
  checklist: {
    name: string;
    version: number;
    in_force_from: string;
    review_on: string | null;
    criteria: Criterion[];
  };
  calls: Sound[];
  /** Answers that were not given yet, as this page left them. */
  draft: {
    rows: Record<string, { answer?: string; evidence?: Evidence; words: string }>;
    marked: number;
  } | null;
  /** The share of speech, 0 to 1, that must be heard before a claim passes. */
  heard_needed: number;
  other_claims: number | null;
  money: { amount: Money | null; plan_version: number | null; already_earned: boolean } | null;
  due_at?: string;
  now: string;
  verdict?: Committed;
  answered?: Answered | null;
}
export interface Answered {
  passed: boolean;
  answers: Given[];
  decided: boolean;
  final_passed: boolean | null;
  dispute: {
    criterion: string;
    title: string;
    clip: Evidence;
    reason: string;
    first_rows: Row[];
    first_passed: boolean;
  } | null;
}
export interface SecondReviewItem {
  id: string;
  number: string;
  company: string;
  campaign: string;
  kind: "second_review" | "calibration";
  due_at: string;
}
export interface Played {
  from_ms: number;
  to_ms: number;
  speed: number;
}
export interface Kept {
  locked_until: string;
}
export interface Listened extends Kept {
  speech_ms: number;
  heard_ms: number;
  share: number;
}
export interface Agreement {
  n: number;
  percent: number | null;
  kappa: number | null;
  ac1: number | null;
  prevalence: number | null;
}
export interface Quality {
  verdict: Agreement;
  criteria: { title: string; agreement: Agreement }[];
  reviewers: { reviewer: string; looked_at: number; otherwise: number }[];
  rejections: { looked_at: number; unsupported: number };
  sampled: { number: string; company: string; passed: boolean; at: string }[];
  waiting: number;
  overdue: number;
}
export interface Round {
  id: string;
  claim: number;
  company: string;
  created_at: string;
  due_at: string;
  done: number;
  of: number;
  open: boolean;
  criteria: { id: string; title: string }[];
  columns: { reviewer: string; passed: boolean; rows: Row[] }[];
}
export interface Dispute {
  id: string;
  claim: number;
  company: string;
  claimant: string;
  criterion: string;
  reason: string;
  clip: Evidence;
  created_at: string;
  due_at: string;
  waits: "nobody_left" | "left_unconfirmed" | null;
  state: "open" | "stands" | "changed" | "ineligible";
  ruling: string | null;
  decided_at: string | null;
}
export interface Checklist {
  name: string;
  criteria: Criterion[];
}
export interface Version {
  id: string;
  version: number;
  state: "draft" | "half_signed" | "in_force" | "replaced";
  signed_by_marketing: string | null;
  signed_by_sales: string | null;
  in_force_from: string | null;
  review_on: string | null;
  sha256: string;
  checklist?: Checklist;
}
export interface ChecklistList {
  checklists: {
    id: string;
    name: string;
    campaigns: string[];
    review_due: boolean;
    versions: Version[];
  }[];
  head_of: "marketing" | "sales" | null;
  name: string;
}
export interface Comment {
  id: string;
  from_ms: number;
  to_ms: number;
  tag: string | null;
  text: string;
  by: string;
  at: string;
}
export interface Share {
  id: string;
  from_ms: number;
  to_ms: number;
  reason: string;
  expires_at: string;
  revoked: boolean;
  opened: number;
}
export interface QueueItem {
  id: string;
  number: string;
  company: string;
  campaign: string;
  created_at: string;
  first: boolean;
}
export interface Statement {
  period: string;
  earned_this_period: Money[];
  payable: Money[];
  entries: {
    id: string;
    kind: string;
    company: string;
    campaign: string;
    claim_number: number;
    plan_version: number;
    amount: Money;
    earned_at: string;
    payable_at: string;
    period: string;
    reason: string | null;
  }[];
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
export interface LiveSide {
  packets: number;
  lost: number;
  last_at: string | null;
}
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
export interface LeadEvent {
  kind: string;
  at: string;
  what?: string;
  tag?: string | null;
  by?: string;
  criterion?: string | null;
  note?: string;
  claim?: string;
  criteria?: { id: string; title: string }[];
  waiting?: { claim: string; first: boolean } | null;
  number?: number;
  passed?: boolean;
  outcome?: string;
  disposition?: string | null;
  duration_ms?: number | null;
}
export interface Difference {
  kind: "not_seen" | "not_recorded" | "differs" | "no_record";
  at: string;
  from: string | null;
  to: string | null;
  likely: string;
}
export interface Coverage {
  lines: { number: string; calls: number; last_at: string }[];
  totals: {
    calls: number;
    answered: number;
    recorded: number;
    not_recorded: Record<string, number>;
    with_gap: Record<string, number>;
    without_signalling: number;
  };
  records: number;
  differences: Difference[];
  of_other_clients: number;
}

const offline: Problem = {
  status: 0,
  title: "No connection",
  detail: "The box does not answer. What you entered is kept; try again in a moment.",
};

/** Reason phrases of proxies' errors: HTTP/2 carries none. */
const NAMES: Record<number, string> = {
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** An answer that is not the box's: the page of a proxy or of a captive portal. */
function foreign({ ok, status, statusText }: Response): Problem {
  const name = `${status} ${statusText || (NAMES[status] ?? "")}`.trim();
  return {
    // A foreign page with 200 is no success: nothing reached the box.
    status: ok ? 0 : status,
    title: `The box did not answer: ${name}`,
    detail: `Something between this page and the box answered in its place (${name}). What you entered is kept; try again in a moment.`,
  };
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === "object" && value !== null && "title" in value && "detail" in value;

function read<T>(answer: Response, text: string): Result<T> {
  if (answer.status === 204) return { ok: true, value: undefined as T };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, problem: foreign(answer) };
  }
  if (answer.ok) return { ok: true, value: value as T };
  return { ok: false, problem: isProblem(value) ? value : foreign(answer) };
}

async function ask<T>(
  method: string,
  path: string,
  body?: unknown,
  key?: string,
): Promise<Result<T>> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["content-type"] = "application/json";
  if (key) headers["idempotency-key"] = key;
  try {
    const answer = await fetch(`/api/v1${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return read(answer, await answer.text());
  } catch {
    return { ok: false, problem: offline };
  }
}

export const signIn = (login: string, password: string) =>
  ask<Me>("POST", "/session", { login, password });
export const signOut = () => ask<void>("DELETE", "/session");
export const me = () => ask<Me>("GET", "/me");
export const calls = (before?: string) =>
  ask<{ calls: Call[]; next: string | null }>(
    "GET",
    `/calls${before ? `?before=${encodeURIComponent(before)}` : ""}`,
  );
export const setDisposition = (
  call: string,
  body: { disposition: string; appointment_at?: string; appointment_with?: string },
) => ask<Call>("POST", `/calls/${call}/disposition`, body);
export const chooseLead = (call: string, lead: string) =>
  ask<Call>("POST", `/calls/${call}/lead`, { lead });
export const peaks = (call: string) => ask<Peaks>("GET", `/calls/${call}/peaks`);
export const audioUrl = (call: string) => `/api/v1/calls/${call}/audio`;
export const claims = () => ask<{ claims: Claim[] }>("GET", "/claims");
export const claim = (
  body: { calls: string[]; write_up: string; answers: Record<string, string> },
  key: string,
) => ask<Claim>("POST", "/claims", body, key);
export const checklistFor = (call: string) =>
  ask<{
    campaign: string;
    version: number;
    checklist: { name: string; criteria: Criterion[] };
    other_calls: Call[];
  }>("GET", `/calls/${call}/checklist`);
export const live = () =>
  ask<{
    calls: LiveCall[];
    backlog: (LiveCall & { awaited: boolean })[];
    now: string;
    can_listen: boolean;
  }>("GET", "/live");
export const hurry = (call: string) => ask<{ next: boolean }>("POST", `/live/${call}/hurry`);
export const pauseLive = (call: string, on: boolean) =>
  ask<{ paused: boolean }>("POST", `/live/${call}/${on ? "pause" : "resume"}`);
/** The stream on which the box says what changed; `events.ts` alone opens it. */
export const eventsUrl = "/api/v1/events";
/** A socket on which a call in progress is heard. */
export const listenTo = (call: string) =>
  new WebSocket(`${location.origin.replace(/^http/, "ws")}/api/v1/live/${call}/listen`);
export const statement = () => ask<Statement>("GET", "/statement");
export const queue = () => ask<{ claims: QueueItem[] }>("GET", "/queue");
export const current = () => ask<Review | null>("GET", "/review/current");
export const takeNext = () => ask<Review | null>("POST", "/review/take");
export const take = (claim: string) => ask<Review>("POST", `/review/${claim}/take`);
export const release = (claim: string) => ask<void>("POST", `/review/${claim}/release`);
/** The page goes away: a beacon outlives it, so that nobody waits for a lock to run out. */
export const releaseLeaving = (claim: string) =>
  void navigator.sendBeacon(`/api/v1/review/${claim}/release`);
export const review = (claim: string) => ask<Review>("GET", `/review/${claim}`);
export const commit = (
  claim: string,
  body: { answers: Given[]; note: string; checklist_version: number },
  key: string,
) => ask<Committed>("POST", `/review/${claim}/verdict`, body, key);
export const takeBack = (claim: string) => ask<Review>("DELETE", `/review/${claim}/verdict`);
export const heard = (item: string, call: string, played: Played[]) =>
  ask<Listened>("POST", `/review/${item}/heard`, { call, played });
export const keepDraft = (item: string, draft: Review["draft"]) =>
  ask<Kept>("PUT", `/review/${item}/draft`, draft);
export const secondReviewQueue = () =>
  ask<{ second_reviews: SecondReviewItem[]; now: string }>("GET", "/second-reviews");
export const currentSecondReview = () => ask<Review | null>("GET", "/second-reviews/current");
export const takeSecondReview = () => ask<Review | null>("POST", "/second-reviews/take");
export const releaseSecondReview = (id: string) => ask<void>("POST", `/second-reviews/${id}/release`);
export const releaseSecondReviewLeaving = (id: string) =>
  void navigator.sendBeacon(`/api/v1/second-reviews/${id}/release`);
export const answerSecondReview = (id: string, body: { answers: Given[]; note: string }) =>
  ask<Review>("POST", `/second-reviews/${id}/answer`, body);
export const confirmSecondReview = (id: string, body: { answers: Given[]; note: string }) =>
  ask<Review>("POST", `/second-reviews/${id}/confirm`, body);
export const dispute = (
  claim: string,
  body: { criterion: string; clip: Evidence; reason: string },
) => ask<{ due_at: string }>("POST", `/claims/${claim}/dispute`, body);
export const disputes = () => ask<{ disputes: Dispute[]; now: string }>("GET", "/disputes");
export const putFirst = (claim: string, first: boolean) =>
  ask<void>("POST", `/claims/${claim}/first`, { first });
export const askAnother = (dispute: string) =>
  ask<void>("POST", `/disputes/${dispute}/ask-another`);
export const ruleOut = (dispute: string, why: "duplicate" | "wrong_claimant") =>
  ask<void>("POST", `/disputes/${dispute}/ineligible`, { why });
export const agreement = () => ask<Quality>("GET", "/agreement");
export const drawSample = (count: number, days: number) =>
  ask<{ drawn: number }>("POST", "/samples", { count, days });
export const calibrations = () =>
  ask<{
    rounds: Round[];
    reviewers: { id: string; name: string }[];
    claims: { id: string; number: number; company: string; outcome: string; decided_at: string }[];
  }>("GET", "/calibrations");
export const calibrate = (body: { claim: string; reviewers: string[]; days: number }) =>
  ask<{ id: string }>("POST", "/calibrations", body);
export const checklists = () => ask<ChecklistList>("GET", "/checklists");
export const checklist = (version: string) =>
  ask<Version & { checklist: Checklist }>("GET", `/checklists/${version}`);
export const checklistFile = (version: string) => `/api/v1/checklists/${version}/toml`;
export const checkChecklist = (body: { toml: string } | { checklist: Checklist }) =>
  ask<{ checklist: Checklist; toml: string }>("POST", "/checklists/check", body);
export const addChecklist = (checklist: Checklist) =>
  ask<{ id: string }>("POST", "/checklists", { checklist });
export const changeChecklist = (version: string, checklist: Checklist) =>
  ask<{ id: string }>("PUT", `/checklists/${version}`, { checklist });
export const signChecklist = (
  version: string,
  body: { name: string; sha256: string; review_on: string | null },
) => ask<{ in_force: boolean }>("POST", `/checklists/${version}/sign`, body);
export const comments = (call: string) =>
  ask<{ comments: Comment[] }>("GET", `/calls/${call}/comments`);
export const comment = (
  call: string,
  body: { from_ms: number; to_ms: number; tag: string | null; text: string },
) => ask<{ id: string }>("POST", `/calls/${call}/comments`, body);
export const shares = (call: string) => ask<{ shares: Share[] }>("GET", `/calls/${call}/shares`);
export const share = (
  call: string,
  body: { from_ms: number; to_ms: number; reason: string; hours: number },
) => ask<{ path: string; expires_at: string }>("POST", `/calls/${call}/shares`, body);
export const revokeShare = (call: string, id: string) =>
  ask<void>("DELETE", `/calls/${call}/shares/${id}`);
export const sharedUrl = (token: string) => `/api/v1/shared/${token}`;
export const salesAnswer = (
  claim: string,
  body: { answer: string; criterion?: string; note: string },
) => ask<void>("POST", `/claims/${claim}/sales-answer`, body);
export const leads = () => ask<{ leads: Lead[] }>("GET", "/leads");
export const lead = (id: string) => ask<{ lead: Lead; events: LeadEvent[] }>("GET", `/leads/${id}`);
export const coverage = () => ask<Coverage>("GET", "/coverage");

/** A key for a request that must happen once; keep it while the same request is repeated. */
export const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) =>
    b.toString(16).padStart(2, "0"),
  ).join("");
