// From sign-in to the ledger by keyboard alone, in Debian's Chromium, with pictures.
//
//   node web/e2e/walk.mjs ADDRESS FOLDER
//
// ADDRESS is a running `assay demo`; pictures go to FOLDER. Fails with what it missed.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { browser, fresh, goTo, pagesThere, press, problems, tabTo, walk } from "./pages.mjs";
import { savedStatement } from "./saved.mjs";

const [address, folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });

async function open(login, options = {}) {
  const page = await fresh(login, options);
  await page.goto(address);
  // By keyboard: the login has the focus, Tab goes to the password, Enter sends.
  await page.waitForFunction(() => document.activeElement?.getAttribute("name") === "login");
  await page.keyboard.type(login);
  await page.keyboard.press("Tab");
  await page.keyboard.type("assay-demo");
  await page.keyboard.press("Enter");
  await pagesThere(page);
  return page;
}

const picture = (page, name) => page.screenshot({ path: `${folder}/${name}.png` });

async function seekTo(page, seconds) {
  // Home, then steps of ten and five seconds.
  await page.getByRole("slider", { name: "Playhead" }).focus();
  await press(page, "Home");
  for (let i = 0; i < Math.floor(seconds / 5); i++) await press(page, "ArrowRight");
  await page.evaluate(() => document.activeElement?.blur());
}

const given = (page) => page.getByRole("region", { name: "Verdict given" }).waitFor();

/** Takes the next claim: an act of the reviewer's, by Enter. */
async function takeNext(page) {
  await page.getByText("Enter takes the next").waitFor();
  await page.evaluate(() => document.activeElement?.blur());
  await press(page, "Enter");
}

/** Plays the call from its start to its end at twice the speed, and comes back when it was heard. */
async function hearAll(page) {
  await page.getByRole("slider", { name: "Playhead" }).focus();
  await press(page, "Home");
  await page.evaluate(() => document.activeElement?.blur());
  while ((await page.locator("#speed").textContent()) !== "2×") await press(page, ".");
  await press(page, "Space");
  for (const word of ["Pause", "Play"])
    await page.waitForFunction(
      (w) => document.querySelector(".transport .play")?.textContent?.startsWith(w),
      word,
      { timeout: 90_000 },
    );
}

