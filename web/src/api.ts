// The one place that talks to the box. Every call gives a result or a problem; nothing here throws.
import { gate } from "./gate";
import type { components } from "./schema";

export interface Problem {
  /** A stable name of what happened. */
  type?: string;
  status: number;
  title: string;
  detail: string;
  missing?: { criterion: string; what: string }[];
}
export type Result<T> = { ok: true; value: T } | { ok: false; problem: Problem };

/** What the box answers, made from its own document: `make types`. */
type S = components["schemas"];
/** Where a request may leave fields out, the box's own answer has them all. */
type Whole<T> = T extends (infer U)[]
  ? Whole<U>[]
  : T extends object
    ? { [K in keyof T]-?: Whole<T[K]> }
    : T;
export type Me = S["Me"];
export type Role = S["Role"];
export type OwnSession = S["Session"];
export type NewSecondFactor = S["SecondFactor"];
export type SomebodyElse = S["SomebodyElse"];
export type ApiToken = S["ApiToken"];
export type TokenClient = S["TokenClient"];
export type ClientName = S["ClientName"];
export type EveryLine = S["EveryLine"];
export type Scope = S["Scope"];
export type Money = S["Money"];
export type Call = S["Call"];
export type Span = S["Span"];
type Lane = Whole<Omit<S["Lane"], "loss_was">> & { loss_was: "unknown" | "network" | "mirror" };
export type Sound = Omit<S["Sound"], "lanes"> & { lanes: Lane[] };
export type Peaks = S["Peaks"];
export type Criterion = Whole<S["Criterion"]>;
export type Evidence = S["Evidence"];
export type Given = S["Given"];
export type Row = S["Row"];
export type Claim = Omit<S["Claim"], "checklist"> & { checklist: Criterion[] };
export type Verdict = NonNullable<Claim["verdict"]>;
export type ClaimForm = Omit<S["ClaimForm"], "checklist" | "draft"> & {
  checklist: Checklist;
  draft: Whole<S["ClaimDraft"]> | null;
};
export type ClaimBody = Required<S["ClaimBody"]>;
export type DisputeRow = S["DisputeBody"]["rows"][number];
export type Committed = S["Committed"];
/** Answers that were not given yet, as the page left them. */
export type Draft = {
  rows: Record<string, { answer?: string; evidence?: Evidence; words: string }>;
  marked: number;
};
export type Review = Omit<S["Review"], "draft" | "checklist" | "calls"> & {
  draft: Draft | null;
  checklist: Whole<S["ChecklistView"]>;
  calls: Sound[];
};
export type Answered = S["Answered"];
export type SecondReviewItem = S["SecondReviewItem"];
export type Played = S["Played"];
export type Kept = S["Kept"];
export type Listened = S["HeardSoFar"];
export type HeardRange = S["HeardRange"];
export type OwnRecord = Omit<S["OwnRecord"], "agreement"> & { agreement: Agreement };
/** Why a reviewer lets an item go; `break` is a pause, all others skip it. */
export type ReleaseReason = "break" | "interest" | "language" | "no_sound" | "other";
export type SlotsReport = S["SlotsReport"];
export type SlotsCell = SlotsReport["cells"][number];
export type SlotsPart = SlotsReport["slots"][number];
export type SlotsOf = SlotsReport["people"][number];
export type WaterfallReport = S["Waterfall"];
export type FunnelReport = S["Funnel"];
export type Overview = S["Overview"];
export type Repair = S["Repair"];
export type Repairs = S["Repairs"];
export type NumbersReport = S["NumbersReport"];
export type OurNumber = NumbersReport["numbers"][number];
export type NumberChange = OurNumber["changes"][number];
export type Experiments = S["Experiments"];
export type Experiment = S["ExperimentView"];
export type ExperimentLine = Experiments["experiments"][number];
export type ExperimentPlan = S["ExperimentPlan"];
export type ExperimentMine = S["ExperimentMine"];
export type Versus = NonNullable<Experiment["result"]>["versus"][number];
export type FunnelStep = S["FunnelStep"];
export type ScoreReport = S["ScoreReport"];
export type ScoreAgainst = S["ScoreAgainst"];
export type LeadScore = S["LeadScore"];
export type WorkOrder = S["WorkOrder"];
export type GateReport = S["GateReport"];
export type GateRow = S["GateRow"];
export type Gate = S["Gate"];
export type GateDoubt = S["Doubt"];
export type GateFirstCall = S["FirstCall"];
export type Origin = S["Origin"];
export type OriginReport = S["OriginReport"];
export type OriginShare = S["OriginShare"];
export type OriginPart = S["OriginPart"];
export type OriginGap = S["OriginGap"];
export type ForecastReport = S["Forecast"];
export type ForecastBand = S["ForecastBand"];
export type NoPlan = S["NoPlan"];
export type Stretch = S["Stretch"];
export type Rate = S["Rate"];
export type PromiseAct = S["PromiseAct"];
export type Agreement = Whole<S["Agreement"]>;
export type Quality = Whole<S["AgreementReport"]>;
export type Round = S["Round"];
export type Dispute = S["Dispute"];
export type StuckClaim = S["StuckClaim"];
export type Checklist = Whole<S["Checklist"]>;
export type Version = Omit<S["Version"], "checklist"> & { checklist?: Checklist };
type Listed = Omit<S["ListedChecklist"], "versions"> & { versions: Version[] };
export type ChecklistList = Omit<S["ChecklistList"], "checklists"> & { checklists: Listed[] };
export type Trial = S["Trial"];
export type Comment = S["Comment"];
export type Share = S["Share"];
export type QueueItem = S["QueueItem"];
export type Statement = S["Statement"];
export type OpenClaims = S["OpenClaims"];
export type OpenClaim = S["OpenClaim"];
export type OpenReason = S["OpenReason"];
export type PlanCampaign = S["PlanCampaign"];
export type Entry = S["Entry"];
export type Plans = S["Plans"];
export type PlanVersion = S["PlanVersion"];
export type PlanDraft = S["PlanDraft"];
export type PlanBody = S["PlanBody"];
export type Rulings = S["Rulings"];
export type Ruling = S["ClaimRuling"];
export type RulingBody = S["ClaimRulingBody"];
export type RuledClaim = S["RuledClaim"];
export type ClaimPair = S["ClaimPair"];
export type Periods = S["Periods"];
export type Period = S["Period"];
export type LogCheckpoint = S["LogCheckpoint"];
export type Seen = S["Seen"];
export type PersonSum = S["PersonSum"];
export type PeriodStep = S["PeriodStep"];
export type PeriodAct = S["PeriodAct"];
export type Payroll = S["Payroll"];
export type PayrollRun = S["PayrollRun"];
export type PayrollPreview = S["PayrollPreview"];
export type PayrollLeftOut = S["PayrollLeftOut"];
export type PayrollLater = S["PayrollLater"];
export type PayrollPaid = S["PayrollPaid"];
export type PayrollFormat = S["PayrollFormat"];
export type LeftOutReason = S["LeftOutReason"];
export type PayrollBody = Omit<S["PayrollBody"], "pay_day" | "currency"> & {
  pay_day?: string;
  currency?: string;
};
export type Questions = S["Questions"];
export type MoneyQuestion = S["MoneyQuestion"];
export type QuestionAbout = S["About"];
type QuestionBody = { about: QuestionAbout; text: string } & (
  { entry: string } | { claim: string } | { client: string; company: string; day: string }
);
export type Fate = S["Fate"];
export type ExtractClaim = S["ExtractClaim"];
export type ExtractPerson = S["ExtractPerson"];
/** Whose claims, and of which days, `2026-11-20`. */
export interface ExtractSpan {
  person?: string;
  from?: string;
  to?: string;
}
export type CrmKind = S["CrmKind"];
export type Crms = S["CrmSetups"];
export type CrmSetup = S["CrmSetup"];
export type CrmBody = Required<S["CrmBody"]>;
export type CrmTested = S["CrmTested"];
export type CrmMapping = Required<S["CrmMapping"]>;
export type CrmMeans = S["CrmStateMeans"];
export type CrmMeaning = S["Meaning"];
export type CrmExample = S["CrmExample"];
export type SentToCrm = S["SentToCrm"];
export type Receivers = S["MessageReceivers"];
export type Receiver = S["MessageReceiver"];
export type ReceiverBody = S["MessageReceiverBody"];
export type ReceiverSecret = S["MessageSecret"];
export type MessageTopic = S["Subject"];
export type MessageState = S["MessageState"];
export type OutgoingMessage = S["OutgoingMessage"];
export type OutgoingMessages = S["OutgoingMessages"];
export type Lead = S["Lead"];
export type SalesAnswer = S["Answer"];
export type RejectReason = S["RejectReason"];
export type Readiness = S["Readiness"];
export type PromiseKind = S["PromiseKind"];
/** A field of the write-up that goes with a lead. */
export type WriteUpFieldName = S["Field"];
export type HandedLead = S["HandedLead"];
export type HandedWhich = "all" | "unanswered" | "not_called";
export type HandoverCard = S["HandoverCard"];
export type OwnHandover = Omit<S["OwnHandover"], "write_up"> & {
  write_up: Partial<Record<WriteUpFieldName, string>>;
};
export type AnswerGiven = S["AnswerGiven"];
export type CallSeen = S["CallSeen"];
export type BuyerPromise = S["BuyerPromise"];
export type SourceKind = "campaign" | "source" | "supplier" | "list";
export type SourceReports = S["SourceReports"];
export type SourceReport = S["SourceReport"];
export type SourceCounts = S["SourceCounts"];
export type SourceCost = S["SourceCost"];
export type CostEach = S["CostEach"];
export type ListFacts = S["ListFacts"];
export type SourceMonth = S["SourceMonth"];
export type PactFigures = S["PactFigures"];
export type MissedPromise = S["MissedPromise"];
export type ClaimedBy = S["ClaimedBy"];
export type PactVersion = S["PactVersion"];
export type PactMeasured = S["PactMeasured"];
export type ClientPact = S["ClientPact"];
export type ContentPiece = S["ContentPiece"];
export type ContentClient = S["ContentClient"];
export type ContentMiss = S["ContentMiss"];
export type BuyerStage = S["BuyerStage"];
export type CampaignNeeds = S["CampaignNeeds"];
export type HandoverQuestion = S["HandoverQuestion"];
export type LiveSide = S["LiveSide"];
export type LiveCall = Omit<S["LiveCall"], "withheld" | "awaited"> & {
  withheld: "paused" | "policy" | "overload" | null;
};
export type InProgress = Omit<S["InProgress"], "calls" | "backlog"> & {
  calls: LiveCall[];
  backlog: (LiveCall & { awaited: boolean })[];
};
type Fields<U> = {
  [K in U extends U ? keyof U : never]: U extends { [P in K]?: infer V } ? V : never;
};
/** Every field that some kind of event has. */
export type LeadEvent = { at: string; kind: S["Happened"]["kind"] } & Partial<
  Omit<Fields<S["Happened"]>, "kind">
