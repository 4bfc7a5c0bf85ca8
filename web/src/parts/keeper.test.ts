import { beforeEach, expect, test, vi } from "vitest";
import { type Kept, Keeper, PAUSE_MS, type Tried } from "./keeper";
import { lasting, mirror, ownedBy } from "./mirror";

let sent: string[];
let said: Kept[];
let answers: Tried[];
/** Lets a try that is under way come back. */
let back: (() => void)[];
let slow: boolean;
let keeper: Keeper<string>;

beforeEach(() => {
  vi.useFakeTimers();
  [sent, said, answers, back, slow] = [[], [], [], [], false];
  keeper = new Keeper<string>(
    async (value) => {
      sent.push(value);
      if (slow) await new Promise<void>((done) => back.push(done));
      return answers.shift() ?? "in";
    },
    (kept) => said.push(kept),
  );
});
const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test("what is entered goes out once, a moment after the last change", async () => {
  keeper.put("a");
  await later(PAUSE_MS - 1);
  keeper.put("ab");
  await later(PAUSE_MS - 1);
  expect(sent).toEqual([]);
  await later(1);
  expect([sent, said.at(-1), keeper.waiting]).toEqual([["ab"], "saved", undefined]);
});

test("it is tried again until it is in, a little later each time, and says so", async () => {
  answers = ["again", "again", "again", "in"];
  keeper.put("a");
  await later(PAUSE_MS);
  expect(said).toEqual(["saving", "trying"]);
  expect(keeper.waiting).toBe("a");
  await later(1_000 + 2_000);
  expect(sent.length).toBe(3);
  keeper.put("ab");
  expect(said.at(-1)).toBe("trying");
  await later(4_000);
  expect([sent.at(-1), said.at(-1)]).toEqual(["ab", "saved"]);
});

test("what is refused is not tried again", async () => {
  answers = ["refused"];
  keeper.put("a");
  await later(60_000);
  expect([sent, said.at(-1)]).toEqual([["a"], "refused"]);
});

test("a change while one is under way is sent after it, and 'saved' waits for it", async () => {
  slow = true;
  keeper.put("a");
  await later(PAUSE_MS);
  keeper.put("ab");
  await later(PAUSE_MS);
  expect(sent).toEqual(["a"]);
  back.shift()?.();
  await later(0);
  expect(said).not.toContain("saved");
  await later(PAUSE_MS);
  back.shift()?.();
  await later(0);
  expect([sent, said.at(-1)]).toEqual([["a", "ab"], "saved"]);
});

test("a form that is left sends at once what waits, and does not go on trying", async () => {
  answers = ["again"];
  keeper.put("a");
  keeper.leave();
  await later(60_000);
  expect(sent).toEqual(["a"]);
});

test("what was sent otherwise is not kept", async () => {
  keeper.put("a");
  keeper.stop();
  await later(60_000);
  expect([sent, keeper.waiting]).toEqual([[], undefined]);
});

test("this tab keeps a thing by its name, and drops only what it was asked to", () => {
  const tab = mirror<{ n: number }>("thing");
  expect(tab.get()).toBeUndefined();
  tab.put({ n: 1 });
  tab.drop({ n: 2 });
  expect(mirror<{ n: number }>("thing").get()).toEqual({ n: 1 });
  tab.drop({ n: 1 });
  expect(tab.get()).toBeUndefined();
  sessionStorage.setItem("assay..thing", "{broken");
  expect(tab.get()).toBeUndefined();
});

test("what somebody entered comes back to them alone", () => {
  ownedBy("p1");
  const both = [mirror<string>("thing"), lasting<string>("thing")];
  both.forEach((m) => m.put("mine"));
  ownedBy("p2");
  expect(both.map((m) => m.get())).toEqual([undefined, undefined]);
  both.forEach((m) => m.drop());
  ownedBy("p1");
  expect(both.map((m) => m.get())).toEqual(["mine", "mine"]);
});

test("this browser keeps a thing for two weeks, and what is not such a thing for ever", () => {
  vi.setSystemTime(1_000);
  lasting<string>("thing").put("mine");
  localStorage.setItem("assay.player", "{}");
  vi.setSystemTime(1_000 + 14 * 86_400_000);
  ownedBy("p1");
  expect(localStorage.length).toBe(2);
  vi.setSystemTime(1_001 + 14 * 86_400_000);
  ownedBy("p1");
  expect(Object.keys(localStorage)).toEqual(["assay.player"]);
});
