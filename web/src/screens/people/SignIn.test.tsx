import { expect, test, vi } from "vitest";
import { Box, Raw, refusal, settle } from "../../../testing/box";
import { me } from "../../../testing/made";
import { alerts, screen, show, submit, textOf, unnamed, write } from "../../../testing/show";
import { SignIn } from "./SignIn";

const done = vi.fn();
async function enter(box: Record<string, unknown>) {
  const made = new Box(box);
  await show(<SignIn done={done} />);
  await write("Login", "ines");
  await write("Password", "assay-demo");
  return made;
}

test("login and password have labels, and the browser's own words for them", async () => {
  await enter({});
  const [login, password] = [screen.getByLabelText("Login"), screen.getByLabelText("Password")];
  expect(login.getAttribute("autocomplete")).toBe("username");
  expect(password.getAttribute("autocomplete")).toBe("current-password");
  expect(password.getAttribute("type")).toBe("password");
  expect(unnamed()).toEqual([]);
});

test("who belongs together with a password is let in", async () => {
  const box = await enter({ "POST /session": me("telemarketer") });
  await submit("Sign in");
  expect(box.sent("POST /session")).toEqual([{ login: "ines", password: "assay-demo" }]);
  expect(done).toHaveBeenCalledWith(me("telemarketer"));
  expect(alerts()).toEqual([]);
});

test("who does not is told, at the field", async () => {
  done.mockClear();
  await enter({
    "POST /session": refusal(401, "No", "Login and password do not belong together."),
  });
  await submit("Sign in");
  expect(alerts()).toEqual(["Login and password do not belong together."]);
  const password = screen.getByLabelText("Password");
  expect(password.getAttribute("aria-invalid")).toBe("true");
  expect(password.getAttribute("aria-describedby")).toBe(screen.getByRole("alert").id);
  expect(done).not.toHaveBeenCalled();
});

test("a proxy that answers for the box is no wrong password", async () => {
  await enter({ "POST /session": new Raw(502, "<html>", "Bad Gateway") });
  await submit("Sign in");
  expect(alerts()[0]).toContain("502 Bad Gateway");
});

test("while it asks, the button says so", async () => {
  let answer: (me: unknown) => void = () => undefined;
  const waits = new Promise((resolve) => (answer = resolve));
  await enter({ "POST /session": () => waits });
  await submit("Sign in");
  const button = screen.getByRole("button");
  expect([textOf(button), button.getAttribute("aria-disabled")]).toEqual(["Signing in …", "true"]);
  answer(me("telemarketer"));
  await settle();
  expect([textOf(button), button.getAttribute("aria-disabled")]).toEqual(["Sign in", "false"]);
});

test("a second factor is asked for after the password, and goes with it", async () => {
  done.mockClear();
  const box = await enter({
    "POST /session": refusal(401, "One step more", "Enter the six digits.", {
      type: "urn:assay:second-factor",
    }),
  });
  await submit("Sign in");
  expect(alerts()).toEqual(["Enter the six digits."]);
  expect(screen.getByLabelText("Password").getAttribute("aria-invalid")).toBeNull();
  await write(/^Code/, "123456");
  box.answers["POST /session"] = me("telemarketer");
  await submit("Sign in");
  expect(box.sent("POST /session")[1]).toEqual({
    login: "ines",
    password: "assay-demo",
    code: "123456",
  });
  expect(done).toHaveBeenCalledWith(me("telemarketer"));
});
