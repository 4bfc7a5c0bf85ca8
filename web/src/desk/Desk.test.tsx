// The desk as a whole, by key: only the box, the sound and the drawing of the waves are made up.
import { beforeEach, describe, expect, test, vi } from "vitest";
import { Box, nothing, pass, refusal, settle } from "../../testing/box";
import { committed, review, sound } from "../../testing/made";
import { alerts, key, press, screen, show, textOf, unnamed } from "../../testing/show";
import { FakeAudio, lastAudio, playOn } from "../../testing/sound";
import { FakeEventSource } from "../../testing/stream";
import type { Review } from "../api";
import { Desk } from "./Desk";

vi.mock("./Wave", () => ({ Wave: () => null }));

const NOW = Date.parse("2026-11-20T12:00:00Z");
const LISTENED = { speech_ms: 1, heard_ms: 1, share: 1, locked_until: "2026-11-20T12:30:00Z" };
let box: Box;
let beacons: string[];

function boxOf(current: Review | null, more: Record<string, unknown> = {}) {
  box = new Box({
    "GET /review/current": current,
    "POST /review/take": null,
    "GET /calls/c1/peaks": refusal(404, "Not there", "No peaks."),
    "GET /calls/c2/peaks": refusal(404, "Not there", "No peaks."),
    "POST /review/r1/heard": LISTENED,
    "PUT /review/r1/draft": { locked_until: "2026-11-20T12:30:00Z" },
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
const playhead = () => Number(screen.getByRole("slider").getAttribute("aria-valuenow"));
/** Plays the call on the desk from here on. */
async function hear(ms: number) {
  await key(" ");
  vi.advanceTimersByTime(20);
  playOn(ms);
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

  test("with nothing at hand the next is taken", async () => {
    await desk(null, { "POST /review/take": review({ company: "Halden Cold Chain" }) });
    expect(heading()).toBe("Halden Cold Chain");
  });

  test("an empty queue says so and opens the next by itself", async () => {
    await desk(null);
    expect(screen.getByText("Nothing waits for you")).toBeTruthy();
    expect(screen.getByText("The next claim opens here by itself.")).toBeTruthy();
    box.answers["POST /review/take"] = review();
    FakeEventSource.last.changed("claims");
    await settle();
    expect(screen.queryByRole("slider")).toBeNull();
    FakeEventSource.last.changed("queue");
    await settle();
    expect(heading()).toBe("Brightwater Logistics");
    // With an item at hand the queue concerns it no more.
    FakeEventSource.last.changed("queue");
    await settle();
    expect(box.count("POST /review/take")).toBe(2);
  });

  test("a box in trouble is said, with a way to try again", async () => {
    await desk(null, { "POST /review/take": refusal(503, "Busy", "Try again.") });
    expect(alerts()).toEqual(["Busy. Try again.Try again"]);
    box.answers["POST /review/take"] = review();
    await press("Try again");
    expect(heading()).toBe("Brightwater Logistics");
  });

  test("second reviews have a queue and words of their own", async () => {
    boxOf(null, { "GET /second-reviews/current": null, "POST /second-reviews/take": null });
    await show(<Desk second />);
    expect(screen.getByText(/Calls to be judged a second time show here/)).toBeTruthy();
    expect(box.asked.map((a) => a.path)).toEqual([
      "/second-reviews/current",
      "/second-reviews/take",
    ]);
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
      Claimant: "hidden until the verdict",
    });
    expect(Object.keys(facts()).at(-1)).toBe("C-7, yours until");
  });

  test("after it the claimant shows, and the item is nobody's to lose", async () => {
    await desk(
      review({ verdict: committed(), other_claims: 2, contact: null, contact_role: null }),
    );
    expect(facts()).toMatchObject({
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
    await keys("1", "a", "Shift");
    await key("2", { shiftKey: true });
    await keys("1", "Enter");
    expect(said()).toBe("Budget: its moment was not heard to the end.");
    expect([lastAudio().paused, lastAudio().currentTime]).toEqual([false, 22]);
  });

  test("twice Enter gives, once and Escape does not", async () => {
    const given = committed({ passed: false });
    await desk(review(), {
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
    await desk(review(), {
      "POST /review/r1/verdict": refusal(422, "Cannot be read", "Not ready."),
    });
    await failAll();
    await keys("Enter", "Enter");
    await pass(20);
    expect(alerts()).toContain("Cannot be read. Not ready.Try again");
    expect(screen.getAllByText("Fail").length).toBe(2);
  });

  test("Z takes it back, N opens what was taken ahead", async () => {
    const given = committed({ passed: false });
    await desk(review(), {
      "POST /review/r1/verdict": given,
      "GET /review/r1": review({ verdict: given }),
      "DELETE /review/r1/verdict": review(),
      "POST /review/take": review({ id: "r2", company: "Halden Cold Chain", calls: [] }),
      "POST /review/r2/release": nothing,
    });
    await failAll();
    await keys("Enter", "Enter");
    await pass(20);
    await keys("z");
    await settle();
    expect(said()).toBe("Taken back. Your answers are as they were.");
    expect(box.count("POST /review/r2/release")).toBe(1);
    await keys("Enter", "Enter");
    await pass(20);
    await keys("n");
    await pass(20);
    expect(heading()).toBe("Halden Cold Chain");
    expect(screen.getByText("No sound")).toBeTruthy();
  });

  test("N means nothing before the verdict, and Q puts the item back", async () => {
    await desk(review(), { "POST /review/r1/release": nothing });
    await keys("n");
    expect(heading()).toBe("Brightwater Logistics");
    await keys("q");
    await pass(20);
    expect(screen.getByText("Nothing waits for you")).toBeTruthy();
    expect(box.count("POST /review/r1/release")).toBe(1);
  });

  test("keys that are chords, or pressed in a dialog, are left alone", async () => {
    await desk();
    await key("q", { ctrlKey: true });
    expect(box.count("POST /review/r1/release")).toBe(0);
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
    await desk(review({ calls: [sound({ heard: "0".repeat(4) + "4".repeat(40) })] }));
    await keys("u");
    expect([lastAudio().paused, lastAudio().currentTime]).toEqual([false, 22]);
    await keys(" ");
    vi.advanceTimersByTime(20);
    await keys(" ");
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
    await desk(review({ calls: [sound({ heard: "4444" })] }));
    expect(screen.getByRole("img", { name: "2 seconds heard" })).toBeTruthy();
    await keys("j");
    await hear(5_000);
    await pass(5_000);
    expect(screen.getByRole("img", { name: "5 seconds heard" })).toBeTruthy();
    expect(box.sent("POST /review/r1/heard")[0]).toMatchObject({ call: "c1" });
  });

  test("sound that does not load is said, and the answers stay", async () => {
    await desk();
    await keys("a");
    lastAudio().breaks(2);
    await settle();
    expect(alerts().join()).toContain("No sound. The audio of this call did not load.");
    expect(screen.getByRole("radio", { name: "Yes", checked: true })).toBeTruthy();
  });

  test("V opens the claim's next call, and a clip opens the call that it lies in", async () => {
    await desk(review({ calls: [sound(), sound({ call: "c2", duration_ms: 30_000 })] }));
    await keys("1");
    await hear(1_000);
    await keys("v");
    expect([said(), FakeAudio.all[0]?.paused]).toEqual(["Call 2 of 2.", true]);
    expect(screen.getByRole("slider").getAttribute("aria-valuemax")).toBe("30");
    await press(/Play the Budget clip/);
    expect(screen.getByRole("slider").getAttribute("aria-valuemax")).toBe("60");
    expect(FakeAudio.all[0]?.paused).toBe(false);
  });

  test("M pins a comment to what was just said", async () => {
    await desk(review(), { "POST /calls/c1/comments": { id: "k1" } });
    await hear(20_000);
    await keys("m");
    expect(screen.getByRole("heading", { name: "Comment on 0:12 to 0:20" })).toBeTruthy();
    const text = screen.getByLabelText("Comment") as HTMLTextAreaElement;
    text.value = "Well led.";
    text.form?.requestSubmit();
    await settle();
    expect(box.sent("POST /calls/c1/comments")).toEqual([
      { from_ms: 12_000, to_ms: 20_000, tag: null, text: "Well led." },
    ]);
    expect(said()).toBe("Comment pinned.");
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
      { rows: { budget: { answer: "no", words: "" } }, marked: 0 },
    ]);
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
    const { leave } = await desk(review(), {
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
