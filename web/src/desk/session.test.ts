import { beforeEach, expect, test, vi } from "vitest";
import { Box, nothing, pass, refusal, settle } from "../../testing/box";
import { credits } from "../../testing/credits";
import { committed, review } from "../../testing/made";
import { lastAudio, playOn } from "../../testing/sound";
import type { Review } from "../api";
import { Ahead } from "./ahead";
import { Session } from "./session";
import { CLAIMS, SECOND_REVIEWS } from "./source";
import { begin, reduce, type Step, type Work } from "./work";

const UNTIL = "2026-11-20T12:31:00Z";
const KEPT = { revision: 1, locked_until: "2026-11-20T12:40:00Z" };
let steps: Step[];

function open(of: Review, source = CLAIMS) {
  const ahead = new Ahead(source);
  const session = new Session(of, {
    ahead,
    source,
    dispatch: (step) => steps.push(step),
    moved: () => undefined,
  });
  session.start();
  return { session, ahead };
}

/** Every must-pass row fails: what is given needs nothing more. */
const judged = (of: Review): Work =>
  [0, 1].reduce((work, row) => reduce(work, { do: "answer", row, letter: 1 }), begin(of));
const ANSWERS = [
  { criterion: "budget", answer: "no" },
  { criterion: "need", answer: "no" },
];
/** Has the session's first call play for some seconds. */
function hear(session: Session, ms: number) {
  session.players.of("c1")?.toggle();
  vi.advanceTimersByTime(20);
  playOn(ms);
}

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-11-20T12:00:00Z") });
  steps = [];
});

test("what was heard is told before the verdict is given", async () => {
  const box = new Box({
    "POST /review/r1/heard": credits([], UNTIL),
    "POST /review/r1/verdict": committed({ passed: false }),
    "POST /review/take": null,
    "GET /review/r1": review({ verdict: committed({ passed: false }) }),
  });
  const { session } = open(review());
  hear(session, 3_000);
  await session.give(judged(review()));
  expect(box.asked.map((a) => `${a.method} ${a.path}`)).toEqual([
    "POST /review/r1/heard",
    "POST /review/r1/verdict",
    "POST /review/take",
    "GET /review/r1",
  ]);
  expect(box.sent("POST /review/r1/heard")).toEqual([
    { call: "c1", played: [{ from_ms: 0, to_ms: 3_000, speed: 1 }] },
  ]);
  expect(box.sent("POST /review/r1/verdict")).toEqual([{ answers: ANSWERS, note: "" }]);
  expect(steps).toEqual([
    { do: "kept", until: UNTIL },
    {
      do: "given",
      review: review({ verdict: committed({ passed: false }) }),
      said: "Verdict given: not passed. Z takes it back for ten seconds.",
    },
  ]);
});

test("the same verdict sent again keeps its key; another one has its own", async () => {
  const box = new Box({ "POST /review/r1/verdict": refusal(503, "Busy", "Try again.") });
  const { session } = open(review());
  const work = judged(review());
  await session.give(work);
  await session.give(work);
  await session.give(reduce(work, { do: "answer", row: 0, letter: 2 }));
  const keys = box.asked.map((a) => a.headers["idempotency-key"]);
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect([keys[1] === keys[0], keys[2] === keys[0]]).toEqual([true, false]);
  expect(steps.map((s) => s.do)).toEqual(["refused", "refused", "refused"]);
});

test("a verdict that was refused leaves the item here: drafts and hearing go on", async () => {
  const box = new Box({
    "POST /review/r1/verdict": refusal(422, "Cannot be read", "Not ready."),
    "PUT /review/r1/draft": KEPT,
    "POST /review/r1/heard": credits([], UNTIL),
  });
  const { session } = open(review());
  await session.give(judged(review()));
  await session.here(judged(review()));
  expect(steps).toContainEqual({ do: "kept", until: KEPT.locked_until });
  hear(session, 2_000);
  await pass(5_000);
  expect(box.count("POST /review/r1/heard")).toBe(1);
});

