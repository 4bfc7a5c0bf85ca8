// A box that believes every report, and credits what it was told.
import type { HeardRange, Listened, Played } from "../src/api";
import { union } from "../src/desk/heard";
import type { Asked } from "./box";

/** The whole of a call of a minute, heard before. */
export const ALL: HeardRange[] = [{ from_ms: 0, to_ms: 60_000, speed: 1 }];

/** The answer to `POST …/heard`, with what each call was heard of before. */
export function credits(before: HeardRange[] = [], locked_until = "2026-11-20T12:30:00Z") {
  const known = new Map<string, HeardRange[]>();
  return ({ body }: Asked): Listened => {
    const { call, played } = body as { call: string; played: Played[] };
    const heard = union([...(known.get(call) ?? before), ...played]).map((s) => ({
      ...s,
      speed: 1,
    }));
    known.set(call, heard);
    return { speech_ms: 1, heard_ms: 1, share: 1, heard, locked_until };
  };
}
