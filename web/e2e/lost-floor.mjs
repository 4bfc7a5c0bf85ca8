// The steps of a claim and of a dispute, each with its losses.
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
  TAB_WITHOUT_BOX,
  trouble,
  until,
} from "./losses.mjs";
import { press } from "./pages.mjs";

const ownClaims = async (company) => {
  const { claims } = await asks("ines", "/claims");
  return claims.filter((c) => c.company === company);
};
/** Opens a form by its button where it is not open yet. */
async function opened(page, button, form) {
  await button.or(page.locator(form)).first().waitFor();
  if (await button.count()) await button.click();
  await page.locator(form).waitFor();
}

/** Claims the lead of a call, and changes the claim. */
export async function claims(who, call) {
  const company = call.lead.company;
  const form = await asks("ines", `/calls/${call.id}/checklist`);
  const [further] = form.other_calls;
  /** What was given. */
  const claim = { calls: [call.id], write_up: "", answers: {} };

  const shows = async (page) => {
    // Once it was sent or saved, the form is gone.
    if ((await page.locator(".claim-form").count()) === 0) return;
    const shown = await page.evaluate(() => {
      const all = (of) => [...document.querySelectorAll(`.claim-form ${of}`)];
      const chosen = all("input:checked").map((e) => [e.type, e.closest("label").textContent]);
      return {
        answers: chosen.filter(([type]) => type === "radio").map(([, label]) => label),
        further: chosen.filter(([type]) => type === "checkbox").length,
        words: all("textarea")[0]?.value,
      };
    });
    const answers = form.checklist.criteria.flatMap((c) =>
      c.answers.filter((a) => a.id === claim.answers[c.id]).map((a) => a.label),
    );
    const expected = { answers, further: claim.calls.length - 1, words: claim.write_up };
    assert.deepEqual(shown, expected, "the form shows something else");
  };
  const drafted = async () => {
    const { draft } = await asks("ines", `/calls/${call.id}/checklist`);
    assert.deepEqual(draft, claim, "the box has another draft");
  };
  const claimed = async () => {
    const all = await ownClaims(company);
    assert.equal(all.length, 1, `${all.length} claims`);
    const [{ calls, write_up, own_answers }] = all;
    const on = { calls: calls.map((c) => c.id).sort(), write_up, answers: own_answers };
    const expected = { ...claim, calls: [...claim.calls].sort() };
    assert.deepEqual(on, expected, "the box has another claim");
  };

  const open = (page) =>
    opened(
      page,
      page.getByRole("button", { name: /^(Claim this lead|Go on with your claim)$/ }),
      ".claim-form",
    );
  const change = async (page) => {
    await opened(page, page.getByRole("button", { name: "Change this claim" }), ".claim-form");
    await toTheWords(page);
  };
  const toTheWords = (page) => page.getByLabel("What makes it a lead?").press("Control+End");
  const write = async (page, n) => {
    claim.write_up = await insert(page, claim.write_up, `word ${n}`);
  };
  const choose = async (page, row) => {
    const { id, title, answers } = form.checklist.criteria[row];
    const group = page.getByRole("group", { name: new RegExp(`^${title}`) });
    await group.getByLabel(answers[row % 2].label, { exact: true }).check();
    claim.answers[id] = answers[row % 2].id;
  };
  const nameCall = async (page) => {
    const group = page.getByRole("group", { name: "Was some of it said in another call?" });
    await group.getByRole("checkbox").first().check();
    claim.calls = [call.id, further.id];
  };

  await lose(who, "half a claim", ALL, {
    ready: async (page) => {
      await open(page);
      await toTheWords(page);
    },
    act: (page, n) =>
      [
        () => write(page, n),
        () => choose(page, 0),
        () => write(page, n),
        () => choose(page, 1),
        () => nameCall(page),
        () => write(page, n),
        () => choose(page, 2),
        () => write(page, n),
      ][n](),
    missed: (page) => page.locator(".kept", { hasText: /^Not saved: trying again/ }).waitFor(),
    again: (page) => page.locator(".kept", { hasText: /^Saved$/ }).waitFor(),
    back: open,
    shows,
    stored: drafted,
  });
  const send = (page) => page.getByRole("button", { name: /^Send the claim/ }).click();
  const sending = { act: send, missed: trouble, shows };
  await lose(who, "a claim that does not go out", BOX, { ...sending, stored: drafted });
  await lose(who, "a claim sent", ["revoked"], { ...sending, stored: claimed });
  // Until somebody takes it, it can be changed.
  const { write_up } = claim;
  await lose(who, "half a change", TAB_WITHOUT_BOX, {
    ready: change,
    act: write,
    back: change,
    shows,
    stored: async () => assert.equal((await ownClaims(company))[0].write_up, write_up),
  });
  const save = (page) => page.getByRole("button", { name: "Save the change" }).click();
  await lose(who, "a change saved", [...SESSION, ...BOX], {
    ready: async (page, n) => {
      // The box has the change before, and its form goes with the answer: this one must not begin in it.
      const gone = page.locator(".claim-form").waitFor({ state: "detached", timeout: 3_000 });
      await gone.catch(() => undefined);
      await change(page);
      await write(page, `${n} of the change`);
    },
    act: save,
    missed: trouble,
    again: save,
    shows,
    stored: claimed,
  });
}

