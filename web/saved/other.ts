// Holds a key or a checkpoint of another statement against this one.
import { Broken } from "../proof/bytes.mjs";
import { openCheckpoint, readKey, type Key } from "../proof/note.mjs";
import type { Saved } from "./data";

export interface Compared {
  /** `open`: neither shown nor refuted. */
  shape: "pass" | "fail" | "open";
  says: string;
}

const say = (shape: Compared["shape"], says: string): Compared => ({ shape, says });

/** What a pasted key or checkpoint says about the two statements. */
export function compareWith({ log, checkpoint, checkpoints }: Saved, pasted: string): Compared {
  const text = pasted.trim();
  const key = readKey(log);
  if (!key) return say("fail", "This statement’s own key cannot be read.");
  if (text === log) return say("pass", "It is the same key: both statements are of one log.");
  if (readKey(text))
    return say("fail", "It is another key: the two statements are not of one log. Ask why.");
  const other = opened(key, text);
  if (!other) return say("fail", "It is not this key, nor a checkpoint that it signed.");
  const notes = [checkpoint ?? "", ...checkpoints.map(({ note }) => note)];
  const own = notes.map((note) => opened(key, note)).find((one) => one?.size === other.size);
  if (!own) return say("open", elsewhere(other.size));
  return own.root === other.root
    ? say("pass", "It fits: the log was the same then, record by record.")
    : say("fail", "The log was rewritten: it has signed two that cannot both be. Keep both files.");
}

const elsewhere = (size: bigint) =>
  `It is signed with the same key, when the log had ${size.toLocaleString()} records. This file has no proof between the two: ask the box for a line’s proof that is made for that checkpoint.`;

/** The checkpoint, if it is one of this log; a copy may have lost its last line's end. */
function opened(key: Key, text: string) {
  try {
    return openCheckpoint(`${text.trim()}\n`, key, "checkpoint", "checkpoint");
  } catch (error) {
    if (error instanceof Broken) return undefined;
    throw error;
  }
}
