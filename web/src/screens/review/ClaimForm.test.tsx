import { beforeEach, describe, expect, test, vi } from "vitest";
import { Box, pass, Raw, refusal } from "../../../testing/box";
import { call, claim, claimForm } from "../../../testing/made";
import {
  alerts,
  click,
  key,
  press,
  screen,
  show,
  submit,
  textOf,
  unnamed,
  within,
  write,
} from "../../../testing/show";
import { clock, day, moment, money } from "../../format";
import { ClaimChange, ClaimForm } from "./ClaimForm";

const OTHER = call({ id: "c2", started_at: "2026-11-19T09:00:00Z", duration_ms: 90_000 });
const KEPT = "PUT /calls/c1/claim-draft";
const LABEL = "What makes it a lead?";
let box: Box;
const words = () => screen.getByLabelText(LABEL) as HTMLTextAreaElement;
const row = (name: string) => within(screen.getByRole("group", { name: new RegExp(name) }));
const answer = (of: string, name: string) => click(row(of).getByRole("radio", { name }));
const chosen = () =>
  screen
    .getAllByRole("radio")
    .filter((r) => (r as HTMLInputElement).checked)
    .map((r) => textOf(r.closest("label")));
const kept = () => textOf(document.querySelector(".kept"));
const open = () => show(<ClaimForm call={call()} />);
const page = () => textOf(document.body);

beforeEach(() => {
  history.replaceState(null, "", "/calls");
  box = new Box({
    "GET /calls/c1/checklist": claimForm({ other_calls: [OTHER] }),
    "POST /claims": claim(),
    [KEPT]: { saved_at: "2026-11-20T10:00:00Z" },
  });
});

describe("what is asked", () => {
  test("the checklist's must-pass rows alone, with nothing chosen", async () => {
    await open();
    expect(page()).toContain("Fleet autumn, BANT v3. A reviewer hears the call without your name");
    const rows = screen.getAllByRole("group").map((g) => textOf(g.querySelector("legend")));
    expect(rows.slice(0, 2)).toEqual(["Budget money, or a way to it", "Need"]);
    expect([rows.length, chosen(), unnamed()]).toEqual([3, [], []]);
    expect(document.activeElement).toBe(screen.getAllByRole("radio")[0]);
  });

  test("what a pass earns, or that nothing is earned now", async () => {
    const { leave } = await open();
    expect(page()).toContain(`A pass earns ${money({ minor: 4500, currency: "EUR" })}, plan 2.`);
    await leave();
    box.answers["GET /calls/c1/checklist"] = claimForm({ earns: null });
    await open();
    expect(page()).toContain("No commission plan is in force here");
  });

  test("who opened the lead has a share, and that is said before it is claimed", async () => {
    const opener = { name: "Ana Ruiz", at: "2026-11-03T09:00:00Z", percent: 30 };
    box.answers["GET /calls/c1/checklist"] = claimForm({ opener });
    await open();
    expect(page()).toContain(
      `Ana Ruiz opened this lead on ${day(opener.at)}: 30 % of what it earns is theirs, and 70 % yours.`,
    );
  });

  test("its blanks show, and go as they are answered; Delete takes an answer back", async () => {
    await open();
    expect(page()).toContain("0 of 2 answered. Not answered: Budget, Need");
    await answer("Need", "Yes");
    expect(page()).toContain("1 of 2 answered. Not answered: Budget");
    await key("Delete", {}, row("Need").getByRole("radio", { name: "Yes" }));
    expect(page()).toContain("0 of 2 answered.");
    await answer("Need", "No");
    await press("Clear the answer to Need");
    expect(chosen()).toEqual([]);
  });

  test("other calls with the lead are named by when and how long", async () => {
    await open();
    const name = `${moment(OTHER.started_at)}, answered, ${clock(90_000)}`;
    await click(screen.getByRole("checkbox", { name }));
    await click(screen.getByRole("checkbox", { name }));
    await answer("Need", "Yes");
    await submit(/Send the claim/);
    expect(box.sent("POST /claims")).toMatchObject([{ calls: ["c1"] }]);
  });

  test("a claim that failed before says what is needed; what is blocked cannot go out", async () => {
    box.answers["GET /calls/c1/checklist"] = claimForm({
      failed_before: { number: 5, decided_at: "2026-11-03T10:00:00Z", needs: "Needs a new call." },
      blocked: "The dispute of C-5 is open. Claim again when it is decided.",
    });
    await open();
    expect(page()).toContain("C-5: Needs a new call.");
    const button = screen.getByRole("button", { name: /Send the claim/ });
    expect(button.getAttribute("aria-disabled")).toBe("true");
    const why = document.getElementById(button.getAttribute("aria-describedby") ?? "");
    expect(textOf(why)).toContain("The dispute of C-5 is open.");
    await submit(/Send the claim/);
    expect(box.count("POST /claims")).toBe(0);
  });

  test("a call whose checklist cannot be had says why, and can be asked again", async () => {
    box.answers["GET /calls/c1/checklist"] = refusal(409, "Not yet", "No checklist is in force.");
    await open();
    expect(alerts()).toEqual(["Not yet. No checklist is in force.Try again"]);
    box.answers["GET /calls/c1/checklist"] = claimForm();
    await press("Try again");
    expect(screen.getByRole("form", { name: "Claim this lead" })).toBeTruthy();
  });
});