>;
export type Difference = S["CoverageDifference"];
export type Coverage = S["Coverage"];

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

async function once<T>(path: string, init: RequestInit): Promise<Result<T>> {
  try {
    const answer = await fetch(`/api/v1${path}`, init);
    return read(answer, await answer.text());
  } catch {
    return { ok: false, problem: offline };
  }
}

async function ask<T>(
  method: string,
  path: string,
  body?: unknown,
  key?: string,
  keepalive = false,
): Promise<Result<T>> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["content-type"] = "application/json";
  if (key) headers["idempotency-key"] = key;
  const init: RequestInit = {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    ...(keepalive ? { keepalive } : {}),
  };
  const r = await once<T>(path, init);
  // The password of somebody who signs in is no session that ended.
  if (r.ok || r.problem.status !== 401 || path === "/session") return r;
  return (await gate.ended()) ? ask(method, path, body, key, keepalive) : r;
}

export const signIn = (login: string, password: string, code?: string) =>
  ask<Me>("POST", "/session", { login, password, ...(code ? { code } : {}) });
export const signOut = () => ask<void>("DELETE", "/session");
export const setOwnPassword = (current: string, password: string) =>
  ask<void>("PUT", "/me/password", { current, new: password });
export const beginSecondFactor = (password: string) =>
  ask<NewSecondFactor>("POST", "/me/second-factor", { password });
