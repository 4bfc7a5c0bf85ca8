// The box, the session and the tab are lost at every step of a review, a claim and a dispute, and no answer is lost
// (PRODUCT R14): the page says what is not saved, tries again, and asks for the password over the page.
//
//   node web/e2e/lost.mjs ADDRESS FOLDER COMMAND…
//
// COMMAND runs a box at ADDRESS on the data of an `assay demo` that nobody has used. The walk starts it, kills it and
// starts it again. It keeps for itself what was given, and compares the page and the box with that after each loss.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { asks, kill, lossesSoFar, Person, start } from "./losses.mjs";
import { judged, review, reviews } from "./lost-desk.mjs";
import { claims, disputes } from "./lost-floor.mjs";
import { problems, walk } from "./pages.mjs";

const [, folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });

await walk(folder, async () => {
  await start();
  // Of the demo's two claims one is with somebody else, so that the other one is always the next.
  await asks("rana", "/review/take", "POST");
  const marek = new Person("marek", "/review");
  await marek.open();
  await reviews(marek);
  await marek.page.context().close();

  const { calls } = await asks("ines", "/calls");
  const call = calls.find((c) => c.lead?.company === "Brightwater Logistics" && c.duration_ms);
  const ines = new Person("ines", `/calls?call=${call.id}`);
  await ines.open();
  await claims(ines, call);
  await disputes(ines, review, judged);

  // That the box does not answer, or that nobody is signed in, was wanted.
  const wanted = /net::ERR_|status of 401/;
  assert.deepEqual(
    problems.filter((p) => !wanted.test(p)),
    [],
  );
  console.log(`box, session and tab lost ${lossesSoFar()} times, and no answer with them: walked`);
});
await kill();
