import { beforeEach, describe, expect, test } from "vitest";
import { Box, nothing, refusal, settle } from "../../../testing/box";
import { claim, listed, me, own, slots, statement } from "../../../testing/made";
import {
  alerts,
  cells,
  key,
  misnamed,
  press,
  screen,
  show,
  submit,
  textOf,
  unnamed,
  write,
} from "../../../testing/show";
import { FakeEventSource } from "../../../testing/stream";
import type { WorkList } from "../../api";
import { moment } from "../../format";
import { Day } from "./Day";
import { FollowUp } from "./FollowUp";
import { Sources, within } from "./Sources";
import { timeLeft, urgency } from "./words";

const NOW = new Date().toISOString();
const later = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
const list = (more: Partial<WorkList> = {}): WorkList => ({
  leads: [
    listed({ act_at: later(-90), due: "call_back", attempts: 2, last_attempt_at: NOW }),
    listed({ id: "l2", company: "Halden", act_at: later(400) }),
  ],
  next: null,
  count: 2,
  now: NOW,
  late: 1,
  over_7_days: 0,
  ...more,
});
let box: Box;

beforeEach(() => {
  box = new Box({
    "GET /work": list(),
    "GET /statement": statement(),
    "GET /reports/slots": slots(),
    "POST /leads/l1/disposition": { id: "d1" },
    "POST /leads/l2/disposition": { id: "d2" },
    "DELETE /lead-dispositions/d1": nothing,
  });
});

describe("the day", () => {
  test("own money, own claims and own slots stand beside the list", async () => {
    const claims = [
      claim({ number: 7, company: "Norvik", state: "open" }),
      claim({ id: "c8", number: 8, company: "Halden", state: "sent_back" }),
      claim({ id: "c9", number: 9, company: "Tarn", state: "decided" }),
    ];
    await show(<Day own={own(claims)} />);
    const side = screen.getByRole("complementary", { name: "Your claims, money and slots" });
    expect(textOf(side)).toContain("Undecided1 claim");
    expect([...side.querySelectorAll(".mine a")].map((a) => a.getAttribute("href"))).toEqual([
      "/claims?claim=7",
      "/claims?claim=8",
    ]);
    expect(textOf(side)).toContain("09:50 31");
    expect(textOf(side)).toContain("10:10 n 3");
    expect(unnamed()).toEqual([]);
  });

  test("a key says what came of the marked lead, and another takes it back", async () => {
    await show(<Day own={own()} />);
    expect(textOf(screen.getByRole("region", { name: "What came of it" }))).toContain(
      "Brightwater Logistics: what came of it?",
    );
    await key("1");
    expect(box.sent("POST /leads/l1/disposition")).toEqual([{ disposition: "no_answer" }]);
    await key("z");
    expect(box.count("DELETE /lead-dispositions/d1")).toBe(1);
    // Nothing is left to take back.
    await key("z");
    expect(box.count("DELETE /lead-dispositions/d1")).toBe(1);
    await key("ArrowDown");
    await key("8");
    expect(box.sent("POST /leads/l2/disposition")).toEqual([{ disposition: "do_not_call" }]);
    expect(unnamed()).toEqual([]);
  });

  test("the marked row leads to what came of it, which stands above a long list", async () => {
    await show(<Day own={own()} />);
    await key("ArrowDown");
    await press("What came of it?");
    expect(textOf(document.activeElement)).toBe("Halden: what came of it?");
  });

  test("a call back, a meeting and nurture ask when, and typing is no key", async () => {
    await show(<Day own={own()} />);
    await press(/Meeting made/);
    await write("When is the meeting?", "2030-01-02T10:30");
    await write("With whom?", "A. Vance");
    await key("1", {}, screen.getByLabelText("With whom?"));
    expect(box.count("POST /leads/l1/disposition")).toBe(0);
    await submit("Save: meeting made");
    expect(box.sent("POST /leads/l1/disposition")).toEqual([
      {
        disposition: "meeting_made",
        at: new Date("2030-01-02T10:30").toISOString(),
        with: "A. Vance",
      },
    ]);
    await key("9");
    expect(screen.getByLabelText("When do you look at it again?")).toBeTruthy();
  });

  test("the tile reads 0, and leads to the leads when it does not", async () => {
    const { leave } = await show(<Day own={own()} />);
    expect(textOf(screen.getByRole("region", { name: "Your day" }))).toContain(
      "0 leads over 7 days",
    );
    await leave();
    box.answers["GET /work"] = list({ over_7_days: 3 });
    await show(<Day own={own()} />);
    const link = screen.getByRole("link", { name: "3 leads over 7 days" });
    expect(link.getAttribute("href")).toBe("/leads?view=untouched");
  });

  test("what is late says so in a word", () => {
    const now = Date.parse("2026-11-20T12:00:00Z");
    expect(timeLeft("2026-11-20T12:04:30Z", now)).toBe("4 min");
    expect(timeLeft("2026-11-20T10:37:00Z", now)).toBe("1 h 23 min late");
    expect(timeLeft("2026-11-24T12:00:00Z", now)).toBe("4 days");
    expect([urgency("2026-11-20T11:59:00Z", now), urgency("2026-11-20T13:00:00Z", now)]).toEqual([
      "late",
      "soon",
    ]);
  });
});

