// Things of the box, made up for tests: whole, with what a test cares about put in their place.
import type { Own } from "../src/screens/review/news";
import type * as api from "../src/api";
import { NOTHING } from "../src/screens/handover/resultWords";

export const criterion = (id: string, more: Partial<api.Criterion> = {}): api.Criterion => ({
  id,
  title: id,
  hint: "",
  definition: "",
  counts: "",
  does_not_count: "",
  must_pass: true,
  may_not_apply: false,
  words_needed: 0,
  moment_always: false,
  answers: [
    { id: "yes", label: "Yes", passes: true, absent: false },
    { id: "no", label: "No", passes: false, absent: false },
    { id: "not_asked", label: "Not asked", passes: false, absent: false },
  ],
  ...more,
});

export const me = (role: api.Role, more: Partial<api.Me> = {}): api.Me => ({
  id: `p-${role}`,
  login: role,
  name: `The ${role}`,
  role,
  independent: role === "reviewer",
  head_of: null,
  clients: [{ id: "k1", name: "Hollmann Fleet" }],
  second_factor: false,
  second_factor_missing: false,
  password_is_first: false,
  ...more,
});

export const call = (more: Partial<api.Call> = {}): api.Call => ({
  id: "c1",
  started_at: "2026-11-20T09:00:00Z",
  outcome: "answered",
  answered_at: "2026-11-20T09:00:02Z",
  ended_at: "2026-11-20T09:01:02Z",
  person_id: "p1",
  direction: "outbound",
  recovered: false,
  line: "201",
  prospect: { number: "+4940555", name: null },
  lead: { id: "l1", company: "Brightwater Logistics", contact: "A. Vance", found_by: "number" },
  disposition: null,
  appointment: null,
  duration_ms: 60_000,
  gaps: 0,
  lead_settled: false,
  ...more,
});

export const sound = (more: Partial<api.Sound> = {}): api.Sound => ({
  call: "c1",
  started_at: "2026-11-20T09:00:00Z",
  duration_ms: 60_000,
  heard: [],
  sample_rate: 8000,
  format: "opus",
  sha256: "0".repeat(64),
  consent_ms: null,
  announced_ms: null,
  answered_ms: 2_000,
  holds: [],
  lanes: [
    {
      lane: 0,
      who: "telemarketer",
      speech: [{ from_ms: 2_000, to_ms: 12_000 }],
      packets: 1000,
      lost: 0,
      codecs: ["PCMA"],
      mos: 4.3,
      unheard: null,
      loss_was: "unknown",
      concealed_ms: 0,
      jitter_ms: 1,
      encryption: "none",
    },
    {
      lane: 1,
      who: "prospect",
      speech: [{ from_ms: 12_000, to_ms: 42_000 }],
      packets: 1000,
      lost: 0,
      codecs: ["PCMA"],
      mos: 4.3,
      unheard: null,
      loss_was: "unknown",
      concealed_ms: 0,
      jitter_ms: 1,
      encryption: "none",
    },
  ],
  gaps: [],
  ...more,
});

export const review = (more: Partial<api.Review> = {}): api.Review => ({
  id: "r1",
  kind: "claim",
  number: "C-7",
  company: "Brightwater Logistics",
  contact: "A. Vance",
  contact_role: "operations",
  campaign: "Fleet autumn",
  source: null,
  created_at: "2026-11-20T10:00:00Z",
  came_by: null,
  state: "in_review",
  locked_until: "2026-11-20T12:30:00Z",
  checklist: {
    name: "BANT",
    version: 3,
    in_force_from: "2026-01-01T00:00:00Z",
    review_on: null,
    criteria: [
      criterion("budget", { title: "Budget", definition: "There is money.", counts: "a sum" }),
      criterion("need", { title: "Need", words_needed: 5, does_not_count: "a size" }),
      criterion("extra", { title: "Extra", must_pass: false, may_not_apply: true }),
    ],
  },
  calls: [sound()],
  draft: null,
  draft_revision: 0,
  heard_needed: 0.5,
  other_claims: 0,
  money: {
    amount: { minor: 4000, currency: "EUR" },
    plan_version: 2,
    already_earned: false,
  },
  now: "2026-11-20T12:00:00Z",
  ...more,
});

export const row = (criterion: string, more: Partial<api.Row> = {}): api.Row => ({
  criterion,
  title: criterion,
  must_pass: true,
  judged: true,
  answer: "Yes",
  passes: true,
  evidence: null,
  words: null,
  note: null,
  ...more,
});

