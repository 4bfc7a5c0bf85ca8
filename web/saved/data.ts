// What a saved statement carries: the statement, and for each line that is sealed what proves it.
import type { Audio, Item, Step } from "../proof/document.mjs";
import type { Entry, Statement } from "../src/api";
import {
  anything,
  currency,
  hash,
  integer,
  list,
  moment,
  nothing,
  object,
  or,
  text,
  zone,
} from "./shape";
import { inTree, type Bare } from "./tree";

/** What proves one line: places in the lists of items and of sounds. */
export interface Proof {
  entry: string;
  items: number[];
  audio: number[];
}

/** Which part of a statement a file proves, where it is too long for one file. */
export interface Part {
  /** From 1 on; part 1 has the oldest lines. */
  number: number;
  /** Lines of each part. */
  sizes: number[];
}

export interface Saved {
  /** When it was saved, as the box said. */
  made_at: string;
  /** The log's verifier key. */
  log: string;
  /** The newest signed note; null while nothing has been sealed. */
  checkpoint: string | null;
  /** Null: the file proves all lines. */
  part: Part | null;
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
  paid: or(nothing, object({ run: integer, made_at: moment })),
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
  ...{ earned_this_period: list(MONEY), earned: list(MONEY), taken_back: list(MONEY) },
  ...{ paid: list(MONEY), payable: list(MONEY), payable_later: list(MONEY) },
  payable_next: or(moment, nothing),
  ...{ entries: list(ENTRY), since: list(ENTRY) },
});
const ITEM = object({ kind: text, subject: text, leaf: integer, commitment: hash });
const SAVED = object({
  ...{ made_at: moment, log: text, checkpoint: or(text, nothing), statement: STATEMENT },
  part: or(nothing, object({ number: integer, sizes: list(integer) })),
  ...{ items: list(ITEM), nodes: list(hash), checkpoints: list(anything), audio: list(anything) },
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
 * Reads the data of a file, and works out what it leaves to be worked out.
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
  const packed = value as Packed;
  try {
    return { ...packed, items: inTree(packed.items, leavesOf(packed), packed.nodes) };
  } catch {
    throw new Damaged("What proves its lines is not whole.");
  }
}

/** As a file holds it: each record’s proof is to be worked out from the others. */
export type Packed = Omit<Saved, "items"> & { items: Bare[]; nodes: string[] };

/** Leaves of the tree that the records are proved in: the second line of its checkpoint. */
const leavesOf = ({ checkpoints }: Packed) => Number(checkpoints.at(-1)?.note.split("\n")[1] ?? 0);

/** The part that proves a line; lines come newest first. Nothing: this file does, or ought to. */
export function elsewhere({ part, statement }: Saved, n: number): number | undefined {
  if (!part) return undefined;
  const place = linesOf(statement).length - 1 - n;
  let end = 0;
  const of = part.sizes.findIndex((size) => (end += size) > place) + 1;
  return of === part.number ? undefined : of;
}

/** All lines that a statement shows, newest first. */
export const linesOf = (s: Statement): Entry[] => [...s.since, ...s.entries];