export const confirmSecondFactor = (code: string) =>
  ask<S["RecoveryCodes"]>("POST", "/me/second-factor/confirm", { code });
export const removeSecondFactor = (password: string, code: string) =>
  ask<void>("DELETE", "/me/second-factor", { password, code });
export const ownSessions = () => ask<S["Sessions"]>("GET", "/me/sessions");
export const endSession = (id: string) => ask<void>("DELETE", `/me/sessions/${id}`);
export const endOtherSessions = () => ask<void>("DELETE", "/me/sessions");
export const everybody = () => ask<S["Everybody"]>("GET", "/people");
export const disablePerson = (id: string) => ask<void>("POST", `/people/${id}/disable`);
export const enablePerson = (id: string) => ask<void>("POST", `/people/${id}/enable`);
export const endSessionsOf = (id: string) => ask<void>("DELETE", `/people/${id}/sessions`);
export const resetSecondFactor = (id: string) => ask<void>("DELETE", `/people/${id}/second-factor`);
export const addPerson = (body: S["PersonBody"]) =>
  ask<S["FirstPassword"]>("POST", "/people", body);
export const newPassword = (id: string) =>
  ask<S["FirstPassword"]>("POST", `/people/${id}/password`);
export const addClient = (name: string) => ask<ClientName>("POST", "/clients", { name });
export const everyLine = () => ask<S["EveryLine"]>("GET", "/lines");
export const giveLine = (body: S["LineBody"]) => ask<void>("POST", "/lines", body);
export const tokens = () => ask<S["ApiTokens"]>("GET", "/tokens");
export const addToken = (body: S["ApiTokenBody"]) => ask<S["MadeToken"]>("POST", "/tokens", body);
export const revokeToken = (id: string) => ask<void>("DELETE", `/tokens/${id}`);
export const me = () => ask<Me>("GET", "/me");
export interface CallsWanted {
  before?: string;
  q?: string;
  outcome?: string;
  disposition?: string;
  without_lead?: string;
}
/** A page of 50. */
export const calls = (wanted: CallsWanted) => ask<S["Calls"]>("GET", `/calls${asQuery(wanted)}`);
export const setDisposition = (
  call: string,
  body: { disposition: string; appointment_at?: string; appointment_with?: string },
) => ask<Call>("POST", `/calls/${call}/disposition`, body);
export const chooseLead = (call: string, lead: string) =>
  ask<Call>("POST", `/calls/${call}/lead`, { lead });
export interface FoundLead {
  id: string;
  company: string;
  contact: string | null;
  campaign: string;
}
/** Leads that a call could belong to; without words, those whose number it is come first. */
export const findLeads = (call: string, words: string) =>
  ask<{ leads: FoundLead[] }>("GET", `/calls/${call}/leads?q=${encodeURIComponent(words)}`);
export const peaks = (call: string) => ask<Peaks>("GET", `/calls/${call}/peaks`);
export const audioUrl = (call: string) => `/api/v1/calls/${call}/audio`;
export interface ClaimsWanted {
  q?: string;
  decided?: string;
  before?: number;
}
/** A page of 50. */
export const claims = (wanted: ClaimsWanted = {}) =>
  ask<{ claims: Claim[]; next: number | null }>("GET", `/claims${asQuery(wanted)}`);
export const claim = (body: ClaimBody, key: string) => ask<Claim>("POST", "/claims", body, key);
/** Changes a claim that nobody has taken. */
export const changeClaim = (claim: string, body: ClaimBody) =>
  ask<Claim>("PUT", `/claims/${claim}`, body);
export const withdrawClaim = (claim: string) => ask<void>("DELETE", `/claims/${claim}`);
export const checklistFor = (call: string) => ask<ClaimForm>("GET", `/calls/${call}/checklist`);
export const keepClaimDraft = (call: string, draft: ClaimBody) =>
  ask<{ saved_at: string }>("PUT", `/calls/${call}/claim-draft`, draft);
/** The page goes away: this request outlives it, and nobody waits for its answer. */
export const keepClaimDraftLeaving = (call: string, draft: ClaimBody) =>
  void fetch(`/api/v1/calls/${call}/claim-draft`, {
    method: "PUT",
    keepalive: true,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(draft),
  }).catch(() => undefined);
