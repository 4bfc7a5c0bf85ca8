import { beforeEach, describe, expect, test } from "vitest";
import { Box, nothing, refusal } from "../../../testing/box";
import { EUR, ruledClaim, ruling } from "../../../testing/made";
import {
  alerts,
  cells,
  press,
  screen,
  show,
  submit,
  textOf,
  unnamed,
  within,
  write,
} from "../../../testing/show";
import type * as api from "../../api";
import { moment } from "../../format";
import { Rulings } from "./Rulings";

const PAIR: api.ClaimPair = {
  first: ruledClaim(),
  later: ruledClaim({
    id: "cl2",
    number: 8,
    company: "Brightwater Kiel",
    claimant: "Tom Brandt",
    outcome: null,
    earned: null,
  }),
  number: "+4940555",
};
const FRAUD = ruling({ id: "rul2", kind: "fraud", claim: ruledClaim(), same_as: null, own: false });
const ONE = "They are one lead: the later claim earns nothing";

let box: Box;
const of = (pairs: api.ClaimPair[], rulings: api.Ruling[] = []) => {
  box.answers["GET /rulings"] = { pairs, rulings, more_pairs: false, next: null };
};
const status = () => textOf(screen.getByRole("status"));
const focused = async () => {
  await new Promise((then) => setTimeout(then, 5));
  return textOf(document.activeElement);
};

beforeEach(() => {
  box = new Box({
    "POST /rulings": { id: "rul1" },
    "POST /rulings/rul2/confirm": nothing,
    "POST /rulings/rul2/dismiss": nothing,
  });
  of([PAIR]);
});

describe("two claims whose leads share a number", () => {
  test("stand side by side", async () => {
    await show(<Rulings />);
    const pair = screen.getByRole("article", { name: "C-7 and C-8, which share +4940555" });
    const [first, later] = [...pair.querySelectorAll(".sides > div")].map(textOf);
    expect(first).toBe(
      "First: Brightwater LogisticsClaimC-7, Fleet autumnByInes Okafor" +
        `Made${moment("2026-11-20T10:00:00Z")}VerdictpassedEarned€40.00`,
    );
    expect(later).toContain("Later: Brightwater Kiel");
    expect(later).toContain("Verdictnot yetEarnednothing");
    expect(unnamed()).toEqual([]);
  });

  test("are ruled to be one or two, with a reason that is asked for first", async () => {
    await show(<Rulings />);
    await press(`${ONE} (C-7 and C-8)`);
    expect(box.count("POST /rulings")).toBe(0);
    expect(document.activeElement?.tagName).toBe("TEXTAREA");
    await press("Not now");
    expect(await focused()).toBe(`${ONE} (C-7 and C-8)`);
    await press("They are two leads (C-7 and C-8)");
    await write(/Why are they two\?/, "  short   ");
    await submit("They are two leads");
    expect(alerts()).toEqual(["10 to 500 characters; so far 5"]);
    expect(box.count("POST /rulings")).toBe(0);
    await write(/Why are they two\?/, " Two branches, two budgets. ");
    of([]);
    await submit("They are two leads");
    expect(box.sent("POST /rulings")).toEqual([
      { claim: "cl2", kind: "distinct", same_as: "cl1", note: "Two branches, two budgets." },
    ]);
    expect(status()).toBe("Ruled: C-7 and C-8 are two leads.");
    expect(await focused()).toBe("Rulings");
    expect(screen.getByText("Nothing to rule on")).toBeTruthy();
  });

  test("a ruling that is refused keeps the reason", async () => {
    box.answers["POST /rulings"] = refusal(409, "It is ruled already", "Reload the page.");
    await show(<Rulings />);
    await press(new RegExp(ONE));
    await write(/Why are they one lead\?/, "Both are the Kiel branch.");
    await submit(ONE);
    expect(alerts()).toEqual(["It is ruled already. Reload the page."]);
    expect(screen.getByDisplayValue("Both are the Kiel branch.")).toBeTruthy();
  });
});

