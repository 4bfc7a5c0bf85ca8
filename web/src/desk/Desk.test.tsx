// The desk as a whole, by key: only the box, the sound and the drawing of the waves are made up.
import { fireEvent } from "@testing-library/preact";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { type Asked, Box, nothing, pass, refusal, settle } from "../../testing/box";
import { ALL, credits } from "../../testing/credits";
import { committed, final, review, sound } from "../../testing/made";
import {
  alerts,
  choose,
  key,
  press,
  screen,
  show,
  submit,
  textOf,
  unnamed,
  write,
} from "../../testing/show";
import { FakeAudio, lastAudio, playOn } from "../../testing/sound";
import { FakeEventSource } from "../../testing/stream";
import type { Review } from "../api";
import { Desk } from "./Desk";

vi.mock("./Wave", () => ({ Wave: () => null }));

const NOW = Date.parse("2026-11-20T12:00:00Z");
const HEARD = review({ calls: [sound({ heard: ALL })] });
let box: Box;
let beacons: string[];

function boxOf(current: Review | null, more: Record<string, unknown> = {}) {
  box = new Box({
    "GET /review/current": current,
    "POST /review/take": null,
    "GET /calls/c1/peaks": refusal(404, "Not there", "No peaks."),
    "GET /calls/c2/peaks": refusal(404, "Not there", "No peaks."),
    "POST /review/r1/heard": credits(current?.calls[0]?.heard ?? []),
    "PUT /review/r1/draft": { revision: 1, locked_until: "2026-11-20T12:30:00Z" },
    "GET /queue": { claims: [], waiting: 3, skipped: 0 },
    "GET /calls/c1/comments": { comments: [] },
    "GET /calls/c2/comments": { comments: [] },
    ...more,
  });
}
async function desk(current: Review | null = review(), more: Record<string, unknown> = {}) {
  boxOf(current, more);
  const view = await show(<Desk />);
  await pass(20);
  return view;
}
const keys = async (...all: string[]) => {
  for (const k of all) await key(k, { shiftKey: /^[!]$/.test(k) });
};
const failAll = async () => {
  for (const row of ["1", "2"]) {
    await key(row, { shiftKey: true });
    await key("1");
  }
};
const said = () => textOf(document.querySelector("[aria-live=polite]"));
const heading = () => textOf(screen.getByRole("heading", { level: 1 }));
const slider = () => screen.getByRole("slider", { name: "Playhead" });
const playhead = () => Number(slider().getAttribute("aria-valuenow"));
/** Plays the call on the desk from here on. */
async function hear(ms: number) {
  await key(" ");
  vi.advanceTimersByTime(20);
  playOn(ms);
  // What was played is told when it stops.
  await key(" ");
  await settle();
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  beacons = [];
  Object.defineProperty(navigator, "sendBeacon", {
    configurable: true,
    value: (url: string) => beacons.push(url) > 0,
  });
});