export const live = () => ask<InProgress>("GET", "/live");
export const hurry = (call: string) => ask<S["Hurried"]>("POST", `/live/${call}/hurry`);
export const pauseLive = (call: string, on: boolean) =>
  ask<S["Instructed"]>("POST", `/live/${call}/${on ? "pause" : "resume"}`);
/** The stream on which the box says what changed; `events.ts` alone opens it. */
export const eventsUrl = "/api/v1/events";
/** A socket on which a call in progress is heard. */
export const listenTo = (call: string) =>
  new WebSocket(`${location.origin.replace(/^http/, "ws")}/api/v1/live/${call}/listen`);
/** Where a statement is as one file that proves itself. */
export const savedStatement = (of: { period: string; as_of?: string }) =>
  `/api/v1/statement/saved?${new URLSearchParams(of.as_of ? { ...of } : { period: of.period })}`;
/** Where the proof of a line is. */
export const proofOf = (entry: string) => `/api/v1/entries/${encodeURIComponent(entry)}/bundle`;

/** Of a period, as it stood at a moment; without them today's, as it is now. */
export const statement = (of: { period?: string; as_of?: string } = {}) =>
  ask<Statement>("GET", `/statement${asQuery(of)}`);
/** A telemarketer's, as their manager sees it. */
export const statementOf = (person: string, of: { period?: string; as_of?: string } = {}) =>
  ask<Statement>("GET", `/people/${encodeURIComponent(person)}/statement${asQuery(of)}`);
export const plans = () => ask<Plans>("GET", "/plans");
export const proposePlan = (body: PlanBody) => ask<S["Proposed"]>("POST", "/plans", body);
export const approvePlan = (draft: string) => ask<void>("POST", `/plans/drafts/${draft}/approve`);
export const withdrawPlan = (draft: string) => ask<void>("DELETE", `/plans/drafts/${draft}`);
/** The telemarketer has read a version. */
export const acknowledgePlan = (plan: string) => ask<void>("POST", `/plans/${plan}/acknowledge`);
/** Claims made from now on wait until another version is approved. */
export const endPlan = (plan: string) => ask<void>("POST", `/plans/${plan}/end`, {});
export const closeCampaign = (campaign: string) =>
  ask<void>("POST", `/campaigns/${campaign}/close`);
export const reopenCampaign = (campaign: string) =>
  ask<void>("POST", `/campaigns/${campaign}/reopen`);
export const rulings = () => ask<Rulings>("GET", "/rulings");
export const earlierRulings = (before: string) =>
  ask<Rulings>("GET", `/rulings${asQuery({ before })}`);
/** The claimants read the note. */
export const rule = (body: RulingBody) => ask<S["Made"]>("POST", "/rulings", body);
export const confirmRuling = (ruling: string) => ask<void>("POST", `/rulings/${ruling}/confirm`);
export const dismissRuling = (ruling: string) => ask<void>("POST", `/rulings/${ruling}/dismiss`);
export const periods = () => ask<Periods>("GET", "/periods");
export const period = (name: string) => ask<Period>("GET", `/periods/${encodeURIComponent(name)}`);
/** The claims that its close waits for, after the one of a number. */
export const openClaims = (name: string, after?: number) =>
  ask<OpenClaims>("GET", `/periods/${encodeURIComponent(name)}/open${asQuery({ after })}`);
export const askPeriod = (name: string, act: PeriodAct, note: string) =>
  ask<void>("POST", `/periods/${name}/acts`, { act, note });
export const confirmPeriod = (act: string) => ask<void>("POST", `/period-acts/${act}/confirm`);
export const withdrawPeriod = (act: string) => ask<void>("DELETE", `/period-acts/${act}`);
export const setPayrollNumber = (person: string, number: string) =>
  ask<void>("PUT", `/people/${person}/payroll-number`, { number });
/** Those of its fields that say something, as the end of an address. */
function asQuery(fields: object): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields))
    if (value !== undefined && value !== "") query.set(name, String(value));
  return query.size > 0 ? `?${query}` : "";
}
/** Runs of a period, and what the next would pay. */
export const payroll = (period: string, wanted: PayrollBody) =>
  ask<Payroll>("GET", `/periods/${period}/payroll${asQuery(wanted)}`);
export const makePayroll = (period: string, wanted: PayrollBody) =>
  ask<PayrollRun>("POST", `/periods/${period}/payroll`, wanted);
export const payrollFileUrl = (run: string) => `/api/v1/payroll-runs/${run}/file`;
export const questions = () => ask<Questions>("GET", "/questions");
export const earlierQuestions = (before: number) =>
  ask<Questions>("GET", `/questions${asQuery({ before })}`);
export const askQuestion = (body: QuestionBody) =>
  ask<S["QuestionAsked"]>("POST", "/questions", body);
export const followUp = (question: string, text: string) =>
  ask<void>("POST", `/questions/${question}/follow-up`, { text });
export const answerQuestion = (question: string, text: string) =>
  ask<void>("POST", `/questions/${question}/answer`, { text });
export const extract = (span: ExtractSpan, after?: number) =>
  ask<S["Extract"]>("GET", `/extract${asQuery({ ...span, after })}`);
export const extractUrl = (span: ExtractSpan) => `/api/v1/extract.csv${asQuery(span)}`;
export const crms = () => ask<Crms>("GET", "/crm");
export const setCrm = (client: string, body: CrmBody) => ask<void>("PUT", `/crm/${client}`, body);
export const turnCrm = (client: string, on: boolean) =>
  ask<void>("POST", `/crm/${client}/${on ? "on" : "off"}`);
