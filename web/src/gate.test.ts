import { beforeEach, expect, test, vi } from "vitest";
import { Box, refusal, settle } from "../testing/box";
import { me } from "../testing/made";
import * as api from "./api";
import { Gate, gate } from "./gate";

const ENDED = refusal(401, "Signed out", "Sign in to go on.");
let box: Box;

beforeEach(() => {
  gate.closed();
  box = new Box({ "GET /claims": ENDED, "POST /session": me("reviewer") });
});

test("where nobody was signed in, a request is simply refused", async () => {
  const r = await api.claims();
  expect([r.ok, box.count("GET /claims")]).toEqual([false, 1]);
});

test("a session that ended holds what is asked until somebody signs in, then repeats it", async () => {
  gate.opened();
  const asked = vi.fn();
  const stop = gate.watch(asked);
  const two = Promise.all([api.claims(), api.claims()]);
  await settle();
  // Both wait, and the password is asked for once.
  expect(asked.mock.calls).toEqual([[true]]);
  box.answers["GET /claims"] = { claims: [] };
  gate.opened();
  expect((await two).map((r) => r.ok)).toEqual([true, true]);
  expect(asked.mock.calls).toEqual([[true], [false]]);
  stop();
});

test("a session that ends again at once asks again", async () => {
  gate.opened();
  const asked = api.claims();
  await settle();
  gate.opened();
  await settle();
  expect(box.count("GET /claims")).toBe(2);
  gate.closed();
  expect((await asked).ok).toBe(false);
});

test("a wrong password is an answer, not the end of a session", async () => {
  gate.opened();
  box.answers["POST /session"] = refusal(401, "Not signed in", "They do not belong together.");
  expect((await api.signIn("marek", "wrong")).ok).toBe(false);
});

test("a page that comes to watch later is told what waits", async () => {
  const own = new Gate();
  own.opened();
  void own.ended();
  const asked = vi.fn();
  own.watch(asked)();
  expect(asked).toHaveBeenCalledWith(true);
  own.closed();
  expect(asked).toHaveBeenCalledTimes(1);
  expect(await own.ended()).toBe(false);
});
