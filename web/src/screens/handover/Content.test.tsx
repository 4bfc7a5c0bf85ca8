// Content that is a link or a file: offered by marketing, taken by sales.
import { expect, test, vi } from "vitest";
import { Box, nothing, refusal, settle } from "../../../testing/box";
import { me } from "../../../testing/made";
import { alerts, press, screen, show, submit, textOf, unnamed, write } from "../../../testing/show";
import type * as api from "../../api";
import { ContentPage } from "./Content";
import { Send } from "./Send";

const piece = (more: Partial<api.ContentPiece> = {}): api.ContentPiece => ({
  id: "c1",
  client: "Northlight Fleet",
  title: "Price list",
  link: "https://example.com/prices",
  file: null,
  theme: "",
  topic: "",
  stage: "",
  pain: "",
  added_at: "2026-11-20T12:00:00Z",
  uses: 0,
  ...more,
});
const FILE = { id: "c2", title: "Sheet", link: "/api/v1/content/c2/file", file: "sheet.pdf" };
const clients = [{ id: "k1", name: "Northlight Fleet" }];
const page = (content: api.ContentPiece[] = []) => ({ content, misses: [], clients });

test("a link is opened beside the page, and a file is saved under its name", async () => {
  new Box({ "GET /content": page([piece(), piece(FILE)]) });
  await show(<ContentPage me={me("marketing")} />);
  const link = screen.getByRole<HTMLAnchorElement>("link", { name: "Price list" });
  expect([link.target, link.download]).toEqual(["_blank", ""]);
  const file = screen.getByRole<HTMLAnchorElement>("link", { name: "Sheet" });
  expect([file.target, file.download]).toEqual(["", "sheet.pdf"]);
  expect(textOf(document.body)).toContain("file sheet.pdf");
  expect(unnamed()).toEqual([]);
});

test("marketing offers a link where no file is chosen, and else the file as it is", async () => {
  const box = new Box({
    "GET /content": page(),
    "POST /content": nothing,
    "POST /content/file": nothing,
  });
  await show(<ContentPage me={me("marketing")} />);
  await write("Title", "Price list");
  await write("Link (https://…)", "https://example.com/prices");
  await submit("Offer it");
  expect(box.sent("POST /content")).toMatchObject([
    { client: "k1", title: "Price list", link: "https://example.com/prices" },
  ]);
  await write("Title", "Sheet");
  const input = screen.getByLabelText<HTMLInputElement>(/or a file/);
  const chosen = new File(["%PDF"], "sheet.pdf", { type: "application/pdf" });
  Object.defineProperty(input, "files", { value: [chosen] });
  await submit("Offer it");
  await settle();
  expect(
    box.asked.map((a) => `${a.method} ${a.path}`).filter((a) => a.startsWith("POST /content/file")),
  ).toEqual([expect.stringMatching(/client=k1&title=Sheet.*file=sheet.pdf/)]);
});

test("what is refused says why, and what was written stays", async () => {
  new Box({
    "GET /content": page(),
    "POST /content": refusal(422, "Not taken", "Give a link that begins with https://."),
  });
  await show(<ContentPage me={me("marketing")} />);
  await write("Title", "Price list");
  await submit("Offer it");
  expect(alerts()[0]).toContain("Give a link that begins with https://.");
  expect(screen.getByLabelText<HTMLInputElement>("Title").value).toBe("Price list");
});

test("sales saves a file in the two actions in which it copies a link", async () => {
  const to = vi.fn();
  vi.stubGlobal("location", { ...location, assign: to });
  const box = new Box({
    "GET /handovers/cl1/content": { content: [piece(), piece(FILE)], used: [] },
    "POST /handovers/cl1/content": nothing,
  });
  await show(<Send card={{ claim: "cl1" } as api.HandoverCard} mine />);
  await press(/^Save file/);
  expect(to).toHaveBeenCalledWith("/api/v1/content/c2/file");
  expect(box.sent("POST /handovers/cl1/content")).toEqual([{ content: "c2" }]);
  expect(textOf(document.body)).toContain("“Sheet” is saved as sheet.pdf");
  expect(screen.getByRole("button", { name: /^Copy link/ })).toBeTruthy();
  vi.unstubAllGlobals();
});