describe("alleged fraud", () => {
  test("is confirmed by another, who is asked once more", async () => {
    of([], [FRAUD]);
    await show(<Rulings />);
    const alleged = screen.getByRole("article", { name: "Fraud alleged on C-7" });
    expect(textOf(alleged)).toContain("“Both are the Kiel branch.”");
    await press("Confirm fraud on C-7");
    expect(await focused()).toBe("Not now");
    expect(textOf(screen.getByRole("alertdialog"))).toContain("€40.00 is taken back.");
    await press("Not now");
    expect(await focused()).toBe("Confirm fraud on C-7");
    await press("Confirm fraud on C-7");
    await press("Confirm fraud");
    expect(box.count("POST /rulings/rul2/confirm")).toBe(1);
    expect(status()).toBe("Confirmed: C-7 was made by fraud.");
  });

  test("is not confirmed by whoever alleged it", async () => {
    of([], [{ ...FRAUD, own: true }]);
    await show(<Rulings />);
    expect(screen.getByText("You said so: somebody else confirms it.")).toBeTruthy();
    expect(screen.queryByRole("button", { name: /Confirm/ })).toBeNull();
  });

  test("is taken back by whoever alleged it, or dismissed by another", async () => {
    for (const own of [true, false]) {
      of([], [{ ...FRAUD, own }]);
      const page = await show(<Rulings />);
      await press(`${own ? "Take back" : "Dismiss"} the allegation on C-7`);
      expect(box.count("POST /rulings/rul2/dismiss")).toBe(own ? 1 : 2);
      expect(status()).toBe("Fraud is no longer alleged on C-7. No money has moved.");
      await page.leave();
    }
  });

  test("a refusal is said beside it", async () => {
    box.answers["POST /rulings/rul2/confirm"] = refusal(403, "You earn by it", "It was logged.");
    of([], [{ ...FRAUD, claim: ruledClaim({ earned: null }) }]);
    await show(<Rulings />);
    await press(/^Confirm/);
    expect(textOf(screen.getByRole("alertdialog"))).toContain("It will never earn anything.");
    await press("Confirm fraud");
    const alleged = within(screen.getByRole("article", { name: /Fraud alleged/ }));
    expect(textOf(alleged.getByRole("alert"))).toBe("You earn by it. It was logged.");
  });
});

test("what was ruled stays, with its words", async () => {
  const at = "2026-11-23T08:00:00Z";
  of([], [ruling(), { ...FRAUD, confirmed_at: at }, ruling({ id: "rul3", kind: "distinct" })]);
  await show(<Rulings />);
  expect(screen.queryByText("Fraud alleged")).toBeNull();
  expect(cells()).toEqual([
    [
      moment(ruling().ruled_at),
      "Brightwater LogisticsC-8, Tom Brandt; first: C-7, Ines Okafor",
      "One lead: the later claim earns nothing",
      "“Both are the Kiel branch.”",
    ],
    [moment(at), "Brightwater LogisticsC-7, Ines Okafor", "Fraud", "“Both are the Kiel branch.”"],
    [
      moment(ruling().ruled_at),
      "Brightwater LogisticsC-8, Tom Brandt; first: C-7, Ines Okafor",
      "Two leads",
      "“Both are the Kiel branch.”",
    ],
  ]);
});

test("nothing is a word, and trouble is said", async () => {
  of([]);
  const { leave } = await show(<Rulings />);
  expect(screen.getByText("Nothing to rule on")).toBeTruthy();
  expect(screen.getByText("Nothing was ruled yet")).toBeTruthy();
  await leave();
  box.answers["GET /rulings"] = refusal(503, "Busy", "Try again.");
  await show(<Rulings />);
  expect(alerts()).toEqual(["Busy. Try again.Try again"]);
});

test("outcomes are words", async () => {
  const words = [
    "passed",
    "not passed",
    "passed; its lead has earned already",
    "passed, and waits",
  ];
  const outcomes = ["passed", "failed", "passed_already_paid", "passed_waiting"] as const;
  of(
    outcomes.map((outcome, n) => ({
      ...PAIR,
      later: { ...PAIR.later, id: `cl${n + 10}`, outcome, earned: EUR(100) },
    })),
  );
  await show(<Rulings />);
  const told = screen
    .getAllByRole("article")
    .map((a) =>
      textOf(
        [...a.querySelectorAll("dt")].filter((d) => textOf(d) === "Verdict")[1]
          ?.nextElementSibling ?? null,
      ),
    );
  expect(told).toEqual(words);
});

test("what was ruled before goes on by page, and more pairs are said", async () => {
  box.answers["GET /rulings"] = {
    pairs: [PAIR],
    more_pairs: true,
    rulings: [ruling()],
    next: "rul1",
  };
  box.answers["GET /rulings?before=rul1"] = {
    ...{ pairs: [], more_pairs: false, next: null },
    rulings: [ruling({ id: "rul0", kind: "distinct" })],
  };
  await show(<Rulings />);
  expect(textOf(screen.getByRole("region", { name: "Two claims, one number" }))).toContain(
    "These are the newest 1. The others show as these are ruled on.",
  );
  expect(cells().length).toBe(1);
  await press("Show more");
  expect(cells().map((row) => row[2])).toEqual([
    "One lead: the later claim earns nothing",
    "Two leads",
  ]);
  expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
});