export const testCrm = (client: string) => ask<CrmTested>("POST", `/crm/${client}/test`);
export const mapCrm = (client: string, body: { mapping: CrmMapping; replaces: number }) =>
  ask<void>("PUT", `/crm/${client}/mapping`, body);
export const crmExample = (client: string, mapping: CrmMapping) =>
  ask<CrmExample>("POST", `/crm/${client}/mapping/example`, mapping);
export const sentToCrm = (claim: string) => ask<S["HandoverCrm"]>("GET", `/handovers/${claim}/crm`);
export const sendToCrmAgain = (claim: string) => ask<void>("POST", `/handovers/${claim}/crm`);

export const receivers = () => ask<Receivers>("GET", "/webhooks");
export const addReceiver = (body: ReceiverBody) => ask<ReceiverSecret>("POST", "/webhooks", body);
export const changeReceiver = (id: string, body: S["MessageReceiverChange"]) =>
  ask<void>("PUT", `/webhooks/${id}`, body);
export const removeReceiver = (id: string) => ask<void>("DELETE", `/webhooks/${id}`);
export const pauseReceiver = (id: string, on: boolean) =>
  ask<void>("POST", `/webhooks/${id}/${on ? "pause" : "resume"}`);
/** `atOnce`: the present secret is known to others, and signs no more. */
export const rotateSecret = (id: string, atOnce: boolean) =>
  ask<ReceiverSecret>("POST", `/webhooks/${id}/rotate`, { at_once: atOnce });
/** The log says who looked. */
export const showSecret = (id: string) => ask<ReceiverSecret>("POST", `/webhooks/${id}/secret`);
export const testReceiver = (id: string) => ask<void>("POST", `/webhooks/${id}/test`);
export function outgoingMessages(id: string, state?: MessageState, before?: number) {
  const asked = new URLSearchParams();
  if (state) asked.set("state", state);
  if (before !== undefined) asked.set("before", String(before));
  const query = asked.size > 0 ? `?${asked}` : "";
  return ask<OutgoingMessages>("GET", `/webhooks/${id}/messages${query}`);
}
/** One that was given up, or all of them. */
export const replayMessages = (id: string, message: string | null) =>
  ask<S["MessagesReplayed"]>("POST", `/webhooks/${id}/replay`, { message });
export const queue = () => ask<S["Queue"]>("GET", "/queue");
export const current = () => ask<Review | null>("GET", "/review/current");
export const takeNext = () => ask<Review | null>("POST", "/review/take");
export const release = (claim: string, reason: ReleaseReason, note?: string) =>
  ask<void>("POST", `/review/${claim}/release`, { reason, note });
/** It is another company than the call's: the claim goes back to its claimant. */
export const sendBack = (claim: string, note: string) =>
  ask<void>("POST", `/review/${claim}/send-back`, { note });
/** The page goes away: a beacon outlives it, so that nobody waits for a lock to run out. */
export const releaseLeaving = (claim: string) =>
  void navigator.sendBeacon(`/api/v1/review/${claim}/release`);
export const review = (claim: string) => ask<Review>("GET", `/review/${claim}`);
export const commit = (claim: string, body: { answers: Given[]; note: string }, key: string) =>
  ask<Committed>("POST", `/review/${claim}/verdict`, body, key);
export const takeBack = (claim: string) => ask<Review>("DELETE", `/review/${claim}/verdict`);
export const heard = (item: string, call: string, played: Played[]) =>
  ask<Listened>("POST", `/review/${item}/heard`, { call, played });
/** `revision` is the last that this page knows. It outlives the page: what was just answered is not lost. */
export const keepDraft = (item: string, revision: number, draft: Draft) =>
  ask<Kept>("PUT", `/review/${item}/draft`, { revision, draft }, undefined, true);
export const record = () => ask<OwnRecord>("GET", "/review/record");
export const secondReviewQueue = () => ask<S["SecondReviews"]>("GET", "/second-reviews");
export const currentSecondReview = () => ask<Review | null>("GET", "/second-reviews/current");
export const takeSecondReview = () => ask<Review | null>("POST", "/second-reviews/take");
export const releaseSecondReview = (id: string, reason: ReleaseReason, note?: string) =>
  ask<void>("POST", `/second-reviews/${id}/release`, { reason, note });
export const releaseSecondReviewLeaving = (id: string) =>
  void navigator.sendBeacon(`/api/v1/second-reviews/${id}/release`);
export const answerSecondReview = (id: string, body: { answers: Given[]; note: string }) =>
  ask<Review>("POST", `/second-reviews/${id}/answer`, body);
export const confirmSecondReview = (id: string, body: { answers: Given[]; note: string }) =>
  ask<Review>("POST", `/second-reviews/${id}/confirm`, body);
export const dispute = (claim: string, rows: DisputeRow[]) =>
  ask<S["DisputeDue"]>("POST", `/claims/${claim}/dispute`, { rows });
export const disputes = () => ask<S["Disputes"]>("GET", "/disputes");
/** The claimant reads the reason. */
export const putFirst = (claim: string, first: boolean, reason?: string) =>
  ask<void>("POST", `/claims/${claim}/first`, { first, ...(reason ? { reason } : {}) });
export const askAnother = (dispute: string) =>
  ask<void>("POST", `/disputes/${dispute}/ask-another`);
export const ruleOut = (dispute: string, why: "duplicate" | "wrong_claimant") =>
  ask<void>("POST", `/disputes/${dispute}/ineligible`, { why });
export const agreement = () => ask<Quality>("GET", "/agreement");
export const drawSample = (count: number, days: number) =>
  ask<S["Drawn"]>("POST", "/samples", { count, days });
