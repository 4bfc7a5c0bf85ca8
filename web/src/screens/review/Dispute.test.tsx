import { beforeEach, describe, expect, test, vi } from "vitest";
import { Box, refusal } from "../../../testing/box";
import { call, claim, failedClaim, row } from "../../../testing/made";
import {
  alerts,
  choose,
  click,
  options,
  press,
  screen,
  show,
  submit,
  textOf,
  unnamed,
} from "../../../testing/show";
import type { Claim } from "../../api";
import { day, moment } from "../../format";
import { Dispute } from "./Dispute";

const changed = vi.fn();
let box: Box;
const open = (of: Claim) => show(<Dispute claim={of} changed={changed} />);
const reason = () => screen.getByLabelText("Why should it have passed?") as HTMLTextAreaElement;
const UNTIL = "2026-11-27T12:00:00Z";

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-11-21T12:00:00Z"), toFake: ["Date"] });
  changed.mockClear();
  box = new Box({ "POST /claims/cl1/dispute": { due_at: "2026-11-25T12:00:00Z" } });
});

describe("whether it can be disputed", () => {
  test("a failed row can, until the time is over", async () => {
    await open(failedClaim());
    expect(screen.getByRole("button", { name: "Dispute this verdict" })).toBeTruthy();
    expect(textOf(document.body)).toContain(`Until ${day(UNTIL)}.`);
  });

  test("after that it says until when it could", async () => {
    await open(failedClaim({ dispute_until: "2026-11-21T11:59:59Z" }));
    expect(screen.queryByRole("button")).toBeNull();
    expect(textOf(document.body)).toBe(
      `This verdict could be disputed until ${day("2026-11-21T11:59:59Z")}.`,
    );
  });

  test("a pass, an open claim and one without a limit offer nothing", async () => {
    const passed = failedClaim();
    passed.verdict?.rows.forEach((r) => (r.passes = true));
    for (const of of [passed, claim(), failedClaim({ dispute_until: null })]) {
      const { leave } = await open(of);
      expect(textOf(document.body)).toBe("");
      await leave();
    }
  });

  test("a row for information that was answered no is nothing to dispute", async () => {
    const of = failedClaim();
    of.verdict?.rows.splice(0, 2, row("size", { must_pass: false, passes: false }));
    await open(of);
    expect(screen.queryByRole("button")).toBeNull();
  });
});

describe("the form", () => {
  const twice = () => {
    const of = failedClaim({
      calls: [
        call(),
        call({ id: "c2", duration_ms: 12_000, started_at: "2026-11-19T09:00:00Z" }),
        call({ id: "c3", duration_ms: null }),
      ],
    });
    of.verdict?.rows.push(row("time", { title: "Timescale", answer: "Later", passes: false }));
    return of;
  };

  test("asks which row, in which call, and why; everything has a name", async () => {
    await open(twice());
    await press("Dispute this verdict");
    expect(screen.getAllByRole("radio").map((r) => textOf(r.closest("label")))).toEqual([
      "Budget: not asked",
      "Timescale: later",
    ]);
    // A call without sound holds no moment.
    expect(options("In which call is it said?")).toEqual([
      moment(call().started_at),
      moment("2026-11-19T09:00:00Z"),
    ]);
    expect(unnamed()).toEqual([]);
  });

  test("with one call it does not ask which", async () => {
    await open(failedClaim());
    await press("Dispute this verdict");
    expect(screen.queryByLabelText("In which call is it said?")).toBeNull();
  });

  test("sends the row, the clip and the reason, and has the claim asked for again", async () => {
    await open(twice());
    await press("Dispute this verdict");
    await click(screen.getByRole("radio", { name: "Timescale: later" }));
    await choose("In which call is it said?", "c2");
    await press("It ends here");
    reason().value = "She says March herself.";
    await submit("Send the dispute");
    expect(box.sent("POST /claims/cl1/dispute")).toEqual([
      {
        criterion: "time",
        clip: { call: "c2", from_ms: 0, to_ms: 1_000 },
        reason: "She says March herself.",
      },
    ]);
    expect(changed).toHaveBeenCalledOnce();
  });

  test("a dispute that is refused stays, with the reason", async () => {
    box.answers["POST /claims/cl1/dispute"] = refusal(409, "Too late", "The time is over.");
    await open(failedClaim());
    await press("Dispute this verdict");
    reason().value = "She names the money.";
    await submit("Send the dispute");
    expect(alerts()).toEqual(["Too late. The time is over."]);
    expect(reason().value).toBe("She names the money.");
    expect(changed).not.toHaveBeenCalled();
  });
});

describe("what became of it", () => {
  const made = (
    state: "open" | "stands" | "changed" | "ineligible",
    more: Partial<NonNullable<Claim["dispute"]>> = {},
  ) =>
    open(
      failedClaim({
        dispute: {
          criterion: "budget",
          reason: "She names the money.",
          state,
          ruling: null,
          created_at: "2026-11-21T12:00:00Z",
          due_at: "2026-11-25T12:00:00Z",
          decided_at: null,
          rows: [row("budget", { answer: "In place" })],
          note: null,
          ...more,
        },
      }),
    );
  const text = () => textOf(document.body);

  test("open: by when one hears", async () => {
    await made("open");
    expect(text()).toContain("Your dispute of Budget“She names the money.”Being judged afresh");
    expect(text()).toContain(`You hear by ${moment("2026-11-25T12:00:00Z")}.`);
    expect(screen.queryByRole("button")).toBeNull();
  });

  test("changed: what the second reviewer answered", async () => {
    await made("changed");
    expect(text()).toContain("You were right: in place");
  });

  test("stands: what both came to, and the note", async () => {
    await made("stands", {
      rows: [row("budget", { answer: "Not asked", passes: false })],
      note: "Listen again at two minutes.",
    });
    expect(text()).toContain("A second reviewer came to the same: not asked");
    expect(text()).toContain("Listen again at two minutes.");
  });

  test("not taken up: on what ground alone", async () => {
    const { leave } = await made("ineligible", { ruling: "duplicate", rows: null });
    expect(text()).toContain("The lead is a duplicate. Your manager ruled on that alone.");
    await leave();
    await made("ineligible", { ruling: "wrong_claimant", rows: null });
    expect(text()).toContain("The claim is not yours to make.");
  });

  test("a row that is no longer on the checklist goes by its id", async () => {
    await made("open", { criterion: "gone" });
    expect(text()).toContain("Your dispute of gone");
  });
});
