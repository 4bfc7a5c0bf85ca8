import { beforeEach, describe, expect, test } from "vitest";
import { Box, nothing, refusal } from "../../../testing/box";
import { EUR, me, plans, planVersion } from "../../../testing/made";
import {
  alerts,
  choose,
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
import type * as api from "../../api";
import { day, moment, time } from "../../format";
import { Plans } from "./Plans";

const FROM = "2026-12-01T00:00:00Z";
const V3 = planVersion({
  id: "plan3",
  version: 3,
  amount: EUR(4500),
  payable_after_days: 30,
  from: FROM,
  read_at: null,
  to_read: true,
});
const V1 = planVersion({ id: "plan1", version: 1, from: "2026-09-01T00:00:00Z", read_at: null });
const DRAFT: api.PlanDraft = {
  id: "dr1",
  campaign_id: "k1",
  amount: EUR(5000),
  tiers: [],
  cap: null,
  split: null,
  payable_after_days: 14,
  from: null,
  proposed_by: "Nora Quist",
  proposed_at: FROM,
};

let box: Box;
const of = (more: Partial<api.Plans>) => (box.answers["GET /plans"] = plans(more));
const version = (n: number) => screen.getByRole("article", { name: new RegExp(`^v${n}:`) });
const status = () => textOf(screen.getByRole("status"));
/** Where the focus is, a moment later. */
const focused = async () => {
  await new Promise((then) => setTimeout(then, 5));
  return textOf(document.activeElement);
};

beforeEach(() => {
  box = new Box({
    "GET /plans": plans(),
    "GET /periods": { periods: [], current: "2026-11", zone: "Europe/Berlin" },
    "POST /plans": { id: "dr1" },
    "POST /plans/plan3/acknowledge": nothing,
    "POST /plans/drafts/dr1/approve": nothing,
    "DELETE /plans/drafts/dr1": nothing,
  });
});

describe("a telemarketer", () => {
  const open = () => show(<Plans me={me("telemarketer")} />);

  test("reads what each version says, what it changes, and which one is in force", async () => {
    of({ versions: [V3, planVersion(), V1] });
    await open();
    expect(textOf(version(3))).toContain("v3: €45.00 for each passed lead not in force yet");
    expect(textOf(version(3))).toContain(
      "Payable30 days after the verdict at the earliest" +
        `Fromclaims made from ${day(FROM)}, ${time(FROM)} onApprovedby Max Oberg`,
    );
    expect(textOf(version(3))).toContain(
      "Against v2A passed lead earns €45.00; it was €40.00. Payable 30 days after the verdict at " +
        "the earliest; it was 14 days.",
    );
    expect(textOf(version(2))).toContain("in force");
    expect(textOf(version(2))).toContain("Against v1Nothing but the day from which it holds.");
    expect(textOf(version(2))).toContain(`Readby you, ${moment("2026-10-29T09:02:00Z")}`);
    expect(textOf(version(1))).toContain("followed by a later one");
    expect(textOf(version(1))).toContain("BeforeThe first version of this campaign.");
    expect(textOf(version(1))).toContain("not by you; none of your claims waits for it");
    expect(screen.queryByText("Propose a version")).toBeNull();
    expect(unnamed()).toEqual([]);
  });

  test("reads tiers and the month's limit, and what of them is new", async () => {
    const tiered = {
      ...V3,
      tiers: [
        { from_lead: 11, amount: EUR(5000) },
        { from_lead: 22, amount: EUR(6000) },
      ],
      cap: EUR(200000),
    };
    of({ versions: [tiered, planVersion()] });
    await open();
    expect(textOf(version(3))).toContain(
      "TiersFrom your 11th passed lead of a month on, each earns €50.00.From your 22nd passed " +
        "lead of a month on, each earns €60.00.Limitat most €2,000.00 a month for each telemarketer",
    );
    expect(textOf(version(3))).toContain(
      "Tiers are new. A month's limit: at most €2,000.00 a month for each telemarketer; it was: " +
        "no limit.",
    );
    expect(textOf(version(2))).not.toContain("Tiers");
  });

  test("reads who has a share beside the claimant, and what of it is new", async () => {
    const split = { opener_percent: 30, min_seconds: 60, within_days: 1 };
    const said =
      "30 % of what a lead earns goes to whoever opened it: another telemarketer, by the first " +
      "recorded call with at least 60 seconds of talk within 1 day before the claim. The claimant " +
      "has the rest.";
    of({ versions: [{ ...V3, split }, planVersion()] });
    const { leave } = await open();
    expect(textOf(version(3))).toContain(`Opener's share${said}`);
    expect(textOf(version(3))).toContain(`An opener's share is new. ${said}`);
    expect(textOf(version(2))).not.toContain("Opener");
    await leave();
    of({ versions: [V3, planVersion({ split })] });
    await open();
    expect(textOf(version(3))).toContain(
      "The opener's share is another. The claimant has the whole.",
    );
  });

  test("says that they have read one, and is told so where it stands", async () => {
    of({ versions: [V3, planVersion()] });
    await open();
    of({ versions: [{ ...V3, to_read: false, read_at: FROM }, planVersion()] });
    await press("I have read v3 of Fleet autumn");
    expect(box.count("POST /plans/plan3/acknowledge")).toBe(1);
    expect(status()).toBe("You have read v3 of Fleet autumn.");
    expect(screen.queryByRole("button")).toBeNull();
    expect(await focused()).toContain("v3: €45.00");
  });

  test("a refusal is said, and the version stays to be read", async () => {
    box.answers["POST /plans/plan3/acknowledge"] = refusal(503, "Busy", "Try again.");
    of({ versions: [V3] });
    await open();
    await press(/I have read v3/);
    expect(alerts()).toEqual(["Busy. Try again."]);
    expect(screen.getByRole("button", { name: /I have read v3/ })).toBeTruthy();
  });

  test("nothing is a word", async () => {
    of({ versions: [], campaigns: [] });
    const { leave } = await open();
    expect(screen.getByText("No campaign yet")).toBeTruthy();
    await leave();
    of({ versions: [] });
    await open();
    expect(
      screen.getByText("A claim that passes waits, and earns nothing, until there is one."),
    ).toBeTruthy();
  });

  test("trouble takes the page's place", async () => {
    box.answers["GET /plans"] = refusal(503, "Busy", "Try again.");
    await open();
    expect(alerts()).toEqual(["Busy. Try again.Try again"]);
  });
});

describe("a manager", () => {
  const open = () => show(<Plans me={me("manager")} />);

  test("sees who has read a version, and who has not", async () => {
    of({
      versions: [
        {
          ...V3,
          to_read: false,
          readers: [
            { name: "Ines Okafor", read_at: FROM },
            { name: "Tom Brandt", read_at: null },
          ],
        },
        planVersion(),
      ],
    });
    await open();
    expect(textOf(version(3))).toContain(
      `Read1 of 2: Ines Okafor (${moment(FROM)})not yet Tom Brandt`,
    );
    expect(textOf(version(2))).toContain("by nobody: no telemarketer calls for this client");
    expect(screen.queryByRole("button", { name: /I have read/ })).toBeNull();
  });

  test("proposes a version, with nothing chosen for them", async () => {
    await open();
    expect(options("For which campaign?")).toEqual([
      "Choose the campaign",
      "Fleet autumn, Hollmann Fleet",
    ]);
    const form = screen.getByRole("form", { name: "Propose a version" });
    const fields = [...form.querySelectorAll<HTMLInputElement>("input, select")];
    expect(fields.map((f) => f.value)).toEqual(["", "", "", "", "", "", ""]);
    await choose("For which campaign?", "k1");
    await write("A passed lead earns", "45,50");
    await write("Currency, as EUR", "eur");
    await write("Days from verdict to payout", "14");
    await submit("Propose it");
    await choose("For which campaign?", "k1");
    await write("A passed lead earns", "50.00");
    await write("Currency, as EUR", "EUR");
    await write("Days from verdict to payout", "0");
    await write("From, else from its approval", "2026-12-01");
    await submit("Propose it");
    expect(box.sent("POST /plans")).toEqual([
      { campaign: "k1", amount: "45.50", currency: "EUR", tiers: [], payable_after_days: 14 },
      {
        campaign: "k1",
        amount: "50.00",
        currency: "EUR",
        tiers: [],
        payable_after_days: 0,
        from: "2026-11-30T23:00:00.000Z",
      },
    ]);
    expect(status()).toBe("Proposed. It holds once a manager approves it.");
    expect(await focused()).toBe("Plans");
  });

  test("proposes tiers and a month's limit", async () => {
    await open();
    await choose("For which campaign?", "k1");
    await write("A passed lead earns", "40");
    await write("Currency, as EUR", "EUR");
    await write("Days from verdict to payout", "0");
    await write("At most in a month, if at all", "2000,00");
    await press("Add a tier");
    await focused();
    expect(textOf(document.activeElement?.closest("label") ?? null)).toBe("From passed lead no.");
    await press("Add a tier");
    await press("Remove tier 2");
    expect(await focused()).toBe("Add a tier");
    await write("From passed lead no.", "11");
    await write("of a month on, each earns", "45,00");
    await submit("Propose it");
    expect(box.sent("POST /plans")).toEqual([
      {
        campaign: "k1",
        amount: "40",
        currency: "EUR",
        tiers: [{ from_lead: 11, amount: "45.00" }],
        cap: "2000.00",
        payable_after_days: 0,
      },
    ]);
    expect(screen.queryByLabelText("From passed lead no.")).toBeNull();
    expect(await focused()).toBe("Plans");
  });

  test("proposes an opener's share, with what is usual where nothing else is entered", async () => {
    await open();
    await choose("For which campaign?", "k1");
    await write("A passed lead earns", "40");
    await write("Currency, as EUR", "EUR");
    await write("Days from verdict to payout", "0");
    expect(screen.queryByLabelText("Seconds of talk that open a lead")).toBeNull();
    await write("Opener's share in percent, if any", "30");
    await write("Days before the claim that count", "30");
    await submit("Propose it");
    expect(box.sent("POST /plans")).toEqual([
      {
        campaign: "k1",
        amount: "40",
        currency: "EUR",
        tiers: [],
        split: { opener_percent: 30, min_seconds: 60, within_days: 30 },
        payable_after_days: 0,
      },
    ]);
    expect(await focused()).toBe("Plans");
  });

  test("a proposal that is refused keeps what was entered", async () => {
    box.answers["POST /plans"] = refusal(422, "It is too much", "Correct the amount.");
    await open();
    await write("A passed lead earns", "1e9");
    await submit("Propose it");
    expect(alerts()).toEqual(["It is too much. Correct the amount."]);
    expect((screen.getByLabelText("A passed lead earns") as HTMLInputElement).value).toBe("1e9");
    box.answers["GET /periods"] = refusal(503, "Busy", "Try again.");
    await write("From, else from its approval", "2026-12-01");
    await submit("Propose it");
    expect(alerts()).toEqual(["Busy. Try again."]);
    expect(box.count("POST /plans")).toBe(1);
  });

  test("a draft says for which claims it will hold: never for those made before its approval", async () => {
    const past = "2020-01-01T00:00:00Z";
    of({
      drafts: [
        { ...DRAFT, from: past, proposed_by: null },
        { ...DRAFT, id: "dr2", from: FROM },
      ],
    });
    await open();
    const drafts = textOf(screen.getByRole("region", { name: "Proposed, not approved" }));
    expect(drafts).toContain(
      `Fromclaims made from its approval on: ${day(past)}, ${time(past)}, the day that was ` +
        "proposed, is past, and no plan holds for what was claimed before it was approved" +
        "Proposedby a command on the box",
    );
    expect(drafts).toContain(
      `Fromclaims made from ${day(FROM)}, ${time(FROM)} on, or from its approval on if that is later`,
    );
  });

  test("approves a proposal after being asked once more, harmless answer first", async () => {
    of({ drafts: [DRAFT] });
    await open();
    const drafts = screen.getByRole("region", { name: "Proposed, not approved" });
    expect(textOf(drafts)).toContain("Fleet autumn: €50.00 for each passed lead");
    expect(textOf(drafts)).toContain("Fromclaims made from its approval on");
    expect(textOf(drafts)).toContain("Against v2A passed lead earns €50.00; it was €40.00.");
    expect(textOf(drafts)).toContain(`Proposedby Nora Quist, ${day(FROM)}, ${time(FROM)}`);
    expect(textOf(drafts)).toContain(
      "One manager approves, whose pay hangs on nobody’s leads. The log keeps who proposed a " +
        "version and who approved it.",
    );
    await press("Approve €50.00 for Fleet autumn");
    expect(await focused()).toBe("Not now");
    await press("Not now");
    expect(await focused()).toBe("Approve €50.00 for Fleet autumn");
    expect(box.count("POST /plans/drafts/dr1/approve")).toBe(0);
    await press("Approve €50.00 for Fleet autumn");
    of({});
    await press("Approve v3 of Fleet autumn");
    expect(box.count("POST /plans/drafts/dr1/approve")).toBe(1);
    expect(status()).toBe("Approved: v3 of Fleet autumn.");
    expect(screen.queryByText("Proposed, not approved")).toBeNull();
  });

  test("takes a proposal back; what is refused is said beside it", async () => {
    of({ drafts: [DRAFT] });
    box.answers["POST /plans/drafts/dr1/approve"] = refusal(403, "You earn by it", "Ask another.");
    await open();
    await press(/^Approve/);
    await press(/^Approve v3/);
    const drafts = within(screen.getByRole("region", { name: "Proposed, not approved" }));
    expect(textOf(drafts.getByRole("alert"))).toBe("You earn by it. Ask another.");
    await press(/^Take back/);
    expect(box.count("DELETE /plans/drafts/dr1")).toBe(1);
    expect(status()).toBe("The proposal is taken back.");
  });
});

describe("an end", () => {
  const ends = (what: string) => {
    box.answers[`POST ${what}`] = nothing;
    return () => box.count(`POST ${what}`);
  };

  test("of a campaign is asked once more, and is taken back", async () => {
    const [closed, reopened] = [ends("/campaigns/k1/close"), ends("/campaigns/k1/reopen")];
    const { leave } = await show(<Plans me={me("manager")} />);
    await press("End Fleet autumn");
    expect(textOf(screen.getByRole("alertdialog"))).toContain(
      "Calls that began before are still claimed, judged and paid",
    );
    await press("Not now");
    expect([closed(), await focused()]).toEqual([0, "End Fleet autumn"]);
    await press("End Fleet autumn");
    const over = [{ ...plans().campaigns[0]!, closed_at: FROM }];
    of({ campaigns: over });
    await press("End Fleet autumn now");
    expect([closed(), status()]).toEqual([1, "Fleet autumn is over."]);
    expect(textOf(screen.getByRole("region", { name: "Fleet autumn" }))).toContain("over since");
    await press("Let Fleet autumn go on");
    await press("Let Fleet autumn go on");
    expect(reopened()).toBe(1);
    expect(unnamed()).toEqual([]);
    await leave();
    await show(<Plans me={me("telemarketer")} />);
    expect(screen.queryByRole("button", { name: /go on/ })).toBeNull();
  });

  test("of a plan is set on the one in force alone, and shows", async () => {
    const ended = ends("/plans/plan2/end");
    of({ versions: [V3, planVersion(), V1] });
    await show(<Plans me={me("manager")} />);
    expect(screen.queryByRole("button", { name: "End v3" })).toBeNull();
    await press("End v2");
    box.answers["POST /plans/plan2/end"] = refusal(403, "Your pay hangs on it", "It was logged.");
    await press("End v2 now");
    expect(alerts()).toEqual(["Your pay hangs on it. It was logged."]);
    box.answers["POST /plans/plan2/end"] = nothing;
    await press("End v2");
    const until = "2026-11-24T12:00:00Z";
    of({ versions: [planVersion({ until, ended_by: "Max Oberg" }), V1] });
    await press("End v2 now");
    expect(ended()).toBe(2);
    expect(textOf(version(2))).toContain("ended");
    expect(textOf(version(2))).toContain(`until ${day(until)}, ${time(until)}: Max Oberg set that`);
    expect(screen.queryByText("in force")).toBeNull();
  });
});