export const committed = (more: Partial<api.Committed> = {}): api.Committed => ({
  id: "v1",
  passed: true,
  state: "held",
  heard: { speech_ms: 40_000, heard_ms: 36_000, share: 0.9 },
  committed_at: "2026-11-20T12:00:00Z",
  hold_until: "2026-11-20T12:00:10Z",
  final_at: null,
  entry: null,
  note: "",
  answers: [],
  rows: [],
  claimant: null,
  ...more,
});
export const CLAIMANT: api.Committed["claimant"] = {
  name: "Ines Okafor",
  write_up: "Money in the plan.",
  answers: { budget: "yes" },
};
/** A verdict whose hold is over: now its claimant shows. */
export const final = (more: Partial<api.Committed> = {}): api.Committed =>
  committed({
    state: "final",
    final_at: "2026-11-20T12:00:10Z",
    claimant: CLAIMANT,
    ...more,
  });

export const claim = (more: Partial<api.Claim> = {}): api.Claim => ({
  id: "cl1",
  number: 7,
  company: "Brightwater Logistics",
  campaign: "Fleet autumn",
  lead_id: "l1",
  taken_at_all: false,
  state: "open",
  position: 1,
  write_up: "Money in the plan.",
  created_at: "2026-11-20T10:00:00Z",
  decided_at: null,
  outcome: null,
  calls: [call()],
  verdict: null,
  entry: null,
  dispute: null,
  dispute_until: null,
  own_answers: { budget: "yes" },
  changeable: false,
  checklist: [
    criterion("budget", { title: "Budget" }),
    criterion("need", { title: "Need" }),
    criterion("extra", { title: "Extra", must_pass: false }),
  ],
  opener: null,
  first: null,
  sent_back: null,
  waits_until: null,
  read_until: null,
  ...more,
});

export const claimForm = (more: Partial<api.ClaimForm> = {}): api.ClaimForm => ({
  campaign: "Fleet autumn",
  version: 3,
  checklist: {
    name: "BANT",
    criteria: [
      criterion("budget", { title: "Budget", hint: "money, or a way to it" }),
      criterion("need", { title: "Need" }),
      criterion("extra", { title: "Extra", must_pass: false }),
    ],
  },
  other_calls: [],
  earns: { amount: { minor: 4500, currency: "EUR" }, plan_version: 2 },
  opener: null,
  draft: null,
  failed_before: null,
  blocked: null,
  ...more,
});

export const verdict = (more: Partial<api.Verdict> = {}): api.Verdict => ({
  id: "v1",
  passed: true,
  final_at: "2026-11-20T12:00:10Z",
  note: "",
  checklist_version: 3,
  rows: [row("budget", { title: "Budget" })],
  heard: { speech_ms: 40_000, heard_ms: 33_600, share: 0.84 },
  changed: false,
  first_rows: null,
  ...more,
});

type Disputed = NonNullable<api.Claim["dispute"]>;
export const dispute = (more: Partial<Disputed> = {}): Disputed => ({
  rows: [
    {
      criterion: "budget",
      title: "Budget",
      clip: { call: "c1", from_ms: 12_000, to_ms: 18_000 },
      reason: "She names the money.",
    },
  ],
  state: "open",
  ruling: null,
  created_at: "2026-11-21T12:00:00Z",
  due_at: "2026-11-25T12:00:00Z",
  decided_at: null,
  note: null,
  ...more,
});

/** A claim whose first row was found to fail. */
export const failedClaim = (more: Partial<api.Claim> = {}): api.Claim =>
  claim({
    state: "decided",
    outcome: "failed",
    decided_at: "2026-11-20T12:00:10Z",
    verdict: verdict({
      passed: false,
      rows: [
        row("budget", { title: "Budget", answer: "Not asked", passes: false }),
        row("need", {
          title: "Need",
          words: "two hours a day",
          evidence: { call: "c1", from_ms: 3_000, to_ms: 9_000 },
        }),
        row("extra", { title: "Extra", must_pass: false, answer: null, passes: null }),
      ],
    }),
    dispute_until: "2026-11-27T12:00:00Z",
    ...more,
  });

