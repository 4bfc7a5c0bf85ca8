import { beforeEach, expect, test } from "vitest";
import { Box, nothing, refusal } from "../../testing/box";
import { lastAudio } from "../../testing/sound";
import { alerts, choose, press, screen, show, submit, textOf, unnamed } from "../../testing/show";
import type { Comment, Share } from "../api";
import { moment } from "../format";
import { Comments } from "./Comments";

const AT = "2026-11-20T12:00:00Z";
const comment: Comment = {
  id: "k1",
  from_ms: 3_000,
  to_ms: 9_000,
  tag: "stall",
  text: "She hesitates here.",
  by: "Marek",
  at: AT,
};
const shared: Share = {
  id: "s1",
  from_ms: 0,
  to_ms: 5_000,
  reason: "for training",
  expires_at: AT,
  revoked: false,
  opened: 2,
};
let box: Box;
/** Plays to a place and marks it, then to another. */
async function mark(from: number, to: number) {
  lastAudio().goes(from);
  await press(/It begins here/);
  lastAudio().goes(to - from);
  await press(/It ends here/);
}
const open = (canShare = false) => show(<Comments call="c1" length={60_000} canShare={canShare} />);
const items = () => screen.getAllByRole("listitem").map(textOf);

beforeEach(() => {
  box = new Box({
    "GET /calls/c1/comments": { comments: [comment] },
    "GET /calls/c1/shares": { shares: [shared] },
    "POST /calls/c1/comments": { id: "k2" },
    "POST /calls/c1/shares": { path: "/shared/abc123", expires_at: AT },
    "DELETE /calls/c1/shares/s1": nothing,
  });
});

test("a comment shows its moment, its tag, its words and whose they are", async () => {
  await open();
  expect(items()).toEqual([
    `Play the moment of this comment, 0:03–0:09Stall She hesitates here. Marek, ${moment(AT)}`,
  ]);
});

test("a call without comments says so, and a tag that is not known shows as it is", async () => {
  box.answers["GET /calls/c1/comments"] = { comments: [] };
  const { leave } = await open();
  expect(screen.getByText("None yet.")).toBeTruthy();
  await leave();
  box.answers["GET /calls/c1/comments"] = { comments: [{ ...comment, tag: "new_tag" }] };
  await open();
  expect(items()[0]).toContain("new_tag");
});

test("who may not share is not asked about links, and sees none", async () => {
  await open();
  expect(box.count("GET /calls/c1/shares")).toBe(0);
  expect(screen.queryByRole("button", { name: "Share a clip" })).toBeNull();
});

test("a comment is pinned with its seconds and its tag, and the list is asked for again", async () => {
  await open();
  await press("Comment on a moment");
  expect(unnamed()).toEqual([]);
  await mark(3_000, 8_000);
  await choose("Tag", "bridge");
  (screen.getByLabelText("Comment", { selector: "textarea" }) as HTMLTextAreaElement).value =
    "A good bridge.";
  await submit("Pin the comment");
  expect(box.sent("POST /calls/c1/comments")).toEqual([
    { from_ms: 3_000, to_ms: 8_000, tag: "bridge", text: "A good bridge." },
  ]);
  expect(box.count("GET /calls/c1/comments")).toBe(2);
  expect(screen.queryByRole("form", { name: "Comment" })).toBeNull();
});

test("a comment without a tag has none", async () => {
  await open();
  await press("Comment on a moment");
  await submit("Pin the comment");
  expect(alerts()[0]).toContain("No moment is marked yet.");
  await mark(0, 5_000);
  await submit("Pin the comment");
  expect(box.sent("POST /calls/c1/comments")).toMatchObject([{ tag: null }]);
});

test("a comment that the box refuses stays, with the reason", async () => {
  box.answers["POST /calls/c1/comments"] = refusal(422, "Cannot be read", "It has no words.");
  await open();
  await press("Comment on a moment");
  await mark(0, 5_000);
  await submit("Pin the comment");
  expect(alerts()).toEqual(["Cannot be read. It has no words."]);
  expect(screen.getByRole("form", { name: "Comment" })).toBeTruthy();
  await press("Cancel");
  expect(alerts()).toEqual([]);
});

test("a clip is shared for some hours, and its link shows this once", async () => {
  await open(true);
  await press("Share a clip");
  expect(unnamed()).toEqual([]);
  await mark(0, 5_000);
  expect((screen.getByLabelText("Good for hours") as HTMLInputElement).value).toBe("24");
  (screen.getByLabelText("What for?") as HTMLTextAreaElement).value = "for the team";
  await submit("Make the link");
  expect(box.sent("POST /calls/c1/shares")).toEqual([
    { from_ms: 0, to_ms: 5_000, reason: "for the team", hours: 24 },
  ]);
  const link = `${location.origin}/shared/abc123`;
  expect(screen.getAllByRole("status").map(textOf)).toContain(`The link, shown this once: ${link}`);
  expect(screen.getByRole("link", { name: link }).getAttribute("href")).toBe(link);
});

test("a link that is open says how often it was, and can be withdrawn", async () => {
  await open(true);
  expect(items()[1]).toContain(`shared: for training opened 2 times, until ${moment(AT)}`);
  box.answers["GET /calls/c1/shares"] = { shares: [{ ...shared, revoked: true }] };
  await press("Withdraw");
  expect(box.count("DELETE /calls/c1/shares/s1")).toBe(1);
  expect(items()[1]).toContain("opened 2 times, withdrawn");
  expect(screen.queryByRole("button", { name: "Withdraw" })).toBeNull();
});

test("the clip that was chosen stays chosen from form to form", async () => {
  await open(true);
  await press("Comment on a moment");
  await mark(2_000, 5_000);
  await press("Cancel");
  await press("Share a clip");
  expect(screen.getByText("Your moment: 0:02 to 0:05")).toBeTruthy();
});
