// One of a few, kept in the address.
import type { Changes } from "./address";

interface Props {
  name: string;
  label: string;
  all: [string, string][];
  /** The choice that narrows nothing; empty: the first of all is that. */
  none: string;
  fields: URLSearchParams;
  change: (changes: Changes) => void;
}

export const Pick = ({ name, label, all, none, fields, change }: Props) => (
  <label class="field">
    <span>{label}</span>
    <select
      class="in"
      value={fields.get(name) ?? (none ? "" : all[0]?.[0])}
      onChange={(e) => change({ [name]: e.currentTarget.value })}
    >
      {none && <option value="">{none}</option>}
      {all.map(([id, words]) => (
        <option key={id} value={id}>
          {words}
        </option>
      ))}
    </select>
  </label>
);