export const lead = (more: Partial<api.Lead> = {}): api.Lead => ({
  id: "l1",
  external_id: "B-01",
  company: "Brightwater Logistics",
  contact: "A. Vance",
  contact_role: "operations",
  campaign: "Fleet autumn",
  source: "fair",
  source_event: null,
  created_at: "2026-11-01T09:00:00Z",
  theme: null,
  segment: null,
  owner: null,
  product: null,
  numbers: [],
  interactions: null,
  received_at: "2026-11-20T08:00:00Z",
  due_at: "2026-11-20T20:00:00Z",
  attempts: 0,
  first_attempt_at: null,
  first_contact_at: null,
  stage: "suspect",
  buyer_stage: null,
  ...more,
});

/** A list that came in. */
export const leadImport = (more: Partial<api.LeadImport> = {}): api.LeadImport => ({
  id: "i1",
  campaign: "Fleet autumn",
  supplier: "Messe AG",
  file_name: "autumn.csv",
  began_at: "2026-11-20T09:00:00Z",
  ended_at: "2026-11-20T09:00:05Z",
  undone_at: null,
  trouble: null,
  total: 9,
  added: 5,
  changed: 0,
  bad: 0,
  skipped: 0,
  joined: 0,
  is_forgotten: false,
  ...more,
});

/** A lead that was handed over, as sales' list has it. */
export const handed = (more: Partial<api.HandedLead> = {}): api.HandedLead => ({
  claim: "cl1",
  number: 1001,
  company: "Brightwater Logistics",
  contact: null,
  campaign: "Fleet autumn",
  passed_at: "2026-11-20T08:00:00Z",
  answer_due_at: null,
  call_due_at: null,
  whose: null,
  mine: false,
  answer: "now",
  until: null,
  first_call_at: "2026-11-20T09:00:00Z",
  questions: 0,
  score: null,
  ...more,
});

/** A telemarketer's own lead that was handed over. */
export const ownHanded = (more: Partial<api.OwnHandover> = {}): api.OwnHandover => ({
  claim: "cl1",
  number: 1001,
  company: "Brightwater Logistics",
  contact: null,
  campaign: "Fleet autumn",
  passed_at: "2026-11-20T08:00:00Z",
  handed_at: "2026-11-20T08:00:00Z",
  blanks: [],
  whose: null,
  answer: null,
  questions: [],
  rating: null,
  first_call: null,
  longest_call: null,
  handover_call: null,
  promises: [],
  write_up: {},
  ...more,
});

/** A lead in a list. */
export const listed = (more: Partial<api.ListedLead> = {}): api.ListedLead => ({
  id: "l1",
  external_id: "B-01",
  company: "Brightwater Logistics",
  contact: "A. Vance",
  contact_role: "operations",
  campaign: "Fleet autumn",
  source: "fair",
  grade: "B",
  received_at: "2026-11-20T08:00:00Z",
  attempts: 0,
  last_attempt_at: null,
  first_contact_at: null,
  last_contact_at: null,
  stage: "suspect",
  buyer_stage: null,
  said: null,
  act_at: "2026-11-20T20:00:00Z",
  due: "contact",
  with: null,
  numbers: ["+494055501010"],
  never_call: null,
  score: null,
  ...more,
});

export const liveCall = (more: Partial<api.LiveCall> = {}): api.LiveCall => ({
  id: "live1",
  line: "201",
  telemarketer: "Ines Okafor",
  prospect: "+4940555",
  started_at: "2026-11-20T12:00:00Z",
  answered_at: "2026-11-20T12:00:05Z",
  withheld: null,
  sides: {
    telemarketer: { packets: 1000, lost: 0, last_at: "2026-11-20T12:01:05Z" },
    prospect: { packets: 1000, lost: 0, last_at: "2026-11-20T12:01:05Z" },
  },
  ...more,
});

export const version = (more: Partial<api.Version> = {}): api.Version => ({
  id: "ver1",
  version: 1,
  state: "in_force",
  signed_by_marketing: "Mia Castell",
  signed_by_sales: "Sam Whitlock",
  in_force_from: "2026-01-01T00:00:00Z",
  review_on: null,
  sha256: "0123456789abcdef",
  ...more,
});

export const EUR = (minor: number): api.Money => ({ minor, currency: "EUR" });

