import { fireEvent } from "@testing-library/preact";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { Box, nothing, Raw, refusal, settle } from "../testing/box";
import {
  claim,
  failedClaim,
  me,
  overview,
  payroll,
  period,
  plans,
  questions,
  repair,
  slots,
  statement,
  openClaims,
} from "../testing/made";
import { alerts, click, press, screen, show, submit, textOf, write } from "../testing/show";
import { FakeEventSource } from "../testing/stream";
import { App } from "./app";
import type { Role } from "./api";
import { lasting } from "./parts/mirror";
import { go } from "./route";

vi.mock("./desk/Desk", () => ({
  Desk: ({ second }: { second?: boolean }) => <main id="main">{second ? "second" : "claims"}</main>,
}));

let box: Box;
const pages = () =>
  [...screen.getByRole("navigation", { name: "Pages" }).querySelectorAll("a")].map(textOf);
const current = () => textOf(document.querySelector("nav [aria-current=page]"));
async function signedIn(role: Role, path = "/") {
  history.replaceState(null, "", path);
  box.answers["GET /me"] = me(role);
  return show(<App />);
}

beforeEach(() => {
  vi.stubGlobal("scrollTo", () => undefined);
  box = new Box({
    "GET /me": refusal(401, "Not signed in", "Sign in to go on."),
    "GET /claims": { claims: [] },
    "GET /calls": { calls: [], next: null },
    "GET /statement": statement(),
    "GET /plans": plans(),
    "GET /periods/2026-11": period(),
    "GET /periods/2026-11/open": openClaims(),
    "GET /periods/2026-11/payroll?format=csv": payroll(),
    "GET /questions": questions(),
    "GET /periods": { periods: [], current: "2026-11", zone: "Europe/Berlin" },
    "GET /queue": { claims: [], waiting: 0, skipped: 0 },
    "GET /second-reviews": { second_reviews: [], now: "2026-11-20T12:00:00Z" },
    "GET /checklists": { checklists: [], head_of: null, name: "" },
    "GET /leads": { leads: [], next: null, count: 0, now: "2026-11-20T12:00:00Z" },
    "GET /work": {
      leads: [],
      next: null,
      count: 0,
      now: "2026-11-20T12:00:00Z",
      late: 0,
      over_7_days: 0,
    },
    "GET /reports/slots": slots(),
    "GET /reports/overview": overview(),
    "GET /repairs": {
      repairs: [repair(), repair({ what: "Another." })],
      now: "2026-11-20T12:00:00Z",
    },
    "GET /leads/choices": { sources: [], campaigns: [] },
    "DELETE /session": nothing,
    "POST /session": me("telemarketer"),
  });
});

describe("the session", () => {
  test("nobody is asked to sign in; who does is at home", async () => {
    await show(<App />);
    await write("Login", "ines");
    await submit("Sign in");
    expect(screen.getByRole("heading", { name: "My day" })).toBeTruthy();
  });

  test("a box that does not answer is no reason to sign in again", async () => {
    box.answers["GET /me"] = new Raw(502, "<html>", "Bad Gateway");
    await show(<App />);
    expect(screen.queryByLabelText("Login")).toBeNull();
    expect(alerts()[0]).toContain("The box did not answer: 502 Bad Gateway.");
    box.answers["GET /me"] = me("telemarketer");
    await press("Try again");
    expect(screen.getByRole("heading", { name: "My day" })).toBeTruthy();
  });

  test("who signs out has no page and no stream any more", async () => {
    await signedIn("telemarketer");
    const stream = FakeEventSource.last;
    await press("Sign out");
    expect(screen.getByLabelText("Login")).toBeTruthy();
    expect(stream.readyState).toBe(FakeEventSource.CLOSED);
  });

  test("what somebody entered and did not send is theirs, whoever signs in after them", async () => {
    const entered = lasting<string>("thing");
    const first = await signedIn("telemarketer");
    entered.put("mine");
    await first.leave();
    await signedIn("reviewer");
    expect(entered.get()).toBeUndefined();
    await press("Sign out");
    await write("Login", "ines");
    await submit("Sign in");
    expect(entered.get()).toBe("mine");
  });

  test("a session that ends under a page is asked for over it, and what failed comes then", async () => {
    await signedIn("telemarketer");
    const before = box.count("GET /statement");
    box.answers["GET /statement"] = refusal(401, "Signed out", "Sign in to go on.");
    await click(screen.getByRole("link", { name: "Statement" }));
    expect(screen.getByRole("dialog", { name: "Your session ended" })).toBeTruthy();
    box.answers["GET /statement"] = statement();
    await write(/^Password/, "assay");
    await submit("Sign in and go on");
    await settle();
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(box.count("GET /statement")).toBe(before + 2);
  });

  test("who signed out is not asked for the password over a page", async () => {
    await signedIn("telemarketer");
    box.answers["DELETE /session"] = refusal(401, "Signed out", "Sign in to go on.");
    await press("Sign out");
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(screen.getByLabelText("Login")).toBeTruthy();
  });

  test("from page to page the one stream stays", async () => {
    await signedIn("telemarketer");
    for (const path of ["/calls", "/statement", "/claims"]) {
      go(path);
      await settle();
    }
    expect(FakeEventSource.all.length).toBe(1);
  });
});

