import { describe, expect, test, vi } from "vitest";
import { pass } from "../../testing/box";
import { committed, final, review, row } from "../../testing/made";
import { click, press, screen, show, textOf, unnamed } from "../../testing/show";
import type { Answered, Review } from "../api";
import { money } from "../format";
import * as j from "./judging";
import { Summary } from "./Summary";
import { begin, type Phase } from "./work";

const list = review().checklist.criteria;
const [act, goTo] = [vi.fn(), vi.fn()];
const FORTY = money({ minor: 4000, currency: "EUR" });

let passing = j.stamp(j.answer(j.start(), list, 0, 0), list, 0, "c1", 10_000, 60_000);
passing = j.stamp(j.answer(passing, list, 1, 0), list, 1, "c1", 20_000, 60_000);
if (list[1]) passing = j.words(passing, list[1], "Drivers lose two hours a day");
const failing = j.answer(j.answer(j.start(), list, 0, 1), list, 1, 1);

const sum = (of: Review, judging: j.Judging, phase: Phase = "judging", lacking: j.Missing[] = []) =>
  show(
    <Summary
      work={{ ...begin(of), judging, phase }}
      lacking={lacking}
      share={0.759}
      speed={1.5}
      act={act}
      goTo={goTo}
    />,
  );
const bar = (name = "Verdict") => screen.getByRole("region", { name });
const button = (name: RegExp) => screen.getByRole("button", { name });

describe("before the verdict", () => {
  test("what is missing is named, two at a time, and each leads to its row", async () => {
    const lacking: j.Missing[] = [
      { row: 0, what: "Budget has no answer yet", act: "answer" },
      { row: 1, what: "Need has no answer yet", act: "answer" },
      { row: 1, what: "20 % of the speech heard", act: "listen" },
    ];
    await sum(review(), j.start(), "judging", lacking);
    expect(textOf(bar())).toContain("Not ready");
    expect(screen.getAllByRole("listitem").map(textOf)).toEqual([
      "Budget has no answer yet",
      "Need has no answer yet",
      "and 1 more; Enter leads on",
    ]);
    await press("Need has no answer yet");
    expect(goTo).toHaveBeenCalledWith(1);
    expect(button(/Give verdict/).getAttribute("aria-disabled")).toBe("true");
    expect(unnamed()).toEqual([]);
  });

  test("how much is proven and heard is counted, never rounded up", async () => {
    await sum(review(), j.answer(j.start(), list, 0, 1));
    expect(textOf(bar())).toContain("0 of 2 must-pass rows proven");
    expect(textOf(bar())).toContain("Speech heard, at 1.5×75 % of 50 % needed");
    expect(screen.getByRole("img", { name: "75 % heard of 50 % needed" })).toBeTruthy();
  });

  test("what it comes to is said before it is given, in words", async () => {
    const { leave } = await sum(review(), passing);
    expect(textOf(bar())).toContain("Passes2 of 2 must-pass rows proven");
    expect(textOf(bar())).toContain("Everything is answered.");
    expect(bar().className).not.toContain("armed");
    await leave();
    await sum(review(), failing);
    expect(textOf(bar())).toContain("Does not pass");
  });

  test("the money is what the plan says, and nothing where the lead has earned it already", async () => {
    const { leave } = await sum(review(), passing);
    expect(textOf(bar())).toContain(`If it passes${FORTY}one lead, plan Fleet autumn v2`);
    await leave();
    const paid = {
      amount: { minor: 4000, currency: "EUR" },
      plan_version: 2,
      already_earned: true,
    };
    await sum(review({ money: paid }), passing);
    expect(textOf(bar())).toContain("If it passesnothingthis lead has earned its one commission");
  });

  test("armed, the bar says what Enter gives: a pass with its money", async () => {
    await sum(review(), passing, "armed");
    expect(bar().className).toContain("armed pass");
    expect(textOf(bar())).toContain(`Pass: ${FORTY} for one lead, plan v2.`);
    expect(textOf(bar())).toContain("checklist v3 and the recording’s hash");
    expect(textOf(button(/Give: pass/))).toContain(`Give: pass, ${FORTY}`);
  });

  test("armed, a fail books nothing", async () => {
    await sum(review(), failing, "armed");
    expect(bar().className).toContain("armed fail");
    expect(textOf(bar())).toContain("Not passed: nothing is booked.");
    expect(button(/Give: not passed/).getAttribute("aria-disabled")).toBe("false");
  });

  test("while it is on its way it cannot be given twice", async () => {
    await sum(review(), failing, "giving");
    expect(button(/Give: not passed/).getAttribute("aria-disabled")).toBe("true");
  });

  test("a fail on a heard moment says what it leaves unjudged", async () => {
    const early = j.answer(j.stamp(j.start(), list, 0, "c1", 10_000, 60_000), list, 0, 1);
    const { leave } = await sum(review(), early);
    expect(textOf(bar())).toContain("0 of 2 must-pass rows proven, 1 not judged");
    expect(textOf(bar())).toContain("It fails on a heard moment. Not judged: Need.");
    expect(textOf(bar())).toContain("a heard moment decides");
    await leave();
    await sum(review(), early, "armed");
    expect(textOf(bar())).toContain("Not passed: nothing is booked. Not judged: Need.");
    await press(/Back/);
    expect(act).toHaveBeenLastCalledWith({ do: "leave" });
  });

  test("its buttons are the keys", async () => {
    await sum(review(), failing);
    await click(button(/Skip/));
    expect(act).toHaveBeenLastCalledWith({ do: "skip-item" });
    await click(button(/Give verdict/));
    expect(act).toHaveBeenLastCalledWith({ do: "enter" });
  });
});