export const calibrations = () => ask<S["Calibrations"]>("GET", "/calibrations");
export const calibrate = (body: { claim: string; reviewers: string[]; days: number }) =>
  ask<S["NewRound"]>("POST", "/calibrations", body);
export const checklists = () => ask<ChecklistList>("GET", "/checklists");
export const checklist = (version: string) =>
  ask<Version & { checklist: Checklist }>("GET", `/checklists/${version}`);
export const checklistFile = (version: string) => `/api/v1/checklists/${version}/toml`;
export const checkChecklist = (body: { toml: string } | { checklist: Checklist }) =>
  ask<{ checklist: Checklist; toml: string }>("POST", "/checklists/check", body);
export interface Template {
  name: string;
  checklist: Checklist;
}
/** Shipped checklists, to be copied. */
export const templates = () => ask<{ templates: Template[] }>("GET", "/checklists/templates");
export const tryChecklist = (version: string, days: number) =>
  ask<Trial>("GET", `/checklists/${version}/trial?days=${days}`);
export const addChecklist = (client: string, checklist: Checklist) =>
  ask<S["NewVersion"]>("POST", "/checklists", { client, checklist });
export const changeChecklist = (version: string, checklist: Checklist) =>
  ask<S["NewVersion"]>("PUT", `/checklists/${version}`, { checklist });
export const signChecklist = (
  version: string,
  body: { name: string; sha256: string; review_on: string | null },
) => ask<S["Signed"]>("POST", `/checklists/${version}/sign`, body);
export const comments = (call: string) => ask<S["Comments"]>("GET", `/calls/${call}/comments`);
export const comment = (
  call: string,
  body: { from_ms: number; to_ms: number; tag: string | null; text: string },
) => ask<S["NewCommentId"]>("POST", `/calls/${call}/comments`, body);
export const shares = (call: string) => ask<S["Shares"]>("GET", `/calls/${call}/shares`);
export const share = (
  call: string,
  body: { from_ms: number; to_ms: number; reason: string; hours: number },
) => ask<S["Shared"]>("POST", `/calls/${call}/shares`, body);
export const revokeShare = (call: string, id: string) =>
  ask<void>("DELETE", `/calls/${call}/shares/${id}`);
export const sharedUrl = (token: string) => `/api/v1/shared/${token}`;
export interface HandoversAsked {
  which?: string;
  q?: string;
  campaign?: string;
  after?: string;
}
export const handovers = (asked: HandoversAsked) =>
  ask<S["HandedLeads"]>("GET", `/handovers${asQuery(asked)}`);
export const handover = (claim: string) => ask<HandoverCard>("GET", `/handovers/${claim}`);
export const ownHandovers = (asked: { q?: string; to_do?: string; after?: string }) =>
  ask<{ leads: OwnHandover[]; next: string | null }>("GET", `/handed-over${asQuery(asked)}`);
export const salesAnswer = (
  claim: string,
  body: {
    answer: SalesAnswer;
    until?: string;
    reason?: RejectReason;
    criterion?: string;
    note: string;
    replaces?: string;
  },
) => ask<void>("POST", `/claims/${claim}/sales-answer`, body);
export const rateHandover = (claim: string, body: { enough: boolean; why: string }) =>
  ask<void>("POST", `/handovers/${claim}/rating`, body);
export const setReadiness = (claim: string, body: { level: Readiness; note: string }) =>
  ask<void>("POST", `/handovers/${claim}/readiness`, body);
export const askAboutHandover = (claim: string, body: { field?: WriteUpFieldName; text: string }) =>
  ask<void>("POST", `/handovers/${claim}/questions`, body);
export const replyToSales = (question: string, text: string) =>
  ask<void>("POST", `/handover-questions/${question}/answer`, { text });
export const promise = (
  claim: string,
  body: { kind: PromiseKind; words: string; from: string; until: string; moment?: Evidence },
) => ask<void>("POST", `/handovers/${claim}/promises`, body);
export const withdrawPromise = (id: string) => ask<void>("DELETE", `/promises/${id}`);
export const fillWriteUp = (claim: string, body: { field: WriteUpFieldName; text: string }) =>
  ask<void>("PUT", `/handovers/${claim}/write-up`, body);
export interface ResultsAsked {
  by: SourceKind;
  /** Of a list the id; empty: those of which it is not known. */
  name?: string;
  /** Of one client's alone. */
  client?: string;
  from?: string;
  until?: string;
}
const resultsQuery = ({ name, ...rest }: ResultsAsked) =>
  asQuery(rest) + (name === undefined ? "" : `&name=${encodeURIComponent(name)}`);
export const results = (asked: ResultsAsked) =>
  ask<S["SourceReports"]>("GET", `/results${resultsQuery(asked)}`);
/** Where the sheet of a source is: its counts with what each cost, or its leads with their calls. */
export const resultCounts = (asked: ResultsAsked) =>
  `/api/v1/results/counts.csv${resultsQuery(asked)}`;
export const resultLeads = (asked: ResultsAsked) => `/api/v1/results.csv${resultsQuery(asked)}`;
export const pacts = () => ask<S["Pacts"]>("GET", "/pacts");
export const proposePact = (body: S["PactBody"]) => ask<void>("POST", "/pacts", body);
export const signPact = (id: string) => ask<void>("POST", `/pacts/${id}/sign`);
export const campaignNeeds = () => ask<S["AllCampaignNeeds"]>("GET", "/campaign-needs");
export const setCampaignNeeds = (campaign: string, needs: WriteUpFieldName[]) =>
  ask<void>("PUT", `/campaign-needs/${campaign}`, { needs });