await walk(folder, async () => {
  // A wrong password is told in words.
  const wrong = await browser.newPage();
  await wrong.goto(address);
  await wrong.getByLabel("Login").fill("ines");
  await wrong.getByLabel("Password").fill("wrong");
  await press(wrong, "Enter");
  await wrong.getByText("do not belong together").waitFor();
  await picture(wrong, "01-wrong-password");
  await wrong.close();

  // The telemarketer: own calls, a disposition, a claim.
  const ines = await open("ines");
  await goTo(ines, "My calls");
  await ines
    .getByRole("button", { name: "Open the call with Brightwater Logistics" })
    .first()
    .waitFor();
  assert.equal(await ines.getByText("Norvik Ferries").count(), 0, "a colleague's call shows");
  await picture(ines, "02-calls");
  await ines
    .getByRole("button", { name: "Open the call with Brightwater Logistics" })
    .nth(1)
    .focus();
  await press(ines, "Enter");
  // One digit is the disposition.
  await ines.getByText("How did it come out?").waitFor();
  await press(ines, "4");
  await ines.locator("[aria-pressed=true]", { hasText: "Conversation" }).waitFor();
  await tabTo(ines, "Claim this lead");
  await press(ines, "Enter");
  await ines.getByText("A reviewer hears the call without your name").waitFor();
  await ines.getByLabel("In place").focus();
  await press(ines, "Space", "Tab", "Space", "Tab", "Space", "Tab", "ArrowDown");
  await tabTo(ines, "", 1);
  // What was said in another call with the same lead may be named too.
  await ines
    .getByRole("group", { name: "Was some of it said in another call?" })
    .getByRole("checkbox")
    .first()
    .focus();
  await press(ines, "Space");
  await ines.getByLabel("What makes it a lead?").focus();
  await ines.keyboard.type(
    "Operations head with money in the plan; paper notes cost two hours a day.",
  );
  // What is entered is on the box: the page loaded again has it.
  await ines.locator(".kept", { hasText: /^Saved$/ }).waitFor();
  await ines.reload();
  await ines.getByRole("button", { name: "Claim this lead" }).focus();
  await press(ines, "Enter");
  await ines.getByText("4 of 4 answered.").waitFor();
  await ines.getByText("A pass earns").waitFor();
  await picture(ines, "03-claim");
  await tabTo(ines, "Send the claim");
  await press(ines, "Enter");
  await ines.getByRole("heading", { name: "My claims" }).waitFor();
  const line = ines.locator("tr", { hasText: "Brightwater Logistics" });
  await line.getByText("In the queue").waitFor();

  // The reviewer: the two older claims are put back or judged, then this one.
  const marek = await open("marek");
  await marek.getByText("claims wait").waitFor();
  await picture(marek, "04-claims-wait");
  await takeNext(marek);
  await marek.getByRole("heading", { name: "Norvik Ferries" }).waitFor();
  const blind = await marek.content();
  assert.ok(
    !blind.includes("Tom Brandt") && !blind.includes("decides herself"),
    "the reviewer sees the claimant or his words before the verdict",
  );
  const before = Date.now();
  await press(marek, "Space");
  await marek.waitForFunction(
    () => document.querySelector("[role=slider]")?.getAttribute("aria-valuenow") !== "0",
    undefined,
    { timeout: 10_000 },
  );
  console.log(`first second heard ${Date.now() - before} ms after Space`);
  await press(marek, "Space", "?");
  await marek.getByRole("heading", { name: "Keys" }).waitFor();
  await picture(marek, "04-keys");
  await press(marek, "Escape");
  // The need is only a size: budget, authority and timescale are proven, need fails by its reason.
  await hearAll(marek);
  await seekTo(marek, 20);
  await press(marek, "1", "a", "2", "a", "4", "b", "Shift+3", "1");
  await marek.getByText("Does not pass").waitFor();
  await press(marek, "Enter");
  await marek.getByText("Not passed: nothing is booked.").waitFor();
  await picture(marek, "05-fail-armed");
  await press(marek, "Enter");
  await given(marek);
  // Taken back within ten seconds, and given again.
  await press(marek, "z");
  await marek.getByRole("region", { name: "Verdict", exact: true }).waitFor();
  await press(marek, "Enter", "Enter");
  await given(marek);
  assert.ok(!(await marek.content()).includes("Tom Brandt"), "the claimant shows during the hold");
  // Once the verdict is final it shows whose claim it was.
  await marek.getByText("Tom Brandt").first().waitFor({ timeout: 20_000 });
  await press(marek, "n");
  await marek.getByRole("heading", { name: "Halden Cold Chain" }).waitFor();
  // One heard moment decides: the other rows are left unjudged.
  await press(marek, "Space");
  await marek.waitForFunction(
    () => Number(document.querySelector(".head")?.getAttribute("aria-valuenow")) >= 2,
  );
  await press(marek, "Space", "1", "o", "Shift+1", "1", "Enter");
  await marek.getByText("Not judged").first().waitFor();
  await press(marek, "Enter");
  await given(marek);
  await press(marek, "n");
  await marek.getByRole("heading", { name: "Brightwater Logistics" }).waitFor();
  // Heard with the page behind another window, where nothing is drawn and the sound goes on.
  await marek.evaluate(() => {
    window.draw = window.requestAnimationFrame;
    window.held = [];
    window.requestAnimationFrame = (frame) => window.held.push(frame);
  });
  await hearAll(marek);
  await marek.evaluate(() => {
    window.requestAnimationFrame = window.draw;
    window.held.forEach(requestAnimationFrame);
  });
  await seekTo(marek, 35);
  await press(marek, "1", "a");
  await picture(marek, "06-review");
  await seekTo(marek, 30);
  await press(marek, "2", "a");
  await seekTo(marek, 20);
  // Enter leads to what is missing first: here into the box for the pain.
  await press(marek, "3", "a", "4", "b", "Enter");
  await marek.keyboard.type("Drivers lose two hours a day to paper");
  await press(marek, "Escape");
  await seekTo(marek, 40);
  await press(marek, "4");
  await marek.getByText("Passes", { exact: true }).waitFor();
  await press(marek, "Enter");
  await marek.getByText("Pass: €40.00 for one lead").waitFor();
  await picture(marek, "07-armed");
  // The telemarketer's open page notes when the verdict first shows, and the box says when its hold ends.
  await ines.evaluate(() => {
    const look = () => {
      const row = [...document.querySelectorAll("tr")].find((r) =>
        r.textContent.includes("Brightwater Logistics"),
      );
      if (row?.textContent.includes("Passed") && !window.shown) window.shown = Date.now();
    };
    new MutationObserver(look).observe(document.body, {
      subtree: true,
      childList: true,
      characterData: true,
    });
  });
  const answer = marek.waitForResponse(
    (r) => r.request().method() === "POST" && r.url().endsWith("/verdict"),
  );
  await press(marek, "Enter");
  const { hold_until } = await (await answer).json();
  await given(marek);
  assert.ok(!(await marek.content()).includes("Ines Okafor"), "the claimant shows on hold");
  await picture(marek, "08-on-hold");

  // On hold nothing shows; at its end the open page shows verdict and money.
  await line.getByText("Passed", { exact: true }).waitFor();
  const late = (await ines.evaluate(() => window.shown)) - Date.parse(hold_until);
  console.log(`verdict and money on the telemarketer's open page ${late} ms after the hold's end`);
  assert.ok(late >= 0, `a verdict showed ${-late} ms before its hold ended`);
  await line.getByText("€40.00").waitFor();
  await marek.getByText("Ines Okafor").first().waitFor({ timeout: 20_000 });
  await picture(ines, "09-passed");
  await tabTo(ines, "Statement");
  await press(ines, "Enter");
  await ines.getByRole("cell", { name: "+€40.00", exact: true }).waitFor();
  await picture(ines, "10-statement");
  await savedStatement(ines, folder);

  // Narrow, and dark.
  const phone = await open("ines", { viewport: { width: 390, height: 844 } });
  await goTo(phone, "My claims");
  await phone.getByText("Brightwater Logistics").first().waitFor();
  await picture(phone, "11-phone");
  const wide = await phone.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.ok(!wide, "the narrow page scrolls sideways");
  const tom = await open("tom", { colorScheme: "dark" });
  await goTo(tom, "My claims");
  await tom.getByText("only size or type").first().waitFor();
  await picture(tom, "12-dark");
  for (const login of ["sam", "mia", "max", "ada"]) {
    const page = await open(login);
    await page.waitForTimeout(300);
    await picture(page, `13-${login}`);
  }
  // The manager: what is missing and why, held against the phone system's records; calls in progress.
  for (const [name, options] of [
    ["15-coverage", {}],
    ["16-coverage-narrow", { viewport: { width: 390, height: 844 }, colorScheme: "dark" }],
  ]) {
    const max = await open("max", options);
    await goTo(max, "Coverage");
    await max.getByText("the tap was not running, or the mirror was not connected").waitFor();
    await picture(max, name);
    assert.ok(
      !(await max.evaluate(() => document.documentElement.scrollWidth > innerWidth)),
      `${name} scrolls sideways`,
    );
    await goTo(max, "In progress");
    await max.getByText("Nobody is on the phone").waitFor();
    await picture(max, name.replace("coverage", "live"));
  }
  // When calls connect, as a manager and as a telemarketer see it, and who holds up whom.
  for (const [login, name, options] of [
    ["max", "17-slots", {}],
    ["max", "18-slots-narrow", { viewport: { width: 390, height: 844 }, colorScheme: "dark" }],
    ["ines", "19-own-slots", {}],
  ]) {
    const page = await open(login, options);
    await goTo(page, "Slots");
    await page.getByText("How it is counted").waitFor();
    await picture(page, name);
    assert.ok(
      !(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)),
      `${name} scrolls sideways`,
    );
    if (login === "ines") continue;
    await goTo(page, "Waterfall");
    await page.getByText("Claim → a reviewer takes it").waitFor();
    await picture(page, name.replace("slots", "waterfall"));
    assert.ok(
      !(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)),
      `${name}: the waterfall scrolls sideways`,
    );
    for (const [page_, words] of [
      ["Numbers", "How it is counted"],
      ["Experiments", "No experiment yet"],
    ]) {
      await goTo(page, page_);
      await page.getByText(words).waitFor();
      await picture(page, name.replace("slots", page_.toLowerCase()));
      assert.ok(
        !(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)),
        `${name}: ${page_} scrolls sideways`,
      );
    }
    await tabTo(page, "Plan an experiment");
    await press(page, "Enter");
    await page.getByLabel("Question").waitFor();
    await picture(page, name.replace("slots", "plan"));
  }
  const rana = await open("rana", { colorScheme: "dark" });
  await rana.getByText("Nothing waits for you").waitFor();
  await picture(rana, "14-empty-queue");
  assert.deepEqual(problems, []);
  console.log("the whole way, by keyboard: walked");
});
