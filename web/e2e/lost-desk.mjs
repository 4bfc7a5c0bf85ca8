// The steps of a review, each with its losses.
import assert from "node:assert/strict";
import {
  ALL,
  asks,
  BOX,
  clock,
  insert,
  lose,
  nothing,
  SESSION,
  TAB,
  TAB_WITHOUT_BOX,
  trouble,
  until,
} from "./losses.mjs";
import { press } from "./pages.mjs";

const COMPANY = "Halden Cold Chain";
/** What was given, by criterion: `answer`, `evidence`, `words`. */
export const judged = {};
export let review;

const criterion = (row) => review.checklist.criteria[row];
const note = (row, part) => {
  const { id } = criterion(row);
  judged[id] = { words: "", ...judged[id], ...part };
};

/** Every row with its answer, moment and words, as the page shows them. */
const rowsShown = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll(".list > .row")].map((row) => [
      [...(row.querySelector("input:checked")?.parentElement.childNodes ?? [])]
        .filter((node) => node.nodeType === Node.TEXT_NODE)
        .map((node) => node.data)
        .join(""),
      /\d+:\d+–\d+:\d+/.exec(row.querySelector(".moment")?.textContent ?? "")?.[0] ?? "",
      row.querySelector(".pain input")?.value ?? "",
    ]),
  );
async function shows(page) {
  const expected = review.checklist.criteria.map((c) => {
    const { answer, evidence, words = "" } = judged[c.id] ?? {};
    return [
      c.answers.find((a) => a.id === answer)?.label ?? "",
      evidence ? `${clock(evidence.from_ms)}–${clock(evidence.to_ms)}` : "",
      words,
    ];
  });
  assert.deepEqual(await rowsShown(page), expected, "the page shows other answers");
}
async function stored() {
  const { draft } = await asks("marek", `/review/${review.id}`);
  assert.deepEqual(draft?.rows ?? {}, judged, "the box has other answers");
}
async function given() {
  const { verdict } = await asks("marek", `/review/${review.id}`);
  const rows = (verdict?.answers ?? []).map(({ criterion, note, evidence, ...row }) => [
    criterion,
    { ...row, ...(evidence ? { evidence } : {}) },
  ]);
  assert.deepEqual(Object.fromEntries(rows), judged, "the verdict holds other answers");
}
const atDesk = (page) => page.getByRole("heading", { name: COMPANY }).waitFor();
/** Of what the page saves by itself. */
const kept = {
  missed: (page) => page.locator(".saved.unsaved", { hasText: /^Not saved: / }).waitFor(),
  again: (page) => page.locator(".saved", { hasText: /^Saved / }).waitFor(),
  back: atDesk,
  shows,
  stored,
};

const toTheKeys = (page) => page.evaluate(() => document.activeElement?.blur());
async function mark(page, row) {
  await toTheKeys(page);
  for (const _ of review.checklist.criteria) await press(page, "ArrowUp");
  for (let n = 0; n < row; n++) await press(page, "ArrowDown");
}
async function toTheStart(page) {
  await page.getByRole("slider", { name: "Playhead" }).focus();
  await press(page, "Home");
  await toTheKeys(page);
}

/** Takes a claim; between two losses it is put back for a while. */
async function takes(who) {
  const idle = (page) => page.getByText("Enter takes the next");
  const heading = (page) => page.getByRole("heading", { name: COMPANY });
  const either = (page) => heading(page).or(idle(page)).waitFor();
  const take = async (page) => {
    await toTheKeys(page);
    await press(page, "Enter");
  };
  /** What was taken is on the desk, or waits. */
  const taken = async (page) => {
    await either(page);
    if (await idle(page).count()) await take(page);
    await atDesk(page);
  };
  await lose(who, "a claim taken", [...SESSION, ...BOX, ...TAB], {
    ready: async (page) => {
      await either(page);
      if (await heading(page).count()) await press(page, "w");
      await idle(page).waitFor();
    },
    act: take,
    missed: trouble,
    again: async (page) => {
      await page.getByRole("button", { name: "Try again" }).click();
      await taken(page);
    },
    back: taken,
    shows: nothing,
    stored: async () => {
      review = await asks("marek", "/review/current");
      assert.equal(review?.company, COMPANY);
    },
  });
}

/** Hears the seconds that will be stamped. */
async function hears({ page }) {
  while ((await page.locator("#speed").textContent()) !== "2×") await press(page, ".");
  await press(page, "Space");
  await page.waitForFunction(
    () => Number(document.querySelector(".head")?.getAttribute("aria-valuenow")) >= 11,
  );
  await press(page, "Space");
  await page.waitForFunction(
    () => parseInt(document.querySelector(".track.heard").getAttribute("aria-label")) >= 10,
  );
}