export const content = () => ask<S["AllContent"]>("GET", "/content");
export const offerContent = (body: Omit<S["ContentBody"], "stage"> & { stage?: BuyerStage }) =>
  ask<void>("POST", "/content", body);
/** The same with a file in the place of a link, of at most 5 MB. */
export const offerFile = (
  about: Omit<S["ContentBody"], "stage" | "link"> & { stage?: BuyerStage },
  file: File,
) =>
  sendFile<void>(
    `/content/file${asQuery({ ...about, file: file.name })}`,
    file,
    "application/octet-stream",
  );
export const retireContent = (id: string) => ask<void>("DELETE", `/content/${id}`);
export const contentFor = (claim: string, words: string) =>
  ask<S["LeadContent"]>("GET", `/handovers/${claim}/content${asQuery({ q: words })}`);
export const takeContent = (claim: string, content: string) =>
  ask<void>("POST", `/handovers/${claim}/content`, { content });
export type ListedLead = S["ListedLead"];
export type ListedLeads = S["ListedLeads"];
export type LeadsWanted = {
  view?: string;
  q?: string;
  stage?: string;
  source?: string;
  campaign?: string;
  after?: string;
};
/** A page of 50. */
export const leads = (wanted: LeadsWanted) => ask<ListedLeads>("GET", `/leads${asQuery(wanted)}`);
export type LeadChoices = S["LeadChoices"];
export const leadChoices = () => ask<LeadChoices>("GET", "/leads/choices");
export type WorkList = S["WorkList"];
export const work = (after?: string) => ask<WorkList>("GET", `/work${asQuery({ after })}`);
export const escalated = () => ask<S["EscalatedLeads"]>("GET", "/work/escalated");
export type LeadWord = S["LeadWord"];
export const sayOfLead = (lead: string, word: LeadWord) =>
  ask<S["SaidOfLead"]>("POST", `/leads/${lead}/disposition`, word);
export const takeBackOfLead = (said: string) => ask<void>("DELETE", `/lead-dispositions/${said}`);
export const setBuyerStage = (lead: string, stage: S["BuyerStage"]) =>
  ask<void>("POST", `/leads/${lead}/buyer-stage`, { stage });
export type ImportPreview = S["ImportPreview"];
export type LeadImport = S["LeadImport"];
export interface ListWanted {
  campaign: string;
  supplier?: string;
  file?: string;
  /** Our columns to the file's, as JSON; without it the supplier's last, else a guess. */
  columns?: string;
  duplicates?: string;
  companies?: string;
}
/** Sends a file as it is. */
async function sendFile<T>(path: string, file: Blob, type = "text/csv"): Promise<Result<T>> {
  const init = { method: "POST", headers: { "content-type": type }, body: file };
  const r = await once<T>(path, init);
  if (r.ok || r.problem.status !== 401) return r;
  return (await gate.ended()) ? sendFile(path, file, type) : r;
}
export const previewImport = (wanted: ListWanted, file: Blob) =>
  sendFile<ImportPreview>(`/imports/preview${asQuery(wanted)}`, file);
export const beginImport = (wanted: ListWanted, file: Blob) =>
  sendFile<S["BegunImport"]>(`/imports${asQuery(wanted)}`, file);
export const imports = () => ask<S["LeadImports"]>("GET", "/imports");
export type UndoneImport = S["UndoneImport"];
export const undoImport = (id: string) => ask<UndoneImport>("DELETE", `/imports/${id}`);
export const badRowsUrl = (id: string) => `/api/v1/imports/${id}/bad.csv`;
/** Where the rows are that an import left out as duplicates. */
export const duplicateRowsUrl = (id: string) => `/api/v1/imports/${id}/duplicates.csv`;
export type Suppressions = S["Suppressions"];
type OfList = { client: string; list: string };
export const suppressions = () => ask<Suppressions>("GET", "/suppressions");
export const addSuppressions = (of: OfList, file: Blob) =>
  sendFile<S["AddedSuppressions"]>(`/suppressions${asQuery(of)}`, file);
export const removeSuppressions = (of: OfList) =>
  ask<void>("DELETE", `/suppressions${asQuery(of)}`);
export type Duplicates = S["Duplicates"];
export type DuplicatePair = S["DuplicatePair"];
export type DuplicateLead = S["DuplicateLead"];
export type MergedLead = S["MergedLead"];
export type MergedLeads = S["MergedLeads"];
export const duplicates = (campaign: string, by: string, after?: string) =>
  ask<Duplicates>("GET", `/duplicates${asQuery({ campaign, by, after })}`);
export const merges = (campaign: string, after?: string) =>
  ask<MergedLeads>("GET", `/merges${asQuery({ campaign, after })}`);
export const mergeLead = (lead: string, other: string) =>
  ask<S["MovedCalls"]>("POST", `/leads/${lead}/merge`, { other });
export const splitLead = (lead: string) => ask<S["MovedCalls"]>("POST", `/leads/${lead}/split`);
export const leadsApart = (lead: string, other: string) =>
  ask<void>("POST", `/leads/${lead}/apart`, { other });
export type LeadSource = S["LeadSource"];
export type SourceBody = S["SourceBody"];
export const sources = () => ask<S["LeadSources"]>("GET", "/sources");
export const addSource = (client: string, source: SourceBody) =>
  ask<S["AddedSource"]>("POST", "/sources", { client, source });
export const changeSource = (id: string, source: SourceBody) =>
  ask<S["ChangedSource"]>("PUT", `/sources/${id}`, source);