describe("what comes to the desk", () => {
  test("a page that is opened anew goes on where it was, and takes nothing else", async () => {
    await desk();
    expect(heading()).toBe("Brightwater Logistics");
    expect(box.count("POST /review/take")).toBe(0);
    expect(unnamed()).toEqual([]);
  });

  test("with nothing at hand nothing is taken: it says how many wait, and Enter takes the next", async () => {
    await desk(null, { "POST /review/take": review({ company: "Halden Cold Chain" }) });
    expect(screen.getByText("3 claims wait.")).toBeTruthy();
    await pass(60_000);
    expect(box.count("POST /review/take")).toBe(0);
    await key("Enter");
    await pass(20);
    expect(heading()).toBe("Halden Cold Chain");
  });

  test("its button does the same", async () => {
    await desk(null, { "POST /review/take": review() });
    await press(/Take the next claim/);
    expect(heading()).toBe("Brightwater Logistics");
    expect(box.count("POST /review/take")).toBe(1);
  });

  test("only an empty queue says that nothing waits, and it counts by itself", async () => {
    await desk(null, { "GET /queue": { claims: [], waiting: 0, skipped: 0 } });
    expect(screen.getByText("Nothing waits for you")).toBeTruthy();
    expect(screen.queryByRole("button", { name: /Take/ })).toBeNull();
    box.answers["GET /queue"] = { claims: [], waiting: 1, skipped: 0 };
    FakeEventSource.last.changed("queue");
    await settle();
    expect(screen.getByText("1 claim waits.")).toBeTruthy();
    expect(box.count("POST /review/take")).toBe(0);
  });

  test("what was skipped still waits, and that is said", async () => {
    await desk(null, { "GET /queue": { claims: [], waiting: 0, skipped: 2 } });
    expect(screen.queryByText("Nothing waits for you")).toBeNull();
    expect(screen.getByText("Only what you skipped waits.")).toBeTruthy();
    box.answers["GET /queue"] = { claims: [], waiting: 4, skipped: 2 };
    FakeEventSource.last.changed("queue");
    await settle();
    expect(screen.getByText(/You skipped 2; they come last/)).toBeTruthy();
  });

  test("where others were quicker it says so, and goes on counting", async () => {
    await desk(null);
    await key("Enter");
    await settle();
    expect(screen.getByText(/Somebody else was quicker/)).toBeTruthy();
  });

  test("a box in trouble is said, with a way to try again", async () => {
    await desk(null, { "POST /review/take": refusal(503, "Busy", "Try again.") });
    await key("Enter");
    await settle();
    expect(alerts()).toEqual(["Busy. Try again.Try again"]);
    box.answers["POST /review/take"] = review();
    await press("Try again");
    await key("Enter");
    await pass(20);
    expect(heading()).toBe("Brightwater Logistics");
  });

  test("second reviews have a queue and words of their own", async () => {
    boxOf(null, {
      "GET /second-reviews/current": null,
      "GET /second-reviews": { second_reviews: [], now: "2026-11-20T12:00:00Z" },
    });
    await show(<Desk second />);
    expect(screen.getByText(/Calls to be judged a second time show here/)).toBeTruthy();
    expect(box.asked.map((a) => a.path)).toEqual(["/second-reviews/current", "/second-reviews"]);
  });
});

describe("facts", () => {
  const facts = () =>
    Object.fromEntries(
      [...document.querySelectorAll(".claim dl > div")].map((d) => [
        textOf(d.querySelector("dt")),
        textOf(d.querySelector("dd")),
      ]),
    );

  test("who claimed it is hidden until the verdict", async () => {
    await desk();
    expect(facts()).toMatchObject({
      Contact: "A. Vance, operations",
      Campaign: "Fleet autumn",
      Checklist: "BANT v3",
      "Same company": "no other claim",
      Claimant: "hidden until the verdict is final",
    });
    expect(Object.keys(facts()).at(-1)).toBe("C-7, yours until");
  });

  test("on hold it still is; once final the claimant shows, and the item is nobody's to lose", async () => {
    const { leave } = await desk(review({ verdict: committed() }));
    expect(facts()).toMatchObject({ Claimant: "hidden until the verdict is final" });
    await leave();
    await desk(
      review({
        verdict: final(),
        other_claims: 2,
        contact: null,
        contact_role: null,
        came_by: "header",
      }),
    );
    expect(facts()).toMatchObject({
      Claimed: "by the phone system’s header",
      Contact: "unknown",
      "Same company": "2 other",
      Claimant: "Ines Okafor",
      Number: "C-7",
    });
  });

  test("a second review says when it is due, and not why it was asked for", async () => {
    boxOf(null, {
      "GET /second-reviews/current": review({ kind: "second_review", other_claims: null }),
    });
    await show(<Desk second />);
    expect(facts()).toMatchObject({ "Second review": "due soon" });
    expect(facts()).not.toHaveProperty("Claimant");
    expect(facts()).not.toHaveProperty("Same company");
    expect(facts()).not.toHaveProperty("Claimed");
  });
});