async function answers(who) {
  await lose(who, "an answer", ALL, {
    ...kept,
    ready: (page, n) => mark(page, n % 6),
    act: async (page, n) => {
      const letter = n < 6 ? 0 : 1;
      await press(page, "ab"[letter]);
      note(n % 6, { answer: criterion(n % 6).answers[letter].id });
    },
  });
  const [{ call }] = review.calls;
  await lose(who, "a stamp", ["revoked", ...BOX, ...TAB], {
    ...kept,
    ready: (page, n) => (n < 4 ? toTheStart(page) : mark(page, 0)),
    act: async (page, n) => {
      // Stamped at the start of the call; then an end is moved by a quarter second.
      await press(page, n < 4 ? `${n + 1}` : "Shift+BracketLeft");
      note(n % 4, { evidence: { call, from_ms: 0, to_ms: n < 4 ? 10_000 : 9_750 } });
    },
  });
  let pain = "";
  await lose(who, "the pain", ["revoked", ...ALL.slice(SESSION.length)], {
    ...kept,
    ready: async (page) => {
      await toTheKeys(page);
      await press(page, "t", "End");
    },
    act: async (page, n) => {
      pain = await insert(page, pain, `word${"abcdefgh"[n]}`);
      note(2, { words: pain });
    },
  });
}

/** Writes a comment, which is pinned at last, and a note, which is given up. */
async function writes(who) {
  const [{ call }] = review.calls;
  const comments = [];
  let text = "";
  // By its element: under the question for the password it has no role.
  const box = (page) => page.locator("dialog textarea");
  const open = async (page, ...keys) => {
    await atDesk(page);
    if (await box(page).count()) return;
    await toTheKeys(page);
    await press(page, ...keys);
    await box(page).waitFor();
  };
  const comment = (page) => open(page, "m");
  const why = (page) => open(page, "q", "5");
  const write = async (page, n) => {
    await box(page).press("Control+End");
    text = await insert(page, text, `words ${n}`);
  };
  const shows = async (page) => {
    const [left = ""] = await box(page).evaluateAll((all) => all.map((e) => e.value));
    assert.equal(left, text, "the page shows other words");
  };
  const half = { act: write, shows, stored: nothing };
  await lose(who, "half a comment", TAB_WITHOUT_BOX, { ...half, ready: comment, back: comment });
  const pin = (page) => page.getByRole("button", { name: "Pin it" }).click();
  await lose(who, "a comment pinned", [...SESSION, ...BOX], {
    ready: async (page, n) => {
      await comment(page);
      await write(page, n);
      comments.push(text);
    },
    act: pin,
    missed: trouble,
    again: pin,
    shows,
    stored: async (page) => {
      await box(page).waitFor({ state: "detached" });
      text = "";
      const shown = await page.locator(".notes li > span").allTextContents();
      assert.deepEqual(shown, comments, "the page shows other comments");
      const on = await asks("marek", `/calls/${call}/comments`);
      const texts = on.comments.map((c) => c.text);
      assert.deepEqual(texts, comments, "the box has other comments");
    },
  });
  await lose(who, "half a note", TAB_WITHOUT_BOX, { ...half, ready: why, back: why });
  await press(who.page, "Escape");
}

/** Gives the verdict; between two losses it is taken back. */
async function gives(who) {
  const bar = (page, name) => page.getByRole("region", { name, exact: true });
  const isGiven = (page) => bar(page, "Verdict given");
  const isNot = (page) => bar(page, "Verdict");
  const arm = async (page) => {
    await toTheKeys(page);
    await press(page, "Enter");
    await page.getByText("Not passed: nothing is booked.").waitFor();
  };
  const give = async (page) => {
    await isGiven(page).or(isNot(page)).waitFor();
    if (await isGiven(page).count()) return;
    await arm(page);
    await press(page, "Enter");
    await isGiven(page).waitFor();
  };
  await mark(who.page, 0);
  await press(who.page, "c");
  note(0, { answer: "none" });
  // A verdict that is given while an answer is not saved does not keep that from being tried again.
  await lose(who, "an answer and at once a verdict", ["killed"], {
    ...kept,
    ready: () => until(stored),
    act: async (page) => {
      await press(page, "Shift+BracketRight");
      note(0, { evidence: { ...judged.budget.evidence, to_ms: 10_000 } });
    },
    missed: async (page) => {
      await arm(page);
      await press(page, "Enter");
      await trouble(page);
      await kept.missed(page);
    },
  });
  await lose(who, "a verdict", ALL, {
    ready: async (page) => {
      await isGiven(page).or(isNot(page)).waitFor();
      if (await isGiven(page).count()) {
        // Taken back, everything is as it was given, also for a tab that is loaded again.
        await press(page, "z");
        await isNot(page).waitFor();
        await page.reload();
        await atDesk(page);
        await until(() => shows(page));
        await stored();
      }
      await arm(page);
    },
    act: (page) => press(page, "Enter"),
    missed: trouble,
    again: give,
    back: give,
    shows,
    stored: given,
  });
}

/** A claim from the queue to its verdict. */
export async function reviews(who) {
  await takes(who);
  await hears(who);
  await answers(who);
  await writes(who);
  await gives(who);
}