describe("sending", () => {
  test("sends the answers that were given, with every call that was named", async () => {
    await open();
    await answer("Need", "Yes");
    await answer("Need", "Not asked");
    await click(screen.getByRole("checkbox"));
    await write(LABEL, "Money is in the plan.");
    await submit("Send the claim for Brightwater Logistics");
    expect(box.sent("POST /claims")).toEqual([
      { calls: ["c1", "c2"], write_up: "Money is in the plan.", answers: { need: "not_asked" } },
    ]);
    expect(location.pathname + location.search).toBe("/claims?claim=7");
    expect(sessionStorage.length).toBe(0);
  });

  test("asks once before every answer goes out blank", async () => {
    await open();
    await write(LABEL, "Money.");
    await submit(/Send the claim/);
    expect(box.count("POST /claims")).toBe(0);
    expect(screen.getByRole("alertdialog", { name: /No row is answered/ })).toBeTruthy();
    await press("Answer first");
    expect(screen.queryByRole("alertdialog")).toBeNull();
    await submit(/Send the claim/);
    await press("Send it with every answer blank");
    expect(box.sent("POST /claims")).toMatchObject([{ answers: {} }]);
  });

  test("a claim that is refused stays, with the reason; sent again it counts once", async () => {
    box.answers["POST /claims"] = refusal(409, "Already in the queue", "The lead was claimed.");
    await open();
    await answer("Need", "Yes");
    await write(LABEL, "Money is in the plan.");
    await submit(/Send the claim/);
    await submit(/Send the claim/);
    expect(alerts()).toEqual(["Already in the queue. The lead was claimed."]);
    expect([words().value, location.pathname]).toEqual(["Money is in the plan.", "/calls"]);
    const keys = box.asked.flatMap((a) => a.headers["idempotency-key"] ?? []);
    expect([keys.length, keys[0]]).toEqual([2, keys[1]]);
  });
});

describe("keeping", () => {
  beforeEach(() => void vi.useFakeTimers());

  test("what is entered is saved on the box, and the page says so", async () => {
    await open();
    expect(kept()).toBe("What you enter is saved as you go.");
    await write(LABEL, "Mon");
    await write(LABEL, "Money");
    expect(kept()).toBe("Saving…");
    await pass(600);
    expect(box.sent(KEPT)).toEqual([{ calls: ["c1"], write_up: "Money", answers: {} }]);
    expect([kept(), sessionStorage.length]).toEqual(["Saved", 0]);
  });

  test("what is not saved is said, aloud too, and tried until it is in", async () => {
    box.answers[KEPT] = new Raw(502, "<html>");
    await open();
    await answer("Need", "Yes");
    await pass(600);
    expect(kept()).toBe("Not saved: trying again. It is kept on this page.");
    expect(screen.getAllByRole("status").map(textOf)).toContain(kept());
    box.answers[KEPT] = { saved_at: "" };
    await pass(1_000);
    expect(kept()).toBe("Saved");
  });

  test("it comes back as it was left: from the box, or from this tab where it is newer", async () => {
    const draft = { calls: ["c1", "c2"], write_up: "Money", answers: { need: "yes" } };
    box.answers["GET /calls/c1/checklist"] = claimForm({ other_calls: [OTHER], draft });
    const first = await open();
    expect([words().value, chosen(), kept()]).toEqual([
      "Money",
      ["Yes"],
      "Saved: here it is as you left it.",
    ]);
    expect((screen.getByRole("checkbox") as HTMLInputElement).checked).toBe(true);
    box.answers[KEPT] = new Raw(502, "<html>");
    await write(LABEL, "Money is in the plan");
    await first.leave();
    expect(box.count(KEPT)).toBe(1);
    box.answers[KEPT] = { saved_at: "" };
    await open();
    expect(words().value).toBe("Money is in the plan");
    await pass(600);
    expect([box.count(KEPT), kept()]).toEqual([2, "Saved"]);
  });

  test("a page that goes away sends what waits with a request that outlives it", async () => {
    await open();
    await write(LABEL, "Money");
    dispatchEvent(new Event("pagehide"));
    expect(box.sent(KEPT)).toEqual([{ calls: ["c1"], write_up: "Money", answers: {} }]);
  });
});

describe("changing a claim that nobody has taken", () => {
  const done = vi.fn();
  const change = () =>
    show(
      <ClaimChange
        claim={claim({ changeable: true, calls: [call(), OTHER], own_answers: { budget: "yes" } })}
        done={done}
      />,
    );
  beforeEach(() => {
    done.mockClear();
    box.answers["PUT /claims/cl1"] = claim();
  });

  test("the form is filled in, and sends what changed", async () => {
    await change();
    expect([words().value, chosen()]).toEqual(["Money in the plan.", ["Yes"]]);
    await answer("Need", "No");
    await click(screen.getByRole("checkbox"));
    await submit("Save the change");
    expect(box.sent("PUT /claims/cl1")).toEqual([
      { calls: ["c1"], write_up: "Money in the plan.", answers: { budget: "yes", need: "no" } },
    ]);
    expect(done).toHaveBeenCalledOnce();
  });

  test("somebody took it meanwhile: that is said, and nothing is lost", async () => {
    box.answers["PUT /claims/cl1"] = refusal(409, "Somebody took it", "It is being judged.");
    const first = await change();
    await write(LABEL, "More words.");
    await submit("Save the change");
    expect(alerts()).toEqual(["Somebody took it. It is being judged."]);
    await first.leave();
    await change();
    expect(words().value).toBe("More words.");
    await press("Leave it as it was");
    expect([done.mock.calls.length, localStorage.length]).toEqual([1, 0]);
  });
});