/** Reads the verdict of a review as its claimant, and disputes it. */
export async function disputes(who, review, judged) {
  const own = async () => (await ownClaims(review.company))[0];
  const claim = await until(async () => {
    const claim = await own();
    assert.ok(claim.verdict, "the verdict is not final");
    return claim;
  });
  const rows = claim.verdict.rows.map((r) => [r.criterion, r.answer, r.evidence, r.words ?? ""]);
  const expected = review.checklist.criteria.map((c) => {
    const { answer, evidence = null, words } = judged[c.id];
    return [c.id, c.answers.find((a) => a.id === answer).label, evidence, words];
  });
  assert.deepEqual(rows, expected, "the claimant reads other answers");

  await who.page.goto(new URL(`/claims?claim=${claim.number}`, who.page.url()).href);
  /** What was given. */
  const dispute = { reason: "" };
  const open = (page) =>
    opened(
      page,
      page.getByRole("button", { name: /^(Dispute this verdict|Go on with your dispute)$/ }),
      "#on-budget",
    );
  const reason = (page) => page.locator("#reason-budget");
  const shows = async (page) => {
    // Once it was sent, the form is gone.
    if ((await page.locator("#on-budget").count()) === 0) return;
    assert.ok(await page.locator("#on-budget").isChecked(), "the row is not chosen");
    assert.equal(await reason(page).inputValue(), dispute.reason, "the form has another reason");
    const { to_ms } = dispute;
    const moment = to_ms ? `Your moment: 0:00 to ${clock(to_ms)}` : "No moment marked yet";
    assert.equal(await page.locator(".call-player [role=status]").textContent(), moment);
  };
  await lose(who, "half a dispute", TAB_WITHOUT_BOX, {
    ready: open,
    act: async (page, n) => {
      await page.locator("#on-budget").check();
      if (n === 1) {
        await page.getByRole("slider", { name: "Place in the call" }).focus();
        await press(page, "[", "ArrowRight", "]");
        Object.assign(dispute, { from_ms: 0, to_ms: 5_000 });
      }
      await reason(page).press("Control+End");
      dispute.reason = await insert(page, dispute.reason, `because ${n}`);
    },
    back: open,
    shows,
    stored: nothing,
  });
  const send = (page) => page.getByRole("button", { name: "Send the dispute" }).click();
  const sending = { act: send, missed: trouble, shows };
  await lose(who, "a dispute that does not go out", BOX, {
    ...sending,
    stored: async () => assert.equal((await own()).dispute, null),
  });
  await lose(who, "a dispute sent", ["revoked"], {
    ...sending,
    stored: async (page) => {
      await page.getByText("Being judged afresh").first().waitFor();
      const { reason, ...span } = dispute;
      const on = (await own()).dispute.rows.map((r) => [r.criterion, r.reason, r.clip]);
      assert.deepEqual(on, [["budget", reason, { call: claim.calls[0].id, ...span }]]);
    },
  });
}
