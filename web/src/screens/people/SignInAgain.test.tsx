import { beforeEach, expect, test, vi } from "vitest";
import { Box, refusal, settle } from "../../../testing/box";
import { me } from "../../../testing/made";
import { alerts, press, screen, show, submit, write } from "../../../testing/show";
import { FakeEventSource } from "../../../testing/stream";
import * as api from "../../api";
import { events } from "../../events";
import { gate } from "../../gate";
import { SignInAgain } from "./SignInAgain";

const ENDED = refusal(401, "Signed out", "Sign in to go on.");
let box: Box;

/** A page with words on it, on which something was asked for after its session ended. */
async function ended(): Promise<{ ok: boolean }> {
  gate.opened();
  await show(
    <>
      <textarea aria-label="Words">half a sentence</textarea>
      <SignInAgain me={me("reviewer")} />
    </>,
  );
  screen.getByLabelText("Words").focus();
  const asked = api.claims();
  await settle();
  return asked;
}

beforeEach(() => {
  gate.closed();
  box = new Box({ "GET /claims": ENDED, "POST /session": me("reviewer") });
});

test("nothing is asked while the session lasts", async () => {
  await show(<SignInAgain me={me("reviewer")} />);
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("a session that ended asks over the page for this person's password", async () => {
  const asked = ended();
  await settle();
  await settle();
  expect(screen.getByRole("dialog", { name: "Your session ended" })).toBeTruthy();
  expect((screen.getByLabelText("Login") as HTMLInputElement).value).toBe("reviewer");
  expect((screen.getByLabelText("Login") as HTMLInputElement).readOnly).toBe(true);
  expect(screen.getByLabelText("Words").textContent).toBe("half a sentence");
  box.answers["GET /claims"] = { claims: [] };
  await write(/^Password/, "assay");
  await submit("Sign in and go on");
  await settle();
  // What was asked for comes, the dialog goes, and the focus is where it was.
  expect((await asked).ok).toBe(true);
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(document.activeElement).toBe(screen.getByLabelText("Words"));
});

test("what changes is told again from then on", async () => {
  vi.useFakeTimers();
  const stop = events.subscribe("claims", () => undefined);
  FakeEventSource.last.breaks(true);
  void ended();
  await settle();
  await settle();
  await submit("Sign in and go on");
  expect(FakeEventSource.all.length).toBe(2);
  stop();
});

test("a wrong password is said, and what waits goes on waiting", async () => {
  box.answers["POST /session"] = refusal(401, "Not signed in", "They do not belong together.");
  void ended();
  await settle();
  await settle();
  await submit("Sign in and go on");
  expect(alerts()).toContain("They do not belong together.");
  expect(screen.getByRole("dialog")).toBeTruthy();
  expect(box.count("GET /claims")).toBe(1);
});

test("somebody else's session sends nothing of this page, and leads to their own", async () => {
  box.answers["POST /session"] = me("reviewer", { id: "p-other", name: "Rana Haddad" });
  const reload = vi.fn();
  vi.stubGlobal("location", { ...location, reload });
  void ended();
  await settle();
  await settle();
  await submit("Sign in and go on");
  expect(alerts().join()).toContain("You signed in as Rana Haddad. This page is The reviewer’s");
  expect(box.count("GET /claims")).toBe(1);
  await press("Open your own page");
  expect(reload).toHaveBeenCalledOnce();
});