describe("follow-up", () => {
  const person = { person_id: "p1", name: "Ines Okafor", is_untold: false, leads: 2 };
  const late = (people: unknown[]) => ({ people, now: "2026-11-20T12:00:00Z" });

  test("a manager sees what is late by person, how many and for how long", async () => {
    box.answers["GET /work"] = list({ late: 7, over_7_days: 3, count: 9 });
    box.answers["GET /work/escalated"] = late([
      { ...person, oldest: "2026-11-20T10:00:00Z" },
      { ...person, person_id: null, name: null, leads: 1001, oldest: "2026-11-18T12:00:00Z" },
      {
        ...person,
        person_id: null,
        name: null,
        is_untold: true,
        leads: 4,
        oldest: "2026-11-20T11:30:00Z",
      },
    ]);
    await show(<FollowUp />);
    expect(cells().map((row) => row.slice(0, 2))).toEqual([
      ["Ines Okafor", "2"],
      ["nobody has called yet", "more than 1,000"],
      ["everybody: it was promised that nobody is singled out", "4"],
    ]);
    expect(cells().map((row) => row[2])).toEqual([
      `2 h late ${moment("2026-11-20T10:00:00Z")}`,
      `2 days late ${moment("2026-11-18T12:00:00Z")}`,
      `30 min late ${moment("2026-11-20T11:30:00Z")}`,
    ]);
    const tiles = screen.getByRole("region", { name: "Follow-up" });
    expect(
      [...tiles.querySelectorAll("a")].map((a) => [a.getAttribute("href"), textOf(a)]),
    ).toEqual([
      ["/leads?view=untouched", "3 leads over 7 days"],
      ["/leads?view=late", "7 leads"],
      ["/leads?view=work", "9 leads"],
    ]);
  });

  test("nothing late is said, and what happens on the phone is asked for again", async () => {
    box.answers["GET /work/escalated"] = late([]);
    await show(<FollowUp />);
    expect(screen.getByText("Nothing is late")).toBeTruthy();
    box.answers["GET /work/escalated"] = late([{ ...person, oldest: "2026-11-20T10:00:00Z" }]);
    box.answers["GET /work"] = list({ late: 5 });
    FakeEventSource.last.changed("calls");
    await settle();
    expect(screen.queryByText("Nothing is late")).toBeNull();
    expect(screen.getByRole("link", { name: "5 leads" }).getAttribute("href")).toContain("late");
  });

  test("trouble with either is said", async () => {
    box.answers["GET /work/escalated"] = refusal(503, "Busy", "Try again.");
    box.answers["GET /work"] = refusal(503, "Away", "Try again.");
    await show(<FollowUp />);
    expect(alerts()).toEqual(["Away. Try again.Try again", "Busy. Try again.Try again"]);
  });
});

describe("sources", () => {
  const webinar = {
    id: "s1",
    client_id: "k1",
    client: "Hollmann Fleet",
    name: "webinar",
    grade: "C",
    contact_within_hours: 120,
    supplier: null,
    cost: null,
    retired_at: null,
    origin: "marketing" as const,
  };

  test("a deadline is changed, and it is said whom it concerns", async () => {
    box.answers["GET /sources"] = { sources: [webinar] };
    box.answers["PUT /sources/s1"] = { leads: 2 };
    await show(<Sources me={me("marketing")} />);
    expect(misnamed("table.leads")).toEqual([]);
    await press("Change webinar");
    await write("First contact within hours (168 at most)", "24");
    await write("Cost per lead", "42.50");
    await submit("Save webinar");
    expect(box.sent("PUT /sources/s1")).toEqual([
      {
        name: "webinar",
        grade: "C",
        contact_within_hours: 24,
        supplier: null,
        cost: { minor: 4250, currency: "EUR" },
        origin: "marketing",
        retired: false,
      },
    ]);
    expect(screen.getByText("Saved: webinar. 2 leads have another deadline now.")).toBeTruthy();
    expect(alerts()).toEqual([]);
  });

  test("hours are days where they are whole", () => {
    expect([within(12), within(24), within(120), within(1)]).toEqual([
      "12 hours",
      "24 hours",
      "5 days",
      "1 hour",
    ]);
  });
});