test("a verdict that the box has, and the page cannot ask about, is given all the same", async () => {
  new Box({
    "POST /review/r1/verdict": committed(),
    "POST /review/take": null,
    "GET /review/r1": refusal(503, "Busy", "Try again."),
  });
  const { session } = open(review());
  await session.give(judged(review()));
  expect(steps).toEqual([
    {
      do: "given",
      review: review({ verdict: committed() }),
      said: "Verdict given: passed. Z takes it back for ten seconds.",
    },
  ]);
});

test("once given, nothing more is told of it and no draft is kept", async () => {
  const box = new Box({
    "POST /review/r1/verdict": committed(),
    "POST /review/take": null,
    "GET /review/r1": review({ verdict: committed() }),
  });
  const { session } = open(review());
  await session.give(judged(review()));
  hear(session, 2_000);
  await pass(20_000);
  await session.here(judged(review()));
  expect(box.count("POST /review/r1/heard")).toBe(0);
  expect(box.count("PUT /review/r1/draft")).toBe(0);
});

test("taken back, the item ahead is given back first and this one is heard again", async () => {
  const box = new Box({
    "POST /review/r1/verdict": committed(),
    "POST /review/take": review({ id: "r2", calls: [] }),
    "GET /review/r1": review({ verdict: committed() }),
    "POST /review/r2/release": nothing,
    "DELETE /review/r1/verdict": review(),
    "POST /review/r1/heard": credits([], UNTIL),
  });
  const { session } = open(review());
  await session.give(judged(review()));
  await session.takeBack(review());
  const order = box.asked.map((a) => `${a.method} ${a.path}`);
  expect(order.slice(-2)).toEqual(["POST /review/r2/release", "DELETE /review/r1/verdict"]);
  expect(steps.at(-1)).toEqual({
    do: "given",
    review: review(),
    said: "Taken back. Your answers are as they were.",
  });
  hear(session, 2_000);
  await pass(5_000);
  expect(box.count("POST /review/r1/heard")).toBe(1);
});

test("too late to take back is said", async () => {
  new Box({ "DELETE /review/r1/verdict": refusal(409, "Somebody was first", "It is sealed.") });
  const { session } = open(review({ verdict: committed() }));
  await session.takeBack(review());
  expect(steps).toEqual([
    {
      do: "trouble",
      problem: { status: 409, title: "Somebody was first", detail: "It is sealed." },
    },
  ]);
});

test("let go: what was heard is told and what was answered saved, then the item goes", async () => {
  const box = new Box({
    "POST /review/r1/heard": credits([], UNTIL),
    "POST /review/r1/release": nothing,
    "PUT /review/r1/draft": KEPT,
  });
  const { session } = open(review());
  hear(session, 1_000);
  session.answered(judged(review()));
  expect(await session.letGo(review(), { reason: "break" })).toBeUndefined();
  expect(box.asked.map((a) => a.path).sort()).toEqual([
    "/review/r1/draft",
    "/review/r1/heard",
    "/review/r1/release",
  ]);
  expect(box.asked.at(-1)?.body).toEqual({ reason: "break" });
  // Nothing more is told or saved of it.
  session.answered(judged(review()));
  await pass(20_000);
  expect(box.asked.length).toBe(3);
});

test("another company's claim goes back to its claimant, with the note", async () => {
  const box = new Box({ "POST /review/r1/send-back": nothing });
  const { session } = open(review());
  await session.letGo(review(), { reason: "company", note: "It is Halden's." });
  expect(box.sent("POST /review/r1/send-back")).toEqual([{ note: "It is Halden's." }]);
});

test("what the box does not take back stays here", async () => {
  const box = new Box({ "PUT /review/r1/draft": KEPT });
  const { session } = open(review());
  const problem = await session.letGo(review(), { reason: "language" });
  expect(problem?.status).toBe(404);
  await session.here(judged(review()));
  expect(box.count("PUT /review/r1/draft")).toBe(1);
});