/** A line of the ledger: a passed lead that earned €40.00. */
export const entry = (more: Partial<api.Entry> = {}): api.Entry => ({
  id: "e1",
  kind: "accrual",
  part: "whole",
  company: "Brightwater Logistics",
  campaign: "Fleet autumn",
  claim: "cl1",
  claim_number: 7,
  verdict: "v1",
  plan: "plan2",
  plan_version: 2,
  amount: EUR(4000),
  arithmetic: more.corrects
    ? null
    : {
        number: 1,
        rate: more.amount ?? EUR(4000),
        percent: null,
        share: more.amount ?? EUR(4000),
        tier_from: null,
        cap: null,
        before: { minor: 0, currency: more.amount?.currency ?? "EUR" },
      },
  earned_at: "2026-11-20T12:00:10Z",
  payable_at: "2026-12-20T00:00:00Z",
  booked_at: "2026-11-20T12:00:11Z",
  period: "2026-11",
  corrects: null,
  reason: null,
  ruling: null,
  taken_back_by: null,
  paid: null,
  ...more,
});

export const statement = (more: Partial<api.Statement> = {}): api.Statement => ({
  payee: "Ines Okafor",
  payroll_number: "1047",
  period: "2026-11",
  zone: "Europe/Berlin",
  locked_at: null,
  periods: ["2026-11", "2026-10"],
  as_of: "2026-11-25T12:00:00Z",
  earned_this_period: [],
  paid: [],
  payable: [],
  payable_later: [],
  payable_next: null,
  earned: [],
  taken_back: [],
  undecided: 0,
  waiting: 0,
  entries: [],
  since: [],
  checkpoint: {
    size: 4711,
    root: "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=",
    note: "assay-1\n4711\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n\n— assay-1 EjRWeAE=\n",
    at: "2026-11-25T11:59:58Z",
    copied: null,
    key: "assay-1+12345678+AQ==",
    stamped: null,
    cosigned: [],
    alarms: [],
  },
  ...more,
});

export const planVersion = (more: Partial<api.PlanVersion> = {}): api.PlanVersion => ({
  id: "plan2",
  campaign_id: "k1",
  campaign: "Fleet autumn",
  version: 2,
  amount: EUR(4000),
  tiers: [],
  cap: null,
  split: null,
  payable_after_days: 14,
  from: "2026-11-01T00:00:00Z",
  until: null,
  ended_by: null,
  approved_by: "Max Oberg",
  approved_at: "2026-10-26T09:00:00Z",
  read_at: "2026-10-29T09:02:00Z",
  to_read: false,
  readers: [],
  ...more,
});

export const plans = (more: Partial<api.Plans> = {}): api.Plans => ({
  versions: [planVersion()],
  drafts: [],
  campaigns: [{ id: "k1", name: "Fleet autumn", client: "Hollmann Fleet", closed_at: null }],
  now: "2026-11-25T12:00:00Z",
  ...more,
});

export const openClaim = (more: Partial<api.OpenClaim> = {}): api.OpenClaim => ({
  id: "cl9",
  number: 9,
  person: "Ines Okafor",
  company: "Brightwater Logistics",
  campaign: "Fleet autumn",
  made_at: "2026-11-20T10:00:00Z",
  why: ["undecided"],
  read_until: null,
  at_stake: EUR(4000),
  ...more,
});

export const openClaims = (more: Partial<api.OpenClaims> = {}): api.OpenClaims => ({
  claims: [],
  next: null,
  at_stake: [],
  ...more,
});

export const personSum = (more: Partial<api.PersonSum> = {}): api.PersonSum => ({
  person: "p1",
  payee: "Ines Okafor",
  payroll_number: "1047",
  entries: 3,
  taken_back: 1,
  amount: EUR(4000),
  paid: EUR(0),
  ...more,
});

/** A month that is over, with everything settled. */
export const period = (more: Partial<api.Period> = {}): api.Period => ({
  name: "2026-11",
  zone: "Europe/Berlin",
  over: true,
  locked_at: null,
  paid: false,
  undecided: 0,
  holds: 0,
  waiting: 0,
  disputes: 0,
  allegations: 0,
  questions: 0,
  sums: [personSum()],
  acts: [],
  now: "2026-12-03T09:00:00Z",
  ...more,
});

export const periodStep = (more: Partial<api.PeriodStep> = {}): api.PeriodStep => ({
  id: "act1",
  act: "lock",
  note: "",
  asked_by: "Petra Hollmann",
  own: false,
  asked_at: "2026-12-03T08:00:00Z",
  confirmed_by: null,
  confirmed_at: null,
  ...more,
});

