// What is known of a lead, in ordered levels: who, the firm, what they did, what they said, what they
// want next. A level that is missing is shown as such.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { clock, moment } from "../../format";
import { happened } from "../leads/happened";
import { when } from "./words";

/** The levels with what is known, from the first to the last. */
export function levels(card: api.HandoverCard): [string, string][] {
  const c = card.context;
  const join = (parts: (string | null | undefined | false)[]) => parts.filter(Boolean).join(", ");
  const proven = card.proven.filter((p) => p.passes).length;
  const next = card.write_up.fields.find((f) => f.field === "next_step")?.text;
  const promise = card.promises.find((p) => p.state !== "withdrawn");
  return [
    [
      "Who",
      join([card.contact, card.contact_role, card.numbers.length > 0 && card.numbers.join(", ")]),
    ],
    ["The firm", join([card.company, c.segment, c.theme])],
    [
      "What they did",
      c.source || c.interactions
        ? join([c.source, c.source_event, `came in ${moment(c.came_in_at)}`, c.interactions])
        : "",
    ],
    [
      "What they said",
      c.conversations > 0
        ? `${c.conversations} ${c.conversations === 1 ? "conversation" : "conversations"}, ${clock(c.talked_ms)}; ${proven} proven answers`
        : "",
    ],
    ["What they want next", next ?? (promise ? `“${promise.words}”, ${when(promise)}` : "")],
  ];
}

export function Context({ card }: { card: api.HandoverCard }) {
  const all = levels(card);
  const first = all.findIndex(([, text]) => text === "");
  const reached = first < 0 ? all.length : first;
  return (
    <section class="panel" aria-label="Context">
      <header>
        <h2>Context</h2>
        <span class="second">
          level {reached} of {all.length} reached
        </span>
      </header>
      <ol class="levels">
        {all.map(([name, text], i) => (
          <li key={name}>
            <span>{i + 1}</span>
            <b>{name}</b>
            <span>{text || <span class="muted">not known</span>}</span>
          </li>
        ))}
      </ol>
      <History lead={card.lead} />
    </section>
  );
}

/** The lead's timeline, as far as sales sees it; asked for when it is opened. */
function History({ lead }: { lead: string }) {
  const [events, set] = useState<api.LeadEvent[]>();
  const open = () => void api.lead(lead).then((r) => r.ok && set(r.value.events));
  return (
    <details class="pad" onToggle={(e) => e.currentTarget.open && open()}>
      <summary>Timeline of the lead</summary>
      <ol class="timeline">
        {events?.map((e) => (
          <li key={`${e.at}${e.kind}${e.what ?? ""}`}>
            <time class="muted">{moment(e.at)}</time> <span>{happened(e)}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}
