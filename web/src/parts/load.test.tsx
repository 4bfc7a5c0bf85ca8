import { act } from "@testing-library/preact";
import { useState } from "preact/hooks";
import { expect, test } from "vitest";
import { Box, refusal, settle } from "../../testing/box";
import { alerts, press, screen, show, textOf } from "../../testing/show";
import { FakeEventSource } from "../../testing/stream";
import * as api from "../api";
import { useLoaded } from "./load";
import { Trouble } from "./states";

function Claims({ changes }: { changes?: string }) {
  const { value, problem, again } = useLoaded(api.claims, changes);
  return (
    <>
      {problem && <Trouble problem={problem} again={again} />}
      <output>{value ? `${value.claims.length} claims` : "none yet"}</output>
    </>
  );
}
const shown = () => textOf(screen.getByRole("status"));

test("what was asked for shows, and is asked for once", async () => {
  const box = new Box({ "GET /claims": { claims: [1, 2] } });
  await show(<Claims />);
  expect([shown(), box.asked.length, FakeEventSource.all.length]).toEqual(["2 claims", 1, 0]);
});

test("a change that concerns it has it asked for again", async () => {
  const box = new Box({ "GET /claims": { claims: [1] } });
  const { leave } = await show(<Claims changes="claims" />);
  box.answers["GET /claims"] = { claims: [1, 2, 3] };
  FakeEventSource.last.changed("queue");
  await settle();
  expect(shown()).toBe("1 claims");
  FakeEventSource.last.changed("claims");
  await settle();
  expect(shown()).toBe("3 claims");
  await leave();
  FakeEventSource.last.changed("claims");
  expect(box.asked.length).toBe(2);
});

test("what came before stays while the box is in trouble, until it answers again", async () => {
  const box = new Box({ "GET /claims": { claims: [1] } });
  await show(<Claims changes="claims" />);
  box.answers["GET /claims"] = refusal(503, "Busy", "Try again.");
  act(() => FakeEventSource.last.changed("claims"));
  await settle();
  expect([shown(), alerts()]).toEqual(["1 claims", ["Busy. Try again.Try again"]]);
  box.answers["GET /claims"] = { claims: [] };
  await press("Try again");
  expect([shown(), alerts()]).toEqual(["0 claims", []]);
});

test("what another question is answered late does not take the place of its own answer", async () => {
  let late: (answer: unknown) => void = () => undefined;
  new Box({
    "GET /statement?period=2026-10": () => new Promise((then) => (late = then)),
    "GET /statement?period=2026-11": { period: "2026-11" },
  });
  const questions = ["2026-10", "2026-11"].map((period) => () => api.statement({ period }));
  function Period() {
    const [n, next] = useState(0);
    const { value } = useLoaded(questions[n] ?? api.statement);
    return <button onClick={() => next(1)}>{value?.period ?? "none yet"}</button>;
  }
  await show(<Period />);
  await press("none yet");
  expect(screen.getByRole("button", { name: "2026-11" })).toBeTruthy();
  late({ period: "2026-10" });
  await settle();
  expect(screen.getByRole("button", { name: "2026-11" })).toBeTruthy();
});
