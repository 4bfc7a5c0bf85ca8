import { expect, test, vi } from "vitest";
import { criterion, review } from "../../testing/made";
import { click, screen, show, textOf, unnamed, within, write } from "../../testing/show";
import * as j from "./judging";
import { Rows } from "./Rows";

const list = review().checklist.criteria;
const [act, answer, writes] = [vi.fn(), vi.fn(), vi.fn()];
const rows = (judging: j.Judging, locked = false, of = list) =>
  show(
    <Rows
      list={of}
      judging={judging}
      decided={j.failsOnMoment(judging, of)}
      act={act}
      answer={answer}
      write={writes}
      locked={locked}
    />,
  );
const row = (name: string) => screen.getByRole("group", { name });
const stamped = (at: number, judging = j.start()) =>
  j.stamp(judging, list, at, "c1", 30_000, 60_000);

test("every row says what a digit stamps and which letters answer", async () => {
  await rows(j.start());
  expect(screen.getAllByRole("group").map((r) => r.getAttribute("aria-label"))).toEqual([
    "1 Budget",
    "2 Need",
    "3 Extra",
  ]);
  expect(
    within(row("1 Budget"))
      .getAllByRole("radio")
      .map((r) => textOf(r.closest("label"))),
  ).toEqual(["AYes, passes", "BNo, fails", "CNot asked, fails"]);
  expect(unnamed()).toEqual([]);
});

test("the marked row is the current one", async () => {
  await rows(j.mark(j.start(), list, 1));
  const current = screen.getAllByRole("group").filter((r) => r.hasAttribute("aria-current"));
  expect(current).toEqual([row("2 Need")]);
});

test("a click stamps, answers, or sets aside its own row", async () => {
  await rows(j.start());
  await click(within(row("2 Need")).getByRole("button", { name: /stamp it/ }));
  expect(act).toHaveBeenLastCalledWith({ do: "stamp", row: 1 });
  await click(within(row("2 Need")).getByRole("radio", { name: /Not asked/ }));
  expect(answer).toHaveBeenLastCalledWith(1, 2);
  await click(within(row("3 Extra")).getByRole("radio", { name: "N/A" }));
  expect(act).toHaveBeenLastCalledWith({ do: "na", row: 2 });
});

test("only a row that may not apply can be set aside", async () => {
  await rows(j.start());
  expect(screen.getAllByRole("radio", { name: "N/A" }).length).toBe(1);
});

test("the given answer is chosen, and nothing is before", async () => {
  const checked = () =>
    screen
      .getAllByRole("radio")
      .filter((r) => (r as HTMLInputElement).checked)
      .map((r) => textOf(r.closest("label")));
  const { leave } = await rows(j.start());
  expect(checked()).toEqual([]);
  await leave();
  await rows(j.answer(j.answer(j.start(), list, 0, 1), list, 1, 0));
  expect(checked()).toEqual(["BNo, fails", "AYes, passes"]);
});

test("of a row that is marked to fail, digits name the reasons", async () => {
  await rows(j.fail(j.start(), list, 0));
  const keys = (name: string) => [...row(name).querySelectorAll("label kbd")].map(textOf);
  // "Yes" does not fail it and keeps its letter.
  expect(keys("1 Budget")).toEqual(["A", "1", "2"]);
  expect(keys("2 Need").slice(0, 3)).toEqual(["A", "B", "C"]);
});

test("a moment is a clip that plays, of its own row", async () => {
  await rows(stamped(0));
  const chip = within(row("1 Budget")).getByRole("button", { name: /Play the Budget clip/ });
  expect(textOf(chip)).toBe("Play the Budget clip, 0:22–0:40 18 s");
  await click(chip);
  expect(act).toHaveBeenLastCalledWith({ do: "clip", loop: false, row: 0 });
});