describe("judging by key", () => {
  test("a digit stamps where the sound stands, a letter answers", async () => {
    await desk();
    await hear(30_000);
    await keys("1", "a");
    expect(said()).toBe("Budget: Yes.");
    expect(screen.getByRole("button", { name: /Play the Budget clip, 0:22–0:40/ })).toBeTruthy();
  });

  test("Enter leads to what is missing, and into the box for the pain", async () => {
    await desk();
    await hear(42_000);
    await keys("1", "a", "2", "a", "Enter");
    expect(said()).toBe("Need: 0 words so far; 5 are needed.");
    expect(document.activeElement?.id).toBe("words-need");
    // Here keys are letters, and Escape leaves the box.
    await keys("b");
    expect(said()).toBe("Need: 0 words so far; 5 are needed.");
    await keys("Escape");
    expect(document.activeElement?.id).not.toBe("words-need");
  });

  test("Enter plays a moment that was not heard to its end", async () => {
    await desk();
    await keys("L", "L", "L");
    expect(playhead()).toBe(30);
    await keys("1", "b", "Enter");
    expect(said()).toBe("Budget: its moment was not heard to the end.");
    expect([lastAudio().paused, lastAudio().currentTime]).toEqual([false, 22]);
  });

  test("and from its first unheard second on: never again what was heard", async () => {
    await desk();
    await hear(30_000);
    await keys("1", "b", "Enter");
    expect([lastAudio().paused, lastAudio().currentTime]).toEqual([false, 30]);
    vi.advanceTimersByTime(20);
    playOn(10_000);
    await settle();
    // The clip was played to its end, told, and now decides.
    expect(lastAudio().paused).toBe(true);
    await keys("Enter");
    expect(said()).toMatch(/^Ready: does not pass. Not judged: Need/);
  });

  test("Enter waits for the answer to what was just played, and arms by it", async () => {
    let answer: () => void = () => undefined;
    const believed = credits();
    await desk(review(), {
      "POST /review/r1/heard": (asked: Asked) =>
        new Promise((resolve) => (answer = () => resolve(believed(asked)))),
    });
    await hear(12_000);
    await keys("1", "o", "b", "Enter");
    // Told, and not answered yet: it is neither played again nor armed.
    expect([lastAudio().paused, screen.queryByText(/nothing is booked/)]).toEqual([true, null]);
    answer();
    await settle();
    expect(said()).toMatch(/^Ready: does not pass/);
  });

  test("Enter plays speech on from where it was not heard, until the share is there", async () => {
    await desk(review({ heard_needed: 0.9 }));
    await hear(20_000);
    await failAll();
    await keys("Enter");
    expect(said()).toMatch(/% of the speech heard; 90 % are needed/);
    expect([lastAudio().paused, lastAudio().currentTime]).toEqual([false, 20]);
  });

  test("Ctrl and Z undo, with Shift they do it again, and both say what", async () => {
    await desk();
    await keys("a");
    await key("z", { ctrlKey: true });
    expect(said()).toBe("Undone: Budget: Yes.");
    expect(screen.queryByRole("radio", { checked: true })).toBeNull();
    await key("Z", { ctrlKey: true, shiftKey: true });
    expect(said()).toBe("Done again: Budget: Yes.");
    expect(screen.getByRole("radio", { checked: true })).toBeTruthy();
  });

  test("twice Enter gives, once and Escape does not", async () => {
    const given = committed({ passed: false });
    await desk(HEARD, {
      "POST /review/r1/verdict": given,
      "GET /review/r1": review({ verdict: given }),
    });
    await failAll();
    await keys("Enter");
    expect(screen.getByText("Not passed: nothing is booked.")).toBeTruthy();
    await keys("Escape");
    expect(screen.queryByText("Not passed: nothing is booked.")).toBeNull();
    expect(box.count("POST /review/r1/verdict")).toBe(0);
    await keys("Enter", "Enter");
    await pass(20);
    expect(box.count("POST /review/r1/verdict")).toBe(1);
    expect(screen.getByRole("region", { name: "Verdict given" })).toBeTruthy();
  });

  test("a verdict that the box refuses is said, and the answers are kept", async () => {
    await desk(HEARD, {
      "POST /review/r1/verdict": refusal(422, "Cannot be read", "Not ready."),
    });
    await failAll();
    await keys("Enter", "Enter");
    await pass(20);
    expect(alerts()).toContain("Cannot be read. Not ready.Close");
    expect(screen.getAllByText("Fail").length).toBe(2);
  });

  test("Z takes it back, N opens what was taken ahead", async () => {
    const given = committed({ passed: false });
    await desk(HEARD, {
      "POST /review/r1/verdict": given,
      "GET /review/r1": review({ verdict: given }),
      "DELETE /review/r1/verdict": HEARD,
      "POST /review/take": review({ id: "r2", company: "Halden Cold Chain", calls: [] }),
      "POST /review/r2/release": nothing,
    });
    await failAll();
    await keys("Enter", "Enter");
    await pass(20);
    await keys("z");
    await pass(20);
    expect(said()).toBe("Taken back. Your answers are as they were.");
    expect(box.count("POST /review/r2/release")).toBe(1);
    await keys("Enter", "Enter");
    await pass(20);
    await keys("n");
    await pass(20);
    expect(heading()).toBe("Halden Cold Chain");
    expect(screen.getByText("No sound")).toBeTruthy();
  });

  test("N means nothing before the verdict", async () => {
    await desk();
    await keys("n");
    expect([heading(), box.count("POST /review/take")]).toEqual(["Brightwater Logistics", 0]);
  });

  test("after a hold the page asks again, and only then shows whose claim it was", async () => {
    const given = committed({ passed: false, hold_until: "2026-11-20T12:00:10Z" });
    await desk(HEARD, {
      "POST /review/r1/verdict": given,
      "GET /review/r1": review({ verdict: given }),
    });
    await failAll();
    await keys("Enter", "Enter");
    await pass(20);
    await pass(9_000);
    expect(box.count("GET /review/r1")).toBe(1);
    expect(document.body.textContent).not.toContain("Ines Okafor");
    await pass(2_500);
    // The box may take a moment more to seal it.
    expect(box.count("GET /review/r1")).toBeGreaterThan(1);
    box.answers["GET /review/r1"] = review({ verdict: final({ passed: false }) });
    await pass(1_500);
    expect(document.body.textContent).toContain("Ines Okafor claimed it");
    const asked = box.count("GET /review/r1");
    await pass(10_000);
    expect(box.count("GET /review/r1")).toBe(asked);
  });

  test("keys that are chords, or pressed in a dialog, are left alone", async () => {
    await desk();
    await key("q", { ctrlKey: true });
    expect(document.querySelector("dialog")).toBeNull();
    await keys("?");
    const dialog = document.querySelector("dialog");
    expect(dialog?.hasAttribute("open")).toBe(true);
    await keys("a");
    expect(said()).toBe("");
  });

  test("a key that is held down counts once, but for a seek", async () => {
    await desk();
    await key("a", { repeat: true });
    expect(said()).toBe("");
    await key("l", { repeat: true });
    await key("l", { repeat: true });
    expect(playhead()).toBe(20);
  });

  test("a button that has the focus keeps Space and Enter for itself", async () => {
    await desk();
    screen.getByRole("button", { name: /Keys/ }).focus();
    await keys(" ", "Enter");
    expect(lastAudio().paused).toBe(true);
    expect(said()).toBe("");
    await keys("a");
    expect(said()).toBe("Budget: Yes.");
  });
});

