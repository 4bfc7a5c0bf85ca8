import { expect, test } from "vitest";
import { nth } from "./ordinal";

test("figures end as English says them", () => {
  const said = [1, 2, 3, 4, 11, 12, 13, 21, 22, 103, 111, 100000].map(nth).join(" ");
  expect(said).toBe("1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 103rd 111th 100000th");
});