test("an answer that passes asks for its moment; one that fails does not", async () => {
  const { leave } = await rows(j.answer(j.start(), list, 0, 0));
  expect(textOf(row("1 Budget"))).toContain("No moment yet: press 1 when it is said");
  await leave();
  await rows(j.answer(j.start(), list, 0, 1));
  expect(textOf(row("1 Budget"))).not.toContain("No moment yet");
});

test("what a row comes to is a word; a row for information comes to nothing", async () => {
  const results = () =>
    ["1 Budget", "2 Need", "3 Extra"].map(
      (name) => /(Unproven|Pass|Fail)$/.exec(textOf(row(name)))?.[1] ?? "",
    );
  const { leave } = await rows(j.start());
  expect(results()).toEqual(["Unproven", "Unproven", ""]);
  await leave();
  const judged = j.answer(j.answer(stamped(0), list, 0, 0), list, 1, 1);
  await rows(j.answer(judged, list, 2, 1));
  expect(results()).toEqual(["Pass", "Fail", ""]);
});

test("the pain is written into its row, and its words are counted", async () => {
  await rows(j.words(j.start(), list[1] ?? criterion("x"), "two hours 24"));
  const field = screen.getByLabelText(/The pain, in the buyer’s words/) as HTMLInputElement;
  expect([field.id, field.value]).toEqual(["words-need", "two hours 24"]);
  expect(textOf(row("2 Need"))).toContain("2 of 5 words");
  await write(/The pain/, "two hours a day");
  expect(writes).toHaveBeenLastCalledWith(1, "two hours a day");
});

test("once given, a row is read and not changed; its clip still plays", async () => {
  await rows(j.answer(stamped(0), list, 0, 0), true);
  for (const radio of screen.getAllByRole("radio"))
    expect((radio as HTMLInputElement).disabled).toBe(true);
  for (const stamp of screen.getAllByRole("button", { name: /stamp it/ }))
    expect((stamp as HTMLButtonElement).disabled).toBe(true);
  expect((screen.getByLabelText(/The pain/) as HTMLInputElement).readOnly).toBe(true);
  const chip = screen.getByRole("button", { name: /Play the Budget clip/ }) as HTMLButtonElement;
  expect(chip.disabled).toBe(false);
});

test("which answers fail shows before one is chosen, as a mark and a word, after those that pass", async () => {
  const mixed = criterion("mixed", {
    title: "Mixed",
    answers: [
      { id: "no", label: "No", passes: false, absent: false },
      { id: "yes", label: "Yes", passes: true, absent: false },
    ],
  });
  await rows(j.start(), false, [mixed]);
  const labels = [...row("1 Mixed").querySelectorAll("label.ans")];
  // Each keeps the letter of its place on the checklist.
  expect(labels.map(textOf)).toEqual(["BYes, passes", "ANo, fails"]);
  for (const label of labels) expect(label.querySelectorAll("svg").length).toBe(1);
  await click(within(row("1 Mixed")).getByRole("button", { name: /fail Mixed/ }));
  expect(act).toHaveBeenLastCalledWith({ do: "fail", row: 0 });
});

test("a row for information passes and fails nothing", async () => {
  await rows(j.start());
  expect(textOf(row("3 Extra"))).not.toMatch(/passes|fails/);
});

test("where a moment decides, rows without an answer are not judged", async () => {
  await rows(j.answer(stamped(0), list, 0, 1));
  expect(textOf(row("1 Budget"))).toMatch(/Fail$/);
  expect(textOf(row("2 Need"))).toMatch(/Not judged$/);
});

test("the marked row is scrolled into view, and no further than needed", async () => {
  const seen: [string, unknown][] = [];
  Element.prototype.scrollIntoView = function (this: Element, how) {
    seen.push([this.getAttribute("aria-label") ?? "", how]);
  };
  await rows(j.mark(j.start(), list, 1));
  expect(seen).toEqual([["2 Need", { block: "nearest" }]]);
  // So it is when the window changes: somebody has zoomed in.
  dispatchEvent(new Event("resize"));
  expect(seen.length).toBe(2);
});