describe("a verdict that comes", () => {
  test("is counted beside My claims and in the tab's title, and read out, on any page", async () => {
    box.answers["GET /claims"] = { claims: [claim({ state: "in_review" })] };
    await signedIn("telemarketer", "/statement");
    expect(document.title).toBe("Statement · Assay");
    const decided = failedClaim({ decided_at: "2026-11-21T12:00:00Z" });
    box.answers["GET /claims"] = { claims: [decided] };
    FakeEventSource.last.changed("claims");
    await settle();
    expect(document.title).toBe("(1) Statement · Assay");
    expect(pages()[1]).toBe("My claims1 not seen yet");
    expect(screen.getAllByRole("status").map(textOf)).toContain(
      "Brightwater Logistics: not passed.",
    );
    go("/claims?claim=7");
    await settle();
    expect([document.title, pages()[1]]).toEqual(["My claims · Assay", "My claims"]);
  });

  test("nobody else is asked for claims", async () => {
    await signedIn("sales");
    expect(box.count("GET /claims")).toBe(0);
  });
});

describe("pages", () => {
  test("each role has its own", async () => {
    for (const [role, own] of [
      [
        "telemarketer",
        [
          "My day",
          "My claims",
          "My calls",
          "Statement",
          "Books",
          "Plans",
          "Handed over",
          "Leads",
          "Slots",
          "In progress",
        ],
      ],
      ["reviewer", ["Review", "Second reviews", "Queue", "My record", "Checklists"]],
      ["sales", ["Handed over", "Content", "Marketing and sales", "Checklists", "Sales gate"]],
      [
        "marketing",
        [
          "Leads",
          "Import",
          "Duplicates",
          "Sources",
          "Never call",
          "Results",
          "Content",
          "Marketing and sales",
          "Checklists",
          "Funnel",
          "Score",
          "Origin",
        ],
      ],
      [
        "manager",
        [
          "Overview",
          "Leads",
          "Calls",
          "Review",
          "Commission",
          "Reports",
          "Messages",
          "Repairs2 to repair",
        ],
      ],
      ["admin", ["Coverage", "Messages", "CRM", "Repairs2 to repair", "Access"]],
    ] as const) {
      const { leave } = await signedIn(role);
      expect([role, pages()]).toEqual([role, own]);
      await leave();
    }
  });

  test("many pages stand in groups, and the group that shows has its own beside it", async () => {
    await signedIn("manager", "/plans");
    const within = () =>
      [...screen.getByRole("navigation", { name: "Commission" }).querySelectorAll("a")].map(textOf);
    expect(within()).toEqual(["Rulings", "Plans", "Close", "Questions", "Books"]);
    expect(current()).toBe("Plans");
    expect(textOf(document.querySelector("nav [aria-current=true]"))).toBe("Commission");
    await click(screen.getByRole("link", { name: "Reports" }));
    expect(location.pathname).toBe("/slots");
    await click(screen.getByRole("link", { name: "Overview" }));
    expect(screen.queryByRole("navigation", { name: "Reports" })).toBeNull();
  });

  test("where they do not fit, the group and the page that show are in view", async () => {
    // Nothing is drawn here: each link is 100 wide, the group's is 500 in, and 300 are shown.
    const sized = (of: object, name: string, get: (this: HTMLElement) => number) =>
      Object.defineProperty(of, name, { configurable: true, get });
    const { prototype } = HTMLElement;
    const was = ["offsetLeft", "offsetWidth", "clientWidth"].map(
      (name) => [name, Object.getOwnPropertyDescriptor(prototype, name)!] as const,
    );
    sized(prototype, "offsetLeft", function () {
      return [...(this.parentElement?.children ?? [])].indexOf(this) * 100;
    });
    sized(prototype, "offsetWidth", () => 100);
    sized(prototype, "clientWidth", () => 300);
    await signedIn("manager", "/waterfall");
    for (const [name, property] of was) Object.defineProperty(prototype, name, property);
    const left = (name: string) => screen.getByRole("navigation", { name }).scrollLeft;
    expect([left("Pages"), left("Reports")]).toEqual([400, 600]);
  });

  test("the address opens its page; one that is not theirs opens the first", async () => {
    const { leave } = await signedIn("reviewer", "/queue");
    expect([current(), document.title]).toEqual(["Queue", "Queue · Assay"]);
    await leave();
    await signedIn("reviewer", "/statement");
    expect([current(), document.title]).toEqual(["Review", "Review · Assay"]);
  });

  test("a page below another has its address and its title", async () => {
    const { leave } = await signedIn("manager", "/close/2026-11");
    expect([current(), document.title]).toEqual(["Close", "Close November 2026 · Assay"]);
    go("/close");
    await settle();
    expect([current(), document.title]).toEqual(["Close", "Close · Assay"]);
    go("/close/soon");
    await settle();
    expect(screen.getByRole("heading", { name: "Close a period" })).toBeTruthy();
    await leave();
    await signedIn("telemarketer", "/close/2026-11");
    expect(current()).toBe("My day");
  });

  test("an address that a page had before still opens it", async () => {
    const { leave } = await signedIn("reviewer", "/second-looks");
    expect(current()).toBe("Second reviews");
    await leave();
    await signedIn("admin", "/lines");
    expect(current()).toBe("Coverage");
  });

  test("a link of the head goes there without loading anew, and Back comes back", async () => {
    await signedIn("telemarketer");
    await click(screen.getByRole("link", { name: "Statement" }));
    expect([location.pathname, current()]).toEqual(["/statement", "Statement"]);
    history.replaceState(null, "", "/claims");
    fireEvent(window, new PopStateEvent("popstate"));
    await settle();
    expect(current()).toBe("My claims");
  });

  test("a second review's desk is not the claims' desk", async () => {
    await signedIn("reviewer", "/second-reviews");
    expect(textOf(screen.getByRole("main"))).toBe("second");
    go("/review");
    await settle();
    expect(textOf(screen.getByRole("main"))).toBe("claims");
  });

  test("who has no commission is told so, and others are not", async () => {
    const { leave } = await signedIn("reviewer");
    expect(screen.getByText("Independent: no commission")).toBeTruthy();
    await leave();
    await signedIn("telemarketer");
    expect(screen.queryByText("Independent: no commission")).toBeNull();
  });

  test("the first link skips the head", async () => {
    await signedIn("telemarketer");
    const first = document.querySelector("a");
    expect([textOf(first), first?.getAttribute("href")]).toEqual([
      "Skip to the main part",
      "#main",
    ]);
    expect(screen.getByRole("main").id).toBe("main");
  });
});

