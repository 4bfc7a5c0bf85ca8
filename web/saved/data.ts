// What a saved statement carries: the statement, and for each line that is sealed what proves it.
import type { Audio, Item, Step } from "../proof/document.mjs";
import type { Entry, Statement } from "../src/api";
import {
  anything,
  currency,
  integer,
  list,
  moment,
  nothing,
  object,
  or,
  text,
  zone,
} from "./shape";

/** What proves one line: places in the lists of items and of sounds. */
export interface Proof {
  entry: string;
  items: number[];
  audio: number[];
}

export interface Saved {
  /** When it was saved, as the box said. */
  made_at: string;
  /** The log's verifier key. */
  log: string;
  /** The newest signed note; null while nothing has been sealed. */
  checkpoint: string | null;
  statement: Statement;
  items: Item[];
  checkpoints: Step[];
  audio: Audio[];
  bundles: Proof[];
}

const MONEY = object({ minor: integer, currency });
const ENTRY = object({
  ...{
    id: text,
    kind: text,
    part: text,
    company: text,
    campaign: text,
    claim: text,
    claim_number: integer,
  },
  ...{ verdict: text, plan: text, plan_version: integer, amount: MONEY, period: text },
  ...{ earned_at: moment, payable_at: moment, booked_at: moment },
  ...{ corrects: or(text, nothing), reason: or(text, nothing), ruling: or(text, nothing) },
  taken_back_by: or(text, nothing),
  arithmetic: or(
    nothing,
    object({
      ...{ number: or(integer, nothing), rate: MONEY, before: MONEY },
      ...{ percent: or(integer, nothing), share: MONEY },
      ...{ tier_from: or(integer, nothing), cap: or(MONEY, nothing) },
    }),
  ),
});
const STATEMENT = object({
  ...{ payee: text, payroll_number: or(text, nothing), period: text, zone, as_of: moment },
  ...{ locked_at: or(moment, nothing), undecided: integer, waiting: integer },
  ...{ earned_this_period: list(MONEY), payable: list(MONEY), taken_back: list(MONEY) },
  ...{ entries: list(ENTRY), since: list(ENTRY) },
});
const SAVED = object({
  ...{ made_at: moment, log: text, checkpoint: or(text, nothing), statement: STATEMENT },
  ...{ items: list(anything), checkpoints: list(anything), audio: list(anything) },
  bundles: list(object({ entry: text, items: list(integer), audio: list(integer) })),
});

/** The file is no statement, or is one no more. */
export class Damaged extends Error {}

/**
 * The data as text: as it stands there, or packed as `{"gzip": "<base64>"}`.
 * @throws Damaged it cannot be unpacked
 */
export async function unpack(json: string): Promise<string> {
  const packed = /^\s*\{\s*"gzip"\s*:\s*"([A-Za-z0-9+/=]*)"\s*\}\s*$/.exec(json)?.[1];
  if (packed === undefined) return json;
  try {
    const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return await new Response(stream).text();
  } catch {
    throw new Damaged("What it holds cannot be unpacked.");
  }
}

/**
 * Reads the data of a file.
 * @throws Damaged it is not whole
 */
export function read(json: string): Saved {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new Damaged("What it holds cannot be read from beginning to end.");
  }
  const wrong = SAVED(value, "data");
  if (wrong) throw new Damaged(`A part of it is missing or is something else (${wrong}).`);
  return value as Saved;
}

/** All lines that a statement shows, newest first. */
export const linesOf = (s: Statement): Entry[] => [...s.since, ...s.entries];
