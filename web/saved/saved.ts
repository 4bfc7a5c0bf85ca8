// The program of a saved statement: reads the data beside it, checks, draws. It asks no network.
import { check } from "./check";
import { Damaged, linesOf, read, unpack, type Saved } from "./data";
import type { Checked } from "./line";
import { damaged, draw, progress } from "./page";
import "../src/tokens.css";
import "../src/base.css";
import "../src/parts/marks.css";
import "../src/screens/review/Claims.css";
import "../src/screens/commission/Statement.css";
import "./saved.css";

/** Lets the page draw and be used. */
const breathe = () => new Promise<void>((then) => setTimeout(then, 0));

/**
 * Checks the statement that a page carries, a line at a time, and draws what it found.
 * @param rest what is waited for after each line
 */
export async function open(page: Element, json: string, rest = breathe): Promise<void> {
  try {
    draw(page, await inSlices(page, read(await unpack(json)), rest));
  } catch (error) {
    const why = error instanceof Damaged ? error.message : "It could not be checked to its end.";
    damaged(page, why);
  }
}

async function inSlices(page: Element, saved: Saved, rest: typeof breathe): Promise<Checked> {
  const { payee } = saved.statement;
  const show = progress(page, payee, linesOf(saved.statement).length);
  const slices = check(saved);
  for (;;) {
    const { done, value } = slices.next();
    if (done) return value;
    show(value);
    await rest();
  }
}

const data = document.getElementById("data");
const page = document.getElementById("main");
if (data && page) void open(page, data.textContent);
