// What would become of a file: its columns, the rows that would be left out, and duplicates.
import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import type * as api from "../../api";

interface Props {
  seen: api.ImportPreview;
  headRef: RefObject<HTMLHeadingElement | null>;
  /** The columns are mapped otherwise: it is looked at again. */
  map: (columns: string) => void;
  take: (duplicates: string, companies: string) => void;
  busy: boolean;
}

const SEPARATORS: Record<string, string> = {
  ",": "comma",
  ";": "semicolon",
  "\t": "tab",
  "|": "bar",
};
const DUPLICATES: [string, string][] = [
  ["skip", "Leave them out"],
  ["update", "Bring the leads that are there up to date"],
  ["keep", "Take them in as leads of their own; a call to the number asks which it was"],
];

const COMPANIES: [string, string][] = [
  ["keep", "Take them in: a firm may have several leads"],
  ["skip", "Leave them out"],
];

export function Preview({ seen, headRef, map, take, busy }: Props) {
  const [duplicates, setDuplicates] = useState("skip");
  const [companies, setCompanies] = useState("keep");
  const remap = (name: string, ours: string) => {
    const pairs = seen.columns.flatMap((c) => {
      const to = c.name === name ? ours : c.ours === ours ? "" : (c.ours ?? "");
      return to ? [[to, c.name] as const] : [];
    });
    map(JSON.stringify(Object.fromEntries(pairs)));
  };
  return (
    <div class="pad stack">
      <h2 ref={headRef} tabIndex={-1}>
        {seen.good} {seen.good === 1 ? "row" : "rows"} can come in, {seen.bad} would be left out
      </h2>
      <p class="second">
        Read as {seen.encoding}, separated by {SEPARATORS[seen.separator] ?? seen.separator}.
      </p>
      {seen.trouble && (
        <p class="mark" role="alert">
          It cannot come in yet: {seen.trouble}.
        </p>
      )}
      <div class="scroll columns">
        <table>
          <thead>
            <tr>
              <th scope="col">Column of the file</th>
              <th scope="col">Is our</th>
              <th scope="col">Holds, for example</th>
            </tr>
          </thead>
          <tbody>
            {seen.columns.map((c, i) => (
              <tr key={`${i}${c.name}`}>
                <td>{c.name || <span class="muted">without a name</span>}</td>
                <td>
                  <select
                    class="in"
                    aria-label={`${c.name} is our`}
                    value={c.ours ?? ""}
                    onChange={(e) => remap(c.name, e.currentTarget.value)}
                  >
                    <option value="">left aside</option>
                    {seen.ours.map((o) => (
                      <option key={o} value={o}>
                        {o.replaceAll("_", " ")}
                      </option>
                    ))}
                  </select>
                </td>
                <td class="muted">{c.samples.filter(Boolean).join(" · ")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {seen.bad_rows.length > 0 && (
        <section aria-label="Rows that would be left out">
          <h3>Left out</h3>
          <ul>
            {seen.bad_rows.slice(0, 10).map((b) => (
              <li key={b.line}>
                Line {b.line}: {b.reason}.
              </li>
            ))}
          </ul>
          {seen.bad > 10 && (
            <p class="second">{seen.bad - 10} more: after the import all can be downloaded.</p>
          )}
        </section>
      )}
      {seen.duplicates > 0 && (
        <fieldset class="stack">
          <legend>
            <b>
              {seen.duplicates} share a number, a mail address or a company with a lead that is
              there
            </b>{" "}
            <span class="second">(of the first 2,000 rows)</span>
          </legend>
          <ul>
            {seen.duplicate_rows.slice(0, 10).map((d) => (
              <li key={d.line}>
                Line {d.line}, {d.company}: same {d.shares} as {d.with}
              </li>
            ))}
          </ul>
          <Choice
            name="duplicates"
            asks="What becomes of those that share a number or a mail address?"
            of={DUPLICATES}
            chosen={duplicates}
            choose={setDuplicates}
          />
          <Choice
            name="companies"
            asks="And of those that share nothing but the company?"
            of={COMPANIES}
            chosen={companies}
            choose={setCompanies}
          />
        </fieldset>
      )}
      <div class="wrap">
        <button
          class="btn primary large"
          aria-disabled={busy || seen.trouble !== null || seen.good === 0}
          onClick={() => {
            if (!busy && !seen.trouble && seen.good > 0) take(duplicates, companies);
          }}
        >
          Take in {seen.good} {seen.good === 1 ? "row" : "rows"}
        </button>
      </div>
    </div>
  );
}

interface ChoiceProps {
  name: string;
  asks: string;
  of: [string, string][];
  chosen: string;
  choose: (id: string) => void;
}

const Choice = ({ name, asks, of, chosen, choose }: ChoiceProps) => (
  <div role="radiogroup" aria-label={asks}>
    <p class="second">{asks}</p>
    {of.map(([id, label]) => (
      <label key={id} class="choice">
        <input type="radio" name={name} checked={chosen === id} onChange={() => choose(id)} />{" "}
        {label}
      </label>
    ))}
  </div>
);