export const ruledClaim = (more: Partial<api.RuledClaim> = {}): api.RuledClaim => ({
  id: "cl1",
  number: 7,
  company: "Brightwater Logistics",
  claimant: "Ines Okafor",
  campaign: "Fleet autumn",
  made_at: "2026-11-20T10:00:00Z",
  outcome: "passed",
  earned: EUR(4000),
  ...more,
});

export const ruling = (more: Partial<api.Ruling> = {}): api.Ruling => ({
  id: "rul1",
  kind: "duplicate",
  claim: ruledClaim({ id: "cl2", number: 8, claimant: "Tom Brandt" }),
  same_as: ruledClaim(),
  note: "Both are the Kiel branch.",
  ruled_at: "2026-11-22T08:00:00Z",
  own: true,
  confirmed_at: null,
  dismissed_at: null,
  ...more,
});

/** A run that paid one person. */
export const payrollRun = (more: Partial<api.PayrollRun> = {}): api.PayrollRun => ({
  id: "run1",
  number: 1,
  period: "2026-11",
  format: "csv",
  payable_by: "2026-11-30T22:59:59.999999Z",
  made_by: "Petra Hollmann",
  made_at: "2026-12-03T09:00:00Z",
  sha256: "ab".repeat(32),
  file_name: "assay-run-1-2026-11.csv",
  rows: [
    { person: "p1", payee: "Ines Okafor", payroll_number: "1047", amount: EUR(4000), entries: 1 },
  ],
  sums: [EUR(4000)],
  left_out: [],
  ...more,
});

/** No run yet, and none that could be made. */
export const payroll = (more: Partial<api.Payroll> = {}): api.Payroll => ({
  runs: [],
  next: null,
  refusal: null,
  ...more,
});

export const moneyQuestion = (more: Partial<api.MoneyQuestion> = {}): api.MoneyQuestion => ({
  id: "q1",
  number: 1,
  about: "wrong_amount",
  state: "open",
  person: "Ines Okafor",
  company: "Brightwater Logistics",
  claim: "cl1",
  claim_number: 7,
  entry: "e1",
  happened_on: null,
  asked_at: "2026-11-26T10:00:00Z",
  due_at: "2026-11-30T23:00:00Z",
  answered_at: null,
  parts: [{ kind: "question", by: "Ines Okafor", text: "Why not 45?", at: "2026-11-26T10:00:00Z" }],
  ...more,
});

export const questions = (more: Partial<api.Questions> = {}): api.Questions => ({
  questions: [],
  next: null,
  clients: [{ id: "k1", name: "Hollmann Fleet" }],
  answer_within_days: 3,
  zone: "Europe/Berlin",
  now: "2026-11-26T12:00:00Z",
  ...more,
});

export const extractClaim = (more: Partial<api.ExtractClaim> = {}): api.ExtractClaim => ({
  id: "cl1",
  number: 7,
  person: "Ines Okafor",
  company: "Brightwater Logistics",
  campaign: "Fleet autumn",
  made_at: "2026-11-20T10:00:00Z",
  fate: "earned",
  since: "2026-11-20T12:00:10Z",
  waits_until: null,
  sent_back_note: null,
  verdict: "v1",
  passed: true,
  final_at: "2026-11-20T12:00:10Z",
  dispute: null,
  entries: [
    {
      id: "e1",
      kind: "accrual",
      part: "whole",
      amount: EUR(4000),
      period: "2026-11",
      payable_at: "2026-12-04T12:00:10Z",
      reason: null,
      run: 1,
    },
  ],
  rulings: [],
  stands: [EUR(4000)],
  ...more,
});

export const own = (claims: api.Claim[] = []): Own => ({
  claims: { value: { claims, next: null }, again: () => undefined },
  unseen: [],
  said: "",
  see: () => undefined,
});

const rated = (rate: number) => ({ rate, low: rate / 2, high: Math.min(1, rate * 1.5) });
const slot = (start: number, calls: number, rate: number | null): api.SlotsPart => ({
  start,
  calls,
  connects: Math.round(calls * (rate ?? 0)),
  meetings: 0,
  share_of_calls: 0.5,
  share: 0.5,
  rate: rate === null ? null : rated(rate),
  adjusted: null,
  prospects: null,
});
export const slots = (more: Partial<api.SlotsReport> = {}): api.SlotsReport => ({
  client: "n",
  clients: [{ id: "n", name: "Northlight" }],
  campaigns: [],
  from: "2026-11-01",
  to: "2026-11-28",
  zone: "Europe/Berlin",
  count: "connects",
  width: 20,
  offset: 10,
  fewest: 20,
  connect_seconds: 20,
  total: { calls: 45, connects: 13, meetings: 1 },
  rate: rated(0.3),
  cells: [],
  slots: [slot(590, 42, 0.31), slot(610, 3, null)],
  starts: [],
  cut: null,
  prospects: null,
  voicemails: null,
  people: [],
  numbers: [],
  waiting: 0,
  promise: null,
  blocks: [],
  ...more,
});

