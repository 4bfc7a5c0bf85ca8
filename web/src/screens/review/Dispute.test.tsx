import { fireEvent } from "@testing-library/preact";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { Box, refusal, settle } from "../../../testing/box";
import { call, claim, dispute, failedClaim, row, verdict } from "../../../testing/made";
import {
  alerts,
  choose,
  click,
  key,
  options,
  press,
  screen,
  show,
  submit,
  textOf,
  unnamed,
  within,
  write,
} from "../../../testing/show";
import { FakeAudio } from "../../../testing/sound";
import type { Claim } from "../../api";
import { day, moment } from "../../format";
import { Dispute } from "./Dispute";
import { DisputeForm } from "./DisputeForm";

const SENT = "POST /claims/cl1/dispute";
const UNTIL = "2026-11-27T12:00:00Z";
const opened = vi.fn();
const back = vi.fn();
let box: Box;
const offer = (of: Claim) => show(<Dispute claim={of} open={opened} />);
const text = () => textOf(document.body);

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-11-21T12:00:00Z"), toFake: ["Date"] });
  opened.mockClear();
  back.mockClear();
  box = new Box({ [SENT]: { due_at: "2026-11-25T12:00:00Z" } });
});

describe("whether it can be disputed", () => {
  test("a failed row can, until the time is over, which shows", async () => {
    await offer(failedClaim());
    expect(text()).toContain(`6 days left, until ${moment(UNTIL)}`);
    await press("Dispute this verdict");
    expect(opened).toHaveBeenCalledOnce();
  });

  test("after that it says until when it could", async () => {
    await offer(failedClaim({ dispute_until: "2026-11-21T11:59:59Z" }));
    expect(screen.queryByRole("button")).toBeNull();
    expect(text()).toBe(`This verdict could be disputed until ${day("2026-11-21T11:59:59Z")}.`);
  });

  test("a pass, an open claim, one without a limit and rows not judged offer nothing", async () => {
    const passed = failedClaim();
    passed.verdict?.rows.forEach((r) => (r.passes = true));
    const unjudged = failedClaim();
    unjudged.verdict?.rows.splice(0, 2, row("size", { judged: false, passes: false }));
    for (const of of [passed, claim(), failedClaim({ dispute_until: null }), unjudged]) {
      const { leave } = await offer(of);
      expect(text()).toBe("");
      await leave();
    }
  });
});