test("a second review is answered at its own address and moves nothing ahead", async () => {
  const fresh = review({ kind: "second_review" });
  const answered = {
    passed: false,
    answers: ANSWERS,
    decided: true,
    final_passed: false,
    dispute: null,
  };
  const box = new Box({
    "POST /second-reviews/r1/answer": review({ kind: "second_review", answered }),
  });
  const { session } = open(fresh, SECOND_REVIEWS);
  await session.give(judged(fresh));
  expect(box.asked.map((a) => [a.path, a.body])).toEqual([
    ["/second-reviews/r1/answer", { answers: ANSWERS, note: "" }],
  ]);
  expect(steps).toMatchObject([{ do: "given", said: "Given. N opens the next." }]);
});

test("a dispute's reviewer answers blind, then confirms; heard in between as well", async () => {
  const answered = {
    passed: false,
    answers: ANSWERS,
    decided: false,
    final_passed: null,
    dispute: null,
  };
  const blind = review({ kind: "second_review", answered: null });
  const told = review({ kind: "second_review", answered });
  const box = new Box({
    "POST /second-reviews/r1/answer": told,
    "POST /second-reviews/r1/confirm": review({
      kind: "second_review",
      answered: { ...answered, decided: true },
    }),
    "POST /review/r1/heard": credits([], UNTIL),
  });
  const { session } = open(blind, SECOND_REVIEWS);
  await session.give(judged(blind));
  expect(steps.at(-1)).toMatchObject({
    do: "given",
    said: "This was a dispute. Read the reason, then confirm or change your answers.",
  });
  hear(session, 2_000);
  await pass(5_000);
  expect(box.count("POST /review/r1/heard")).toBe(1);
  await session.give(judged(told));
  expect(box.count("POST /second-reviews/r1/confirm")).toBe(1);
  expect(steps.at(-1)).toMatchObject({ do: "given", said: "Given. N opens the next." });
});

test("a draft of another tab makes this one only show it", async () => {
  const box = new Box({
    "PUT /review/r1/draft": refusal(409, "Open in another tab", "Another tab saved since."),
  });
  const { session } = open(review({ draft_revision: 4 }));
  await session.here(judged(review()));
  expect(box.sent("PUT /review/r1/draft")).toMatchObject([{ revision: 4 }]);
  expect(steps.at(-1)).toMatchObject({ do: "away", why: "tab" });
  hear(session, 2_000);
  await pass(10_000);
  expect(box.count("POST /review/r1/heard")).toBe(0);
});

test("an item that is not with this person any more is said, whichever request finds out", async () => {
  const gone = refusal(409, "Not with you any more", "It went back to the queue.", {
    type: "urn:assay:not-with-you",
  });
  const box = new Box({ "PUT /review/r1/draft": gone, "POST /review/r1/heard": gone });
  const { session } = open(review());
  hear(session, 2_000);
  await pass(5_000);
  expect(steps.at(-1)).toMatchObject({ do: "away", why: "gone" });
  session.answered(judged(review()));
  await pass(5_000);
  expect(box.count("PUT /review/r1/draft")).toBe(0);
});

test("a report that the box does not believe is said, and the item stays", async () => {
  new Box({ "POST /review/r1/heard": refusal(422, "Not a report", "It runs backwards.") });
  const { session } = open(review());
  hear(session, 2_000);
  await pass(5_000);
  expect(steps.at(-1)).toMatchObject({ do: "trouble", problem: { title: "Not a report" } });
});

test("sound that does not load is said, and nothing is lost", async () => {
  const { session } = open(review());
  session.players.of("c1");
  lastAudio().breaks(2);
  await settle();
  expect(steps).toMatchObject([{ do: "trouble", problem: { title: "No sound" } }]);
});

test("a page that is left tells the last of it and stops its sound", async () => {
  const box = new Box({ "POST /review/r1/heard": credits([], UNTIL) });
  const { session } = open(review());
  hear(session, 1_500);
  session.stop();
  await settle();
  expect(box.sent("POST /review/r1/heard")).toEqual([
    { call: "c1", played: [{ from_ms: 0, to_ms: 1_500, speed: 1 }] },
  ]);
  expect(lastAudio().paused).toBe(true);
  await pass(20_000);
  expect(box.asked.length).toBe(1);
});