export const repair = (more: Partial<api.Repair> = {}): api.Repair => ({
  kind: "line",
  level: "warning",
  what: "7 calls belong to nobody: line 231",
  todo: "An administrator says whose it is, under Access.",
  since: "2026-11-18T08:14:00Z",
  ...more,
});

export const overview = (more: Partial<api.Overview> = {}): api.Overview => ({
  now: "2026-11-20T11:00:00Z",
  zone: "Europe/Berlin",
  client: null,
  clients: [
    { id: "c", name: "Calder" },
    { id: "n", name: "Northlight" },
  ],
  days: 7,
  queue: {
    claims: 14,
    under_4_h: 5,
    under_24_h: 9,
    over_24_h: 0,
    oldest: "2026-11-19T15:02:00Z",
    at_work: ["Marek", "Rana"],
  },
  verdicts: {
    days: [{ day: "2026-11-20", verdicts: 5, passed: 3 }],
    now: { verdicts: 41, passed: 26, rate: { rate: 0.634, low: 0.48, high: 0.76 } },
    before: { verdicts: 38, passed: 23, rate: { rate: 0.605, low: 0.45, high: 0.74 } },
    change: { low: -0.18, high: 0.23 },
    waited: { verdicts: 41, median: 170, p95: 1200 },
  },
  waiting: [
    {
      kind: "question",
      number: 4,
      other: null,
      company: "Harbour Mills",
      whose: "Maeve",
      since: "2026-11-18T16:00:00Z",
      due_at: "2026-11-20T16:00:00Z",
    },
    {
      kind: "ruling",
      number: 2271,
      other: 2253,
      company: "Alster Optik",
      whose: "Ines",
      since: "2026-11-18T16:00:00Z",
      due_at: null,
    },
  ],
  questions: 1,
  disputes: 0,
  rulings: 1,
  sources: [
    {
      source: "website request",
      grade: "A",
      within_hours: 12,
      client: "Northlight",
      leads: 3,
      soon: 2,
      late: 1,
      over_7_days: 0,
      latest: { lead: "l1", company: "Weserwerk", due_at: "2026-11-20T09:48:00Z" },
    },
    {
      source: null,
      grade: null,
      within_hours: null,
      client: "Calder",
      leads: 4,
      soon: 0,
      late: 0,
      over_7_days: 0,
      latest: null,
    },
  ],
  period: "2026-11",
  earned: [
    {
      campaign: "Fleet autumn",
      plan_version: 3,
      leads: 50,
      amount: EUR(200_000),
      payable: EUR(172_000),
      taken_back: 1,
      readers: 5,
      read: 3,
    },
  ],
  calls: { calls: 1204, answered: 400, recorded: 395 },
  fallen: [],
  ...more,
});

/** What became of leads: nothing, but for what is given. */
export const resultCounts = (more: Partial<api.SourceCounts> = {}): api.SourceCounts => ({
  ...NOTHING,
  ...more,
});
/** How many were delivered, reached, passed and accepted in a currency, and what each cost. */
export const sourceCost = (
  currency: string,
  minor: number,
  leads: [number, number, number, number],
  costs: [number | null, number | null, number | null, number | null],
): api.SourceCost => {
  const each = (n: 0 | 1 | 2 | 3): api.CostEach => {
    const cost = costs[n];
    return { leads: leads[n], each: cost === null ? null : { minor: cost, currency } };
  };
  return {
    total: { minor, currency },
    delivered: each(0),
    reached: each(1),
    passed: each(2),
    accepted: each(3),
  };
};
export const result = (name: string, more: Partial<api.SourceReport> = {}): api.SourceReport => ({
  client: "Northlight",
  client_id: "c1",
  name,
  list: null,
  counts: resultCounts(),
  months: [],
  ...more,
});
export const resultsOf = (sources: api.SourceReport[]): api.SourceReports => ({
  sources,
  from: "2026-09-01",
  until: "2026-11-30",
  more: false,
});
