// What moved between two versions of a checklist, in sentences.
import type { Checklist, Criterion } from "../../api";

const yes = (on: boolean) => (on ? "yes" : "no");

export function moved(from: Checklist, to: Checklist): string[] {
  const said: string[] = [];
  const order = (list: Checklist) =>
    list.criteria
      .map((c) => c.id)
      .filter(
        (id) => from.criteria.some((c) => c.id === id) && to.criteria.some((c) => c.id === id),
      );
  for (const c of from.criteria)
    if (!to.criteria.some((n) => n.id === c.id)) said.push(`“${c.title}” is gone.`);
  for (const c of to.criteria) {
    const old = from.criteria.find((o) => o.id === c.id);
    if (old) said.push(...changed(old, c));
    else said.push(`“${c.title}” is new${c.must_pass ? " and must pass" : ", for information"}.`);
  }
  if (order(from).join() !== order(to).join()) said.push("The order of the rows changed.");
  return said;
}

function changed(old: Criterion, now: Criterion): string[] {
  const said: string[] = [];
  const word = (what: string, a: string, b: string) =>
    a !== b && said.push(`${now.title}: ${what} was “${a || "nothing"}”, is “${b || "nothing"}”.`);
  word("the title", old.title, now.title);
  word("the hint", old.hint, now.hint);
  word("what it means", old.definition, now.definition);
  word("what counts", old.counts, now.counts);
  word("what does not count", old.does_not_count, now.does_not_count);
  word("must pass", yes(old.must_pass), yes(now.must_pass));
  word("N/A allowed", yes(old.may_not_apply), yes(now.may_not_apply));
  word("a moment whatever the answer", yes(old.moment_always), yes(now.moment_always));
  word("words needed for the pain", String(old.words_needed), String(now.words_needed));
  for (const a of old.answers)
    if (!now.answers.some((n) => n.id === a.id))
      said.push(`${now.title}: the answer “${a.label}” is gone.`);
  for (const a of now.answers) {
    const before = old.answers.find((o) => o.id === a.id);
    if (!before)
      said.push(
        `${now.title}: the answer “${a.label}” is new and ${a.passes ? "passes" : "fails"}.`,
      );
    else {
      word(`the answer “${before.label}”`, before.label, a.label);
      if (before.passes !== a.passes)
        said.push(`${now.title}: “${a.label}” ${a.passes ? "passes now" : "fails now"}.`);
    }
  }
  return said;
}
