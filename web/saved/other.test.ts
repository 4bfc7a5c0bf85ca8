import { expect, test } from "vitest";
import { ProofLog, signer } from "../testing/proofLog";
import { LOG, madeSaved } from "../testing/savedStatement";
import { compareWith } from "./other";

test("a key is the same one, or another", async () => {
  const saved = await madeSaved();
  const other = await madeSaved({ seed: 8 });
  expect(compareWith(saved, ` ${saved.log}\n`).shape).toBe("pass");
  expect(compareWith(saved, other.log)).toEqual({
    shape: "fail",
    says: "It is another key: the two statements are not of one log. Ask why.",
  });
});

test("a checkpoint fits, is of another size, or shows that the log was rewritten", async () => {
  const saved = await madeSaved();
  const longer = await madeSaved({ lines: 5 });
  expect(compareWith(saved, saved.checkpoint?.trim() ?? "").says).toContain("It fits");
  const unknown = compareWith(saved, longer.checkpoint ?? "");
  expect([unknown.shape, unknown.says]).toEqual([
    "open",
    expect.stringContaining("no proof between the two"),
  ]);
  const rewritten = new ProofLog();
  for (let n = 0; n < 19; n += 1) rewritten.add("log_line", `${n}`, {});
  const note = await rewritten.checkpoint(await signer(LOG, 7));
  expect(compareWith(saved, note)).toEqual({
    shape: "fail",
    says: "The log was rewritten: it has signed two that cannot both be. Keep both files.",
  });
});

test("what is neither, or of another log, says so", async () => {
  const saved = await madeSaved();
  const other = await madeSaved({ seed: 8 });
  for (const text of ["", "hello", other.checkpoint ?? ""])
    expect(compareWith(saved, text)).toEqual({
      shape: "fail",
      says: "It is not this key, nor a checkpoint that it signed.",
    });
});