describe("sound", () => {
  test("speed, volume and silence go by key and stay as they were", async () => {
    const { leave } = await desk();
    await keys(".", ".", "-", "s");
    expect(textOf(document.getElementById("speed"))).toBe("1.5×");
    expect(screen.getByText("Vol 90")).toBeTruthy();
    expect(screen.getByRole("button", { name: /Skip silence/ }).getAttribute("aria-pressed")).toBe(
      "true",
    );
    await leave();
    await desk();
    expect(textOf(document.getElementById("speed"))).toBe("1.5×");
    expect(lastAudio().playbackRate).toBe(1.5);
  });

  test("U goes on to speech that was not heard, and says when there is none", async () => {
    await desk(
      review({ calls: [sound({ heard: [{ from_ms: 2_000, to_ms: 22_000, speed: 1 }] })] }),
    );
    await keys("u");
    expect([lastAudio().paused, lastAudio().currentTime]).toEqual([false, 22]);
    vi.advanceTimersByTime(20);
    playOn(21_000);
    await keys("u");
    expect(said()).toBe("All speech of this call was heard.");
  });

  test("the playhead moves by its own keys and stays within the call", async () => {
    await desk();
    const slider = screen.getByRole("slider", { name: "Playhead" });
    for (const [k, at] of [
      ["End", 60],
      ["ArrowLeft", 55],
      ["ArrowRight", 60],
      ["ArrowRight", 60],
      ["Home", 0],
      ["ArrowLeft", 0],
    ] as const) {
      await key(k, {}, slider);
      expect([k, playhead()]).toEqual([k, at]);
    }
    expect(slider.getAttribute("aria-valuetext")).toBe("0:00 of 1:00");
  });

  test("what was heard is drawn and told, also of a call that was heard before", async () => {
    await desk(review({ calls: [sound({ heard: [{ from_ms: 0, to_ms: 2_000, speed: 1 }] })] }));
    expect(screen.getByRole("img", { name: "2 seconds heard" })).toBeTruthy();
    await hear(5_000);
    expect(screen.getByRole("img", { name: "5 seconds heard" })).toBeTruthy();
    expect(box.sent("POST /review/r1/heard")[0]).toMatchObject({ call: "c1" });
  });

  test("sound that does not load is said, and the answers stay", async () => {
    await desk();
    await keys("a");
    lastAudio().breaks(2);
    await settle();
    expect(alerts().join()).toContain("No sound. The audio of this call did not load.");
    await press("Load it again");
    expect(alerts().join()).not.toContain("No sound");
    expect(screen.getByRole("radio", { name: /Yes/, checked: true })).toBeTruthy();
  });

  test("V opens the claim's next call, and a clip opens the call that it lies in", async () => {
    await desk(review({ calls: [sound(), sound({ call: "c2", duration_ms: 30_000 })] }));
    await keys("1");
    await keys(" ", "v");
    expect([said(), FakeAudio.all[0]?.paused]).toEqual(["Call 2 of 2.", true]);
    expect(slider().getAttribute("aria-valuemax")).toBe("30");
    await press(/Play the Budget clip/);
    expect(slider().getAttribute("aria-valuemax")).toBe("60");
    expect(FakeAudio.all[0]?.paused).toBe(false);
  });

  test("M pins a comment to what was just said", async () => {
    await desk(review(), { "POST /calls/c1/comments": { id: "k1" } });
    await hear(20_000);
    await keys("m");
    expect(screen.getByRole("heading", { name: "Comment on 0:12 to 0:20" })).toBeTruthy();
    await write("Comment", "Well led.");
    await submit("Pin it");
    expect(box.sent("POST /calls/c1/comments")).toEqual([
      { from_ms: 12_000, to_ms: 20_000, tag: null, text: "Well led." },
    ]);
    expect([said(), localStorage.length]).toEqual(["Comment pinned.", 0]);
  });

  test("a comment that was begun is here when the page is opened anew, with its moment", async () => {
    const { leave } = await desk(review(), { "POST /calls/c1/comments": { id: "k1" } });
    await hear(20_000);
    await keys("m");
    await write("Comment", "Well");
    await choose("Tag", "bridge");
    await leave();
    await desk(review(), { "POST /calls/c1/comments": { id: "k1" } });
    await keys("m");
    expect(screen.getByRole("heading", { name: "Comment on 0:12 to 0:20" })).toBeTruthy();
    expect(screen.getByText(/It is not pinned yet/)).toBeTruthy();
    await write("Comment", "Well led.");
    await submit("Pin it");
    expect(box.sent("POST /calls/c1/comments")).toEqual([
      { from_ms: 12_000, to_ms: 20_000, tag: "bridge", text: "Well led." },
    ]);
    await keys("m");
    expect((screen.getByLabelText("Comment") as HTMLTextAreaElement).value).toBe("");
    // Who cancels it wants none of it.
    await write("Comment", "No");
    await press("Cancel");
    expect(localStorage.length).toBe(0);
  });
});