export const lead = (id: string) => ask<{ lead: Lead; events: LeadEvent[] }>("GET", `/leads/${id}`);
/** What is asked of the slot report; what is left out is the box's to choose. */
export interface SlotsAsked {
  client?: string;
  from?: string;
  to?: string;
  person?: string;
  campaign?: string;
  count?: SlotsReport["count"];
  width?: number;
  offset?: number;
  fewest?: number;
  before?: string;
  after?: string;
}
const slotsQuery = (asked: object) => {
  const given = Object.entries(asked).filter(([, v]) => v !== undefined && v !== "");
  return given.length === 0
    ? ""
    : `?${new URLSearchParams(given.map(([k, v]): [string, string] => [k, String(v)]))}`;
};
export const slots = (asked: SlotsAsked) =>
  ask<SlotsReport>("GET", `/reports/slots${slotsQuery(asked)}`);
/** Where a report's tables are as CSV; without one, its first. */
const fileOf =
  <A extends object>(report: string) =>
  (asked: A, table?: string) =>
    `/api/v1/reports/${report}.csv${slotsQuery({ ...asked, table })}`;
export const slotsUrl = fileOf<SlotsAsked>("slots");
/** What is asked of the overview: one client or all, and of how many days. */
export interface OverviewAsked {
  client?: string;
  days?: number;
}
export const overview = (asked: OverviewAsked) =>
  ask<Overview>("GET", `/reports/overview${slotsQuery(asked)}`);
export const overviewUrl = fileOf<OverviewAsked>("overview");
export const experimentsUrl = fileOf<{ client?: string }>("experiments");
export const repairs = () => ask<Repairs>("GET", "/repairs");
/** What is asked of the waterfall. */
export type WaterfallAsked = Pick<SlotsAsked, "client" | "from" | "to">;
export const waterfall = (asked: WaterfallAsked) =>
  ask<WaterfallReport>("GET", `/reports/waterfall${slotsQuery(asked)}`);
export const waterfallUrl = (asked: WaterfallAsked) =>
  `/api/v1/reports/waterfall.csv${slotsQuery(asked)}`;
/** What is asked of the funnel. */
export type FunnelAsked = WaterfallAsked & { by?: FunnelReport["by"] };
export const funnel = (asked: FunnelAsked) =>
  ask<FunnelReport>("GET", `/reports/funnel${slotsQuery(asked)}`);
export const funnelUrl = (asked: FunnelAsked) => `/api/v1/reports/funnel.csv${slotsQuery(asked)}`;
export interface ScoreAsked {
  client?: string;
  list?: ScoreReport["list"];
}
export const scoreReport = (asked: ScoreAsked) =>
  ask<ScoreReport>("GET", `/reports/score${slotsQuery(asked)}`);
export const scoreUrl = fileOf<ScoreAsked>("score");
/** In which order a campaign's leads are worked on. */
export const setWorkOrder = (campaign: string, order: WorkOrder) =>
  ask<void>("PUT", `/campaign-orders/${campaign}`, { order });
export const salesGate = (asked: WaterfallAsked) =>
  ask<GateReport>("GET", `/reports/gate${slotsQuery(asked)}`);
export const salesGateUrl = fileOf<WaterfallAsked>("gate");
export const originReport = (asked: WaterfallAsked) =>
  ask<OriginReport>("GET", `/reports/origin${slotsQuery(asked)}`);
export const originUrl = (asked: WaterfallAsked) =>
  `/api/v1/reports/origin.csv${slotsQuery(asked)}`;
export interface ForecastAsked {
  client?: string;
  month?: string;
  handovers?: number;
}
export const forecast = (asked: ForecastAsked) =>
  ask<ForecastReport>("GET", `/reports/forecast${slotsQuery(asked)}`);
export const forecastUrl = fileOf<ForecastAsked>("forecast");
/** What is asked of the report of our numbers. */
export type NumbersAsked = WaterfallAsked & { fewest?: number };
export const numbers = (asked: NumbersAsked) =>
  ask<NumbersReport>("GET", `/reports/numbers${slotsQuery(asked)}`);
export const numbersUrl = (asked: NumbersAsked) =>
  `/api/v1/reports/numbers.csv${slotsQuery(asked)}`;
export const numbersCallsUrl = (asked: NumbersAsked) =>
  `/api/v1/reports/numbers-calls.csv${slotsQuery(asked)}`;
export const experiments = (client?: string) =>
  ask<Experiments>("GET", `/reports/experiments${slotsQuery({ client })}`);
export const experiment = (id: string) => ask<Experiment>("GET", `/reports/experiments/${id}`);
export const planExperiment = (plan: ExperimentPlan) =>
  ask<S["PlannedExperiment"]>("POST", "/reports/experiments", plan);
export const stopExperiment = (id: string, reason: string) =>
  ask<void>("POST", `/reports/experiments/${id}/stop`, { reason });
export const experimentUrl = (id: string, sheet: "arms" | "units") =>
  `/api/v1/reports/experiments/${id}/${sheet}.csv`;
export const myExperiments = () => ask<ExperimentMine[]>("GET", "/reports/experiments/mine");
export const promiseNobodyApart = (client: string, act: PromiseAct) =>
  ask<void>("POST", "/reports/promise", { client, act });
export const coverage = (month?: string) =>
  ask<Coverage>("GET", month ? `/coverage?month=${month}` : "/coverage");
export const coverageUrl = (month?: string) => `/api/v1/coverage.csv${asQuery({ month })}`;
export const noteDifference = (note: S["CoverageNoteBody"]) =>
  ask<void>("POST", "/coverage/notes", note);

/** A key for a request that must happen once; keep it while the same request is repeated. */
export const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) =>
    b.toString(16).padStart(2, "0"),
  ).join("");
