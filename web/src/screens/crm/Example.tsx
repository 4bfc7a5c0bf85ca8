// What would be sent of an invented lead, state by state.
import type * as api from "../../api";
import { STATES } from "./words";

export function Example({ example }: { example: api.CrmExample }) {
  const [first, ...others] = example.leads;
  if (!first) return null;
  const word = (state: string) => STATES.find(([id]) => id === state)?.[1] ?? state;
  return (
    <section class="stack example" role="status" aria-label="What would be sent">
      <h4>A new lead would be sent as</h4>
      <dl class="facts">
        {Object.entries(first.fields).map(([name, value]) => (
          <>
            <dt key={name}>{name}</dt>
            <dd>{value}</dd>
          </>
        ))}
      </dl>
      <ul>
        {others.map((lead) => (
          <li key={lead.state}>
            {word(lead.state)}: {differing(first.fields, lead.fields)}
          </li>
        ))}
      </ul>
      {example.make_first.length > 0 && (
        <p>Fields that have to be there: {example.make_first.join(", ")}.</p>
      )}
    </section>
  );
}

type Fields = Record<string, string>;

/** The fields in which a lead differs from a new one. */
function differing(first: Fields, fields: Fields): string {
  const found = Object.entries(fields).filter(([name, value]) => first[name] !== value);
  return found.length === 0
    ? "the same"
    : found.map(([name, value]) => `${name} ${value}`).join(", ");
}