describe("what is kept", () => {
  test("answers are kept a moment after each change, the last of a row of changes", async () => {
    await desk();
    await pass(5_000);
    expect(box.count("PUT /review/r1/draft")).toBe(0);
    await keys("a");
    await pass(500);
    await keys("b");
    await pass(599);
    expect(box.count("PUT /review/r1/draft")).toBe(0);
    await pass(1);
    expect(box.sent("PUT /review/r1/draft")).toEqual([
      { revision: 0, draft: { rows: { budget: { answer: "no", words: "" } }, marked: 0 } },
    ]);
    expect(screen.getByText(/^Saved \d/)).toBeTruthy();
  });

  test("an answer just given is saved when the page goes, is hidden, or another is opened", async () => {
    for (const go of [
      () => dispatchEvent(new Event("pagehide")),
      () => {
        vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
        document.dispatchEvent(new Event("visibilitychange"));
      },
    ]) {
      const { leave } = await desk();
      await keys("a");
      go();
      expect(box.count("PUT /review/r1/draft")).toBe(1);
      await leave();
      vi.restoreAllMocks();
    }
    const { leave } = await desk();
    await keys("a");
    await leave();
    expect(box.count("PUT /review/r1/draft")).toBe(1);
  });

  test("so is one that is given in the very moment in which the page is closed", async () => {
    await desk();
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "a", bubbles: true }));
    // Time enough for the answer to be shown, and not for the page to be drawn.
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    dispatchEvent(new Event("pagehide"));
    expect(box.count("PUT /review/r1/draft")).toBe(1);
  });

  test("what could not be saved is said at its place and tried again", async () => {
    await desk(review(), { "PUT /review/r1/draft": refusal(503, "Busy", "Try again.") });
    await keys("a");
    expect(screen.getByText("Saving …")).toBeTruthy();
    await pass(700);
    expect(screen.getByText("Not saved: the box is busy, trying again")).toBeTruthy();
    expect(said()).toBe("Not saved: the box is busy, trying again.");
    box.answers["PUT /review/r1/draft"] = { revision: 1, locked_until: "2026-11-20T12:30:00Z" };
    await pass(1_000);
    expect(screen.getByText(/^Saved \d/)).toBeTruthy();
  });

  test("what the box does not have yet is here when the page is loaded again, and is saved then", async () => {
    // The session ended: the answer waits for a password, and the page is loaded again instead.
    const { leave } = await desk(review(), { "PUT /review/r1/draft": () => new Promise(() => {}) });
    await keys("b");
    await pass(600);
    await leave();
    await desk();
    expect(screen.getByRole("radio", { name: /No/, checked: true })).toBeTruthy();
    await pass(600);
    expect(box.sent("PUT /review/r1/draft")).toEqual([
      { revision: 0, draft: { rows: { budget: { answer: "no", words: "" } }, marked: 0 } },
    ]);
    expect(sessionStorage.length).toBe(0);
  });

  test("another tab makes this one only show the claim, with a way to go on here", async () => {
    await desk(review(), {
      "PUT /review/r1/draft": refusal(409, "Open in another tab", "Another tab saved since."),
    });
    await keys("a");
    await pass(700);
    expect(alerts().join()).toContain("Open in another tab. Another tab of yours has saved since.");
    await keys("b");
    expect(screen.getByRole("radio", { name: /Yes/, checked: true })).toBeTruthy();
    const draft = { marked: 1, rows: { budget: { answer: "no", words: "" } } };
    box.answers["GET /review/current"] = review({ draft, draft_revision: 7 });
    box.answers["PUT /review/r1/draft"] = { revision: 8, locked_until: "2026-11-20T12:30:00Z" };
    await press("Go on here");
    await pass(20);
    await keys("a");
    await pass(700);
    expect(box.sent("PUT /review/r1/draft").at(-1)).toMatchObject({ revision: 7 });
  });

  test("an item that went back leads to the next", async () => {
    await desk(review(), {
      "PUT /review/r1/draft": refusal(409, "Not with you any more", "Its time ran out.", {
        type: "urn:assay:not-with-you",
      }),
      "POST /review/take": review({ id: "r2", company: "Halden Cold Chain" }),
    });
    await keys("a");
    await pass(700);
    expect(alerts().join()).toContain("Not with you any more. Its time ran out.");
    await press("Take the next");
    await pass(20);
    expect(heading()).toBe("Halden Cold Chain");
  });

  test("an item that is left alone asks whether somebody is there, by the box's clock", async () => {
    // Ours is a day off.
    vi.setSystemTime(NOW + 86_400_000);
    await desk(review({ locked_until: "2026-11-20T12:03:00Z" }));
    expect(alerts().join()).not.toContain("Still there?");
    await pass(75_000);
    expect(alerts().join()).toContain("Still there? In two minutes this goes back to the queue.");
    await press("I am here");
    expect(box.count("PUT /review/r1/draft")).toBe(1);
    expect(alerts().join()).not.toContain("Still there?");
  });

  test("what was taken ahead goes back when the page goes", async () => {
    const given = committed({ passed: false });
    const { leave } = await desk(HEARD, {
      "POST /review/r1/verdict": given,
      "GET /review/r1": review({ verdict: given }),
      "POST /review/take": review({ id: "r2" }),
    });
    await failAll();
    await keys("Enter", "Enter");
    await pass(20);
    await leave();
    await pass(100);
    expect(beacons).toEqual(["/api/v1/review/r2/release"]);
  });
});