describe("the form", () => {
  const of = (calls = [call()]) => {
    const made = failedClaim({ calls });
    made.verdict?.rows.splice(
      0,
      1,
      row("budget", {
        title: "Budget",
        answer: "Not asked",
        passes: false,
        note: "Nobody asks.",
        evidence: { call: "c1", from_ms: 2_000, to_ms: 5_000 },
      }),
      row("time", { title: "Timescale", answer: "Later", passes: false }),
    );
    return made;
  };
  const open = (calls?: Claim["calls"]) => show(<DisputeForm claim={of(calls)} back={back} />);
  const turn = (name: string) => click(screen.getByRole("checkbox", { name: `Dispute ${name}` }));
  const part = (name: string) => within(screen.getByRole("region", { name }));
  const track = (name: string) => part(name).getByRole("slider", { name: "Place in the call" });
  async function playing(ms: number, audio = FakeAudio.all.at(-1)) {
    audio?.goes(ms);
    await settle();
  }
  async function mark(name: string, from: number, to: number) {
    await playing(from);
    await key("[", {}, track(name));
    await playing(to - from);
    await key("]", {}, track(name));
  }

  test("nothing is chosen beforehand, and what is missing shows", async () => {
    await open();
    const ticks = screen.getAllByRole("checkbox") as HTMLInputElement[];
    expect(ticks.map((t) => t.checked)).toEqual([false, false]);
    expect(screen.queryByRole("slider")).toBeNull();
    expect(text()).toContain("Still missingChoose the rows that were judged wrongly");
    await turn("Budget");
    expect(text()).toContain("Budget: mark where it is said");
    expect(text()).toContain("Budget: say why, in 10 characters or more (0 so far)");
    expect(part("Budget").getByText("No moment marked yet")).toBeTruthy();
    expect(unnamed()).toEqual([]);
  });

  test("sends several rows, each with its own moment and reason", async () => {
    await open();
    await turn("Budget");
    await mark("Budget", 8_000, 15_000);
    await write("Why should Budget have passed?", "She names the money herself.");
    await turn("Timescale");
    await mark("Timescale", 20_000, 22_000);
    await write("Why should Timescale have passed?", "  March, she says.  ");
    expect(text()).toContain("Nothing is missing.");
    await submit("Send the dispute");
    expect(box.sent(SENT)).toEqual([
      {
        rows: [
          {
            criterion: "budget",
            clip: { call: "c1", from_ms: 8_000, to_ms: 15_000 },
            reason: "She names the money herself.",
          },
          {
            criterion: "time",
            clip: { call: "c1", from_ms: 20_000, to_ms: 22_000 },
            reason: "March, she says.",
          },
        ],
      },
    ]);
    expect([back.mock.calls.length, localStorage.length]).toEqual([1, 0]);
  });

  test("what is missing keeps it from being sent, and leads to its field", async () => {
    await open();
    await turn("Budget");
    await write("Why should Budget have passed?", "Money");
    await submit("Send the dispute");
    expect(box.count(SENT)).toBe(0);
    expect(alerts()).toEqual([
      "This keeps the dispute from being sentBudget: mark where it is said" +
        "Budget: say why, in 10 characters or more (5 so far)",
    ]);
    expect(document.activeElement).toBe(screen.getByRole("alert"));
    await click(screen.getByRole("link", { name: /mark where it is said/ }));
    expect(document.activeElement).toBe(track("Budget"));
  });

  test("the reviewer's moment can be heard, before and while one marks one's own", async () => {
    await open();
    expect(
      part("Budget").getByRole("button", { name: /Play the reviewer’s moment for Budget/ }),
    ).toBeTruthy();
    expect(text()).toContain("Nobody asks.");
    await turn("Budget");
    await click(part("Budget").getByRole("button", { name: /^The reviewer’s moment/ }));
    expect(FakeAudio.all.at(-1)?.currentTime).toBe(2);
  });

  test("of several calls none is chosen; another call needs another moment", async () => {
    const second = call({ id: "c2", duration_ms: 12_000, started_at: "2026-11-19T09:00:00Z" });
    await open([call(), second, call({ id: "c3", duration_ms: null })]);
    await turn("Budget");
    // A call without sound holds no moment.
    expect(options("In which call is it said?")).toEqual([
      "Choose one",
      moment(call().started_at),
      moment("2026-11-19T09:00:00Z"),
    ]);
    expect(screen.queryByRole("slider")).toBeNull();
    expect(text()).toContain("Budget: choose the call");
    await choose("In which call is it said?", "c2");
    await mark("Budget", 2_000, 4_000);
    await choose("In which call is it said?", "c1");
    expect(text()).toContain("Budget: mark where it is said");
  });

  test("a reload loses nothing, nor does unticking a row", async () => {
    const first = await open();
    await turn("Budget");
    await mark("Budget", 8_000, 15_000);
    await write("Why should Budget have passed?", "She names the money.");
    await turn("Budget");
    await first.leave();
    const offered = await offer(of());
    expect(screen.getByRole("button", { name: "Go on with your dispute" })).toBeTruthy();
    await offered.leave();
    await open();
    await turn("Budget");
    expect(part("Budget").getByText("Your moment: 0:08 to 0:15")).toBeTruthy();
    expect(
      (screen.getByLabelText("Why should Budget have passed?") as HTMLTextAreaElement).value,
    ).toBe("She names the money.");
  });

  test("a dispute that is refused stays, with the reason", async () => {
    box.answers[SENT] = refusal(409, "Too late", "The time is over.");
    await open();
    await turn("Budget");
    await mark("Budget", 8_000, 15_000);
    await write("Why should Budget have passed?", "She names the money.");
    await submit("Send the dispute");
    expect(alerts()).toEqual(["Too late. The time is over."]);
    expect(back).not.toHaveBeenCalled();
    fireEvent.click(screen.getByRole("button", { name: "Back to the claims" }));
    expect(back).toHaveBeenCalledOnce();
  });
});

describe("what became of it", () => {
  const now = (answer: string, passes: boolean, passed = passes) =>
    verdict({
      passed,
      changed: passes,
      rows: [row("budget", { title: "Budget", answer, passes })],
    });
  const made = (d: Parameters<typeof dispute>[0], more: Partial<Claim> = {}) =>
    offer(failedClaim({ dispute: dispute(d), ...more }));

  test("open: what was said, and by when one hears", async () => {
    await made({});
    expect(text()).toContain("Budget: “She names the money.”");
    expect(text()).toContain(`Being judged afreshYou hear by ${moment("2026-11-25T12:00:00Z")}.`);
    // Of the outcome nothing, though the first answers are there.
    expect(text()).not.toContain("does not pass");
  });

  test("changed: it says of each row what the verdict says", async () => {
    await made({ state: "changed" }, { verdict: now("In place", true) });
    expect(text()).toContain("Passes now: in place");
    expect(text()).toContain("You were right: the claim passes.");
  });

  test("changed in part: a claim that still fails is not called right", async () => {
    await made({ state: "changed" }, { verdict: now("In place", true, false) });
    expect(text()).toContain("changed answers, and the claim still does not pass");
  });

  test("stands: what both came to, and the note", async () => {
    await made(
      { state: "stands", note: "Listen again at two minutes." },
      { verdict: now("Not asked", false) },
    );
    expect(text()).toContain("Still does not pass: not asked");
    expect(text()).toContain("A second reviewer came to the same: the claim does not pass.");
    expect(text()).toContain("Listen again at two minutes.");
  });

  test("not taken up: on what ground alone", async () => {
    const { leave } = await made({ state: "ineligible", ruling: "duplicate" });
    expect(text()).toContain("The lead is a duplicate. Your manager ruled on that alone.");
    await leave();
    await made({ state: "ineligible", ruling: "wrong_claimant" });
    expect(text()).toContain("The claim is not yours to make.");
  });
});