describe("a checklist whose date has come", () => {
  const due = {
    checklists: [
      { id: "ch1", name: "BANT", campaigns: [], review_due: true, versions: [] },
      { id: "ch2", name: "MEDDIC", campaigns: [], review_due: false, versions: [] },
    ],
    head_of: null,
    name: "",
  };

  test("is said on every page of those who agree on it", async () => {
    box.answers["GET /checklists"] = due;
    const { leave } = await signedIn("manager", "/leads");
    expect(screen.getByText(/The checklist BANT was to be looked at again by now/)).toBeTruthy();
    await click(screen.getByRole("link", { name: "Open it" }));
    expect(current()).toBe("Checklists");
    expect(screen.queryByText(/was to be looked at again by now/)).toBeNull();
    await leave();
    await signedIn("reviewer", "/queue");
    expect(screen.queryByText(/was to be looked at again by now/)).toBeNull();
  });

  test("one whose date has not come is not", async () => {
    await signedIn("manager", "/leads");
    expect(screen.queryByText(/was to be looked at again by now/)).toBeNull();
  });
});

describe("a shared clip", () => {
  test("needs no session, and says that it is logged", async () => {
    history.replaceState(null, "", "/shared/abc123");
    await show(<App />);
    expect(box.asked).toEqual([]);
    const audio = screen.getByLabelText("The shared clip");
    expect(audio.getAttribute("src")).toBe("/api/v1/shared/abc123");
    expect(document.title).toBe("A shared clip · Assay");
    expect(screen.getByText(/Each opening is logged/)).toBeTruthy();
    fireEvent.error(audio);
    await settle();
    expect(screen.getByText("This link is no longer good")).toBeTruthy();
  });
});