describe("leaving an item", () => {
  const NEXT = { "POST /review/take": review({ id: "r2", company: "Halden Cold Chain" }) };

  test("Q asks why; a digit chooses, Enter skips it and takes the next", async () => {
    await desk(review(), { ...NEXT, "POST /review/r1/release": nothing });
    await keys("q");
    const dialog = screen.getByRole("dialog", { name: "Skip it: why?" });
    await key("2", {}, dialog);
    expect(
      screen.getByRole("radio", { name: /I do not understand the language/, checked: true }),
    ).toBeTruthy();
    await submit(/Skip and take the next/);
    await pass(20);
    expect(box.sent("POST /review/r1/release")).toEqual([{ reason: "language" }]);
    expect(heading()).toBe("Halden Cold Chain");
  });

  test("another reason needs a note, and no reason is none", async () => {
    await desk(review(), { ...NEXT, "POST /review/r1/release": nothing });
    await keys("q");
    await submit(/Skip and take the next/);
    expect(alerts().join()).toContain("No reason yet. Press its digit.");
    await key("4", {}, screen.getByRole("dialog"));
    await submit(/Skip and take the next/);
    expect(alerts().join()).toContain("No note yet.");
    await write("The reason", "The phone rang");
    await submit(/Skip and take the next/);
    await pass(20);
    expect(box.sent("POST /review/r1/release")).toEqual([
      { reason: "other", note: "The phone rang" },
    ]);
  });

  test("a claim of another company goes back to its claimant, with a note", async () => {
    await desk(review(), { ...NEXT, "POST /review/r1/send-back": nothing });
    await keys("q");
    await key("5", {}, screen.getByRole("dialog"));
    await write(/Which company is it/, "Halden Cold Chain");
    await submit(/Skip and take the next/);
    await pass(20);
    expect(box.sent("POST /review/r1/send-back")).toEqual([{ note: "Halden Cold Chain" }]);
  });

  test("a note that was begun is here again, and its reason is chosen anew", async () => {
    const { leave } = await desk();
    await keys("q");
    await key("5", {}, screen.getByRole("dialog"));
    await write(/Which company is it/, "Halden Cold");
    await leave();
    await desk(review(), { ...NEXT, "POST /review/r1/send-back": nothing });
    await keys("q");
    await submit(/Skip and take the next/);
    expect(alerts().join()).toContain("No reason yet.");
    await key("5", {}, screen.getByRole("dialog"));
    await submit(/Skip and take the next/);
    await pass(20);
    expect(box.sent("POST /review/r1/send-back")).toEqual([{ note: "Halden Cold" }]);
    expect(localStorage.length).toBe(0);
  });

  test("a second review cannot go back to a claimant", async () => {
    boxOf(null, { "GET /second-reviews/current": review({ kind: "second_review" }) });
    await show(<Desk second />);
    await keys("q");
    expect(screen.queryByText(/This is another company/)).toBeNull();
  });

  test("what the box refuses is said in the dialog, and the item stays", async () => {
    await desk(review(), { "POST /review/r1/release": refusal(503, "Busy", "Try again.") });
    await keys("q");
    await key("1", {}, screen.getByRole("dialog"));
    await submit(/Skip and take the next/);
    await pass(20);
    expect(alerts().join()).toContain("Busy. Try again.");
    await press(/Stay with it/);
    await keys("a");
    expect(said()).toBe("Budget: Yes.");
  });

  test("a pause frees the claim and takes nothing by itself", async () => {
    await desk(review(), { ...NEXT, "POST /review/r1/release": nothing });
    await keys("w");
    await pass(60_000);
    expect(box.sent("POST /review/r1/release")).toEqual([{ reason: "break" }]);
    expect(screen.getByText("Paused")).toBeTruthy();
    expect(screen.getByText(/Nothing is with you. 3 claims wait./)).toBeTruthy();
    expect(box.count("POST /review/take")).toBe(0);
    await press(/Take the next claim/);
    expect(heading()).toBe("Halden Cold Chain");
  });
});