describe("a verdict on hold", () => {
  const HELD = committed({ hold_until: "2026-11-20T12:00:10Z" });
  const at = (time: string) => vi.useFakeTimers({ now: Date.parse(time) });

  test("counts down by the box's clock and can be taken back", async () => {
    // Our clock is an hour off.
    at("2026-11-20T13:00:00Z");
    await sum(review({ verdict: HELD }), passing);
    expect(textOf(bar("Verdict given"))).toContain("held: nothing is booked or shown yet");
    expect(textOf(button(/Take back/))).toBe("Take back, 10 s Z");
    await pass(4_200);
    expect(textOf(button(/Take back/))).toBe("Take back, 6 s Z");
    await press(/Take back/);
    expect(act).toHaveBeenLastCalledWith({ do: "back" });
  });

  test("at its end it is sealed, and booked once the box says that it is final", async () => {
    at("2026-11-20T12:00:00Z");
    const { leave } = await sum(review({ verdict: HELD }), passing);
    expect(textOf(bar("Verdict given"))).toContain(`Will book${FORTY}`);
    await pass(10_000);
    expect(textOf(bar("Verdict given"))).toContain("being sealed");
    expect(button(/Too late/).getAttribute("aria-disabled")).toBe("true");
    await leave();
    await sum(review({ verdict: final() }), passing);
    expect(textOf(bar("Verdict given"))).toContain("final");
    expect(textOf(bar("Verdict given"))).toContain(`Booked${FORTY}`);
  });

  test("until it is final nothing shows of the claimant, even were it there", async () => {
    at("2026-11-20T12:00:00Z");
    await sum(review({ verdict: HELD }), passing);
    expect(textOf(bar("Verdict given"))).toContain("shows once the verdict is final");
    expect(document.body.textContent).not.toContain("Ines");
  });

  test("then it shows who claimed it, their answers and yours side by side, blanks as such", async () => {
    at("2026-11-20T12:00:00Z");
    await sum(review({ verdict: final() }), passing);
    expect(textOf(bar("Verdict given"))).toContain("Ines Okafor claimed it: Money in the plan.");
    expect(textOf(bar("Verdict given"))).toContain(
      "Budget: yes, as you · Need: left blank, you: yes",
    );
  });

  test("a row that was left says so", async () => {
    at("2026-11-20T12:00:00Z");
    const early = j.answer(j.stamp(j.start(), list, 0, "c1", 10_000, 60_000), list, 0, 1);
    await sum(review({ verdict: final({ passed: false }) }), early);
    expect(textOf(bar("Verdict given"))).toContain(
      "Budget: yes, you: no · Need: left blank, you: not judged",
    );
  });

  test("a claimant without words and a fail without money are said", async () => {
    at("2026-11-20T12:00:00Z");
    const verdict = final({
      passed: false,
      claimant: { name: "Tom Brandt", write_up: "", answers: {} },
    });
    await sum(review({ verdict }), failing);
    expect(textOf(bar("Verdict given"))).toContain("Not passed");
    expect(textOf(bar("Verdict given"))).toContain("Tom Brandt claimed it: no words");
    expect(textOf(bar("Verdict given"))).toContain("Bookednothing");
    await press(/Next claim/);
    expect(act).toHaveBeenLastCalledWith({ do: "next" });
  });

  test("a bar that is gone counts no more", async () => {
    at("2026-11-20T12:00:00Z");
    const { leave } = await sum(review({ verdict: HELD }), passing);
    await leave();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a second review", () => {
  const second = (answered: Answered | null = null) =>
    review({ kind: "second_review", money: null, answered });
  const dispute = {
    rows: [
      {
        criterion: "budget",
        title: "Budget",
        clip: { call: "c1", from_ms: 3_000, to_ms: 9_000 },
        reason: "She names the money.",
      },
    ],
    first_rows: [row("budget", { answer: "Not asked", passes: false })],
    first_passed: false,
  };
  const answered = (more: Partial<Answered> = {}): Answered => ({
    passed: true,
    answers: [],
    decided: false,
    final_passed: null,
    dispute,
    ...more,
  });

  test("shows neither money nor what was answered before", async () => {
    await sum(second(), passing);
    expect(textOf(bar())).toContain("Judged afreshwhat was answered before is hidden");
    expect(textOf(bar())).not.toContain("€");
    expect(button(/Give answer/)).toBeTruthy();
  });

  test("armed, it says that the answer is kept beside the first", async () => {
    await sum(second(), failing, "armed");
    expect(textOf(bar())).toContain("Your answer: does not pass. It is kept beside the first");
  });

  test("a dispute shows its reason after the blind answer, with the clip and the first verdict", async () => {
    await sum(second(answered()), passing);
    expect(textOf(bar())).toContain("A dispute of Budget: “She names the money.”");
    expect(textOf(bar())).toContain("First judged: not asked.");
    expect(button(/Play what the claimant points at, 0:03–0:09/)).toBeTruthy();
    // It cannot be put back any more.
    expect(screen.queryByRole("button", { name: /Skip/ })).toBeNull();
    await click(button(/Decide the dispute/));
    expect(act).toHaveBeenLastCalledWith({ do: "enter" });
  });

  test("armed, the last word moves the ledger", async () => {
    await sum(second(answered()), passing, "armed");
    expect(textOf(bar())).toContain("With that the dispute is decided, and the ledger follows.");
  });

  test("once decided it thanks, and says what became of it", async () => {
    const { leave } = await sum(second(answered({ decided: true, final_passed: false })), passing);
    expect(textOf(bar("Answer given"))).toContain("Does not pass");
    expect(textOf(bar("Answer given"))).toContain("The dispute is decided");
    await leave();
    await sum(second(answered({ decided: true, dispute: null })), passing);
    expect(textOf(bar("Answer given"))).toContain("Passes");
    expect(textOf(bar("Answer given"))).toContain("moves no money");
    await press(/Next one/);
    expect(act).toHaveBeenLastCalledWith({ do: "next" });
  });
});
