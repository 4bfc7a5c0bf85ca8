// Numbers, times and money, in the reader's locale. Unknown is a word, never 0 or a dash.
import type { ClaimedBy, Money } from "./api";

export function clock(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const [h, m, rest] = [
    Math.floor(s / 3600),
    Math.floor(s / 60) % 60,
    String(s % 60).padStart(2, "0"),
  ];
  return h > 0 ? `${h}:${String(m).padStart(2, "0")}:${rest}` : `${m}:${rest}`;
}

export function money({ minor, currency }: Money): string {
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency });
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

export const sum = (amounts: Money[]) =>
  amounts.length === 0 ? "nothing yet" : amounts.map(money).join(" + ");

/** With a sign also where it is added. */
export const signed = (amount: Money) => `${amount.minor > 0 ? "+" : ""}${money(amount)}`;

/** Sums per currency: amounts of two are never added. */
export function totals(amounts: Money[]): Money[] {
  const sums = new Map<string, number>();
  for (const { minor, currency } of amounts) sums.set(currency, (sums.get(currency) ?? 0) + minor);
  return [...sums].map(([currency, minor]) => ({ minor, currency }));
}

/** In a time zone, or in the reader's. */
export const moment = (at: string, timeZone?: string) =>
  new Intl.DateTimeFormat(undefined, {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    timeZone,
  }).format(new Date(at));
export const day = (at: string, timeZone?: string) =>
  new Intl.DateTimeFormat(undefined, {
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone,
  }).format(new Date(at));
/** Two days such as `2026-11-03`, each with its year; one day is that day. */
export const daysBetween = (from: string, to: string) =>
  [...new Set([from, to])].map((d) => day(`${d}T12:00:00Z`, "UTC")).join(" to ");
/** `1 lead`, `2 leads`. */
export const many = (n: number, one: string, more = `${one}s`) => `${n} ${n === 1 ? one : more}`;
/** A period, `2026-11`, by its name. */
export const month = (period: string) =>
  isPeriod(period)
    ? new Intl.DateTimeFormat(undefined, {
        month: "long",
        year: "numeric",
        timeZone: "UTC",
      }).format(new Date(`${period}-15`))
    : period;
export const isPeriod = (text: string) => /^\d{4}-(0[1-9]|1[0-2])$/.test(text);
export const time = (at: string, timeZone?: string) =>
  new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", timeZone }).format(
    new Date(at),
  );

export function ago(at: string, now = Date.now()): string {
  const minutes = Math.max(0, Math.round((now - Date.parse(at)) / 60000));
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} days`;
}

const OUTCOMES: Record<string, string> = {
  answered: "answered",
  busy: "busy",
  rejected: "declined",
  cancelled: "given up",
  no_answer: "no answer",
  failed: "not reached",
  incomplete: "not finished",
};
export const OUTCOME_WORDS: [string, string][] = Object.entries(OUTCOMES);
export const outcome = (word: string) => OUTCOMES[word] ?? word;

/** In the order of their keys, `1` to `8`, on every page. */
export const DISPOSITIONS: [string, string][] = [
  ["no_answer", "No answer"],
  ["voicemail", "Voicemail"],
  ["gatekeeper", "Gatekeeper"],
  ["conversation", "Conversation"],
  ["meeting_made", "Meeting made"],
  ["call_back", "Call back"],
  ["not_interested", "Not interested"],
  ["do_not_call", "Do not call"],
];
export const disposition = (word: string) => DISPOSITIONS.find(([id]) => id === word)?.[1] ?? word;

/** Why a part of a call is missing, in words. */
const GAPS: Record<string, string> = {
  lost: "packets were lost",
  not_captured: "the tap did not see it",
  encrypted: "it is encrypted",
  unsupported_codec: "its codec cannot be read yet",
  decoder_failed: "it could not be decoded",
  paused: "the recording was paused",
  policy: "a rule keeps it out",
  disk: "the disk failed or was full",
  overload: "the disk was too slow",
  damaged: "it was recorded, and the disk lost or changed it",
};
export const gapReason = (reason: string) => GAPS[reason] ?? reason;

const CAME_BY: Record<ClaimedBy, string> = {
  page: "on the page",
  header: "by the phone system’s header",
  keys: "by the phone’s keys",
  machine: "by a program with a token",
};
/** How a claim was made. */
export const cameBy = (by: ClaimedBy) => CAME_BY[by];