describe("on the time axis", () => {
  test("each row has a lane for its clip, and the edges of the marked one move by key", async () => {
    await desk();
    await keys("L", "L", "1");
    const lanes = [...document.querySelectorAll(".ev")].map((l) => [
      textOf(l),
      l.querySelectorAll("i").length,
    ]);
    expect(lanes).toEqual([
      ["1 Budget", 1],
      ["2 Need", 0],
      ["3 Extra", 0],
    ]);
    const starts = screen.getByRole("slider", { name: "Budget clip starts" });
    expect(starts.getAttribute("aria-valuenow")).toBe("12");
    await key("ArrowLeft", {}, starts);
    expect(starts.getAttribute("aria-valuenow")).toBe("11.75");
    // Not the playhead's, which has the same keys.
    expect(playhead()).toBe(20);
    await key("[", { code: "BracketLeft" });
    expect(starts.getAttribute("aria-valuenow")).toBe("11.5");
    await key("z", { ctrlKey: true });
    expect(starts.getAttribute("aria-valuenow")).toBe("11.75");
  });

  test("an edge follows the pointer, and one pull is one change", async () => {
    await desk();
    await keys("L", "L", "1");
    const ends = screen.getByRole("slider", { name: "Budget clip ends" });
    const track = ends.closest(".track") as HTMLElement;
    track.getBoundingClientRect = () => ({ left: 100, width: 600 }) as DOMRect;
    const pointer = (kind: string, clientX: number) =>
      fireEvent(ends, new PointerEvent(kind, { clientX, bubbles: true, pointerId: 1 }));
    pointer("pointerdown", 400);
    pointer("pointermove", 450);
    await settle();
    expect(ends.getAttribute("aria-valuenow")).toBe("35");
    pointer("pointermove", 500);
    pointer("pointerup", 500);
    await settle();
    expect([ends.getAttribute("aria-valuenow"), said()]).toEqual(["40", "Budget: clip ends here."]);
    await key("z", { ctrlKey: true });
    expect(ends.getAttribute("aria-valuenow")).toBe("30");
  });

  test("comments are pins at their place, and the list beside plays them", async () => {
    const note = { by: "Max", at: "2026-11-20T12:00:00Z", to_ms: 31_000 };
    await desk(review(), {
      "GET /calls/c1/comments": {
        comments: [
          { ...note, id: "k2", from_ms: 30_000, tag: null, text: "Back from hold" },
          { ...note, id: "k1", from_ms: 15_000, tag: "stall", text: "Send me something" },
        ],
      },
    });
    const pins = [...document.querySelectorAll<HTMLElement>(".pin")];
    expect(pins.map((p) => [textOf(p), p.style.left, p.style.width])).toEqual([
      ["Stall", "25%", "25%"],
      ["Back from hold", "50%", "50%"],
    ]);
    await press(/Play from 0:30/);
    expect([lastAudio().paused, lastAudio().currentTime]).toEqual([false, 30]);
  });
});
