// Which lead a call was with: chosen, and set right until the call is claimed.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { focusLater, useFocus } from "../../parts/focus";
import { Trouble } from "../../parts/states";
import "./LeadChoice.css";

interface Props {
  call: api.Call;
  replace: (call: api.Call) => void;
}

export function LeadChoice({ call, replace }: Props) {
  const [open, setOpen] = useState(false);
  const buttonRef = useRef<HTMLButtonElement>(null);
  const close = () => {
    setOpen(false);
    focusLater(() => buttonRef.current);
  };
  if (open)
    return (
      <Search
        call={call}
        close={close}
        chosen={(c) => {
          replace(c);
          close();
        }}
      />
    );
  return (
    <div class="wrap lead-now">
      <span>
        {call.lead ? <Named lead={call.lead} /> : "Which lead was it? None is chosen yet."}
      </span>
      {call.lead_settled ? (
        <span class="muted small">This call was claimed, so its lead stays.</span>
      ) : (
        <button ref={buttonRef} type="button" class="btn" onClick={() => setOpen(true)}>
          {call.lead ? "Not this lead?" : "Choose the lead"}
        </button>
      )}
    </div>
  );
}

const FOUND = {
  header: "named by the phone system",
  number: "found by the number",
  choice: "chosen by hand",
};

const Named = ({ lead }: { lead: NonNullable<api.Call["lead"]> }) => (
  <>
    Lead: <b>{lead.company ?? "without a name"}</b>
    {lead.contact && `, ${lead.contact}`}
    {lead.found_by && <span class="muted"> ({FOUND[lead.found_by]})</span>}
  </>
);

interface Found {
  leads?: api.FoundLead[];
  problem?: api.Problem;
}

/** Leads that answer to some words, the latest question's answer alone. */
function useFound(call: string, words: string): Found {
  const [found, set] = useState<Found>({});
  useEffect(() => {
    let current = true;
    const ask = () =>
      void api
        .findLeads(call, words)
        .then((r) => current && set(r.ok ? { leads: r.value.leads } : { problem: r.problem }));
    const timer = setTimeout(ask, words ? 250 : 0);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [call, words]);
  return found;
}

interface SearchProps {
  call: api.Call;
  close: () => void;
  chosen: (call: api.Call) => void;
}

function Search({ call, close, chosen }: SearchProps) {
  const [words, setWords] = useState("");
  const [marked, mark] = useState(0);
  const [refused, setRefused] = useState<api.Problem>();
  const { leads, problem } = useFound(call.id, words);
  const id = useId();
  const inputRef = useFocus<HTMLInputElement>();
  const pick = (lead: string) =>
    void api
      .chooseLead(call.id, lead)
      .then((r) => (r.ok ? chosen(r.value) : setRefused(r.problem)));
  const count = leads?.length ?? 0;
  const keyed = (e: KeyboardEvent) => {
    const at = leads?.[marked];
    if (e.key === "Escape") close();
    else if (e.key === "ArrowDown") mark(Math.min(count - 1, marked + 1));
    else if (e.key === "ArrowUp") mark(Math.max(0, marked - 1));
    else if (e.key === "Enter" && at) pick(at.id);
    else return;
    e.preventDefault();
  };
  return (
    <div class="stack lead-search" role="group" aria-label="Choose the lead">
      <label class="field">
        <span>Which lead was it?</span>
        <input
          ref={inputRef}
          class="in"
          role="combobox"
          aria-expanded={count > 0}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={count > 0 ? `${id}-${marked}` : undefined}
          autoComplete="off"
          placeholder="Company, contact or number"
          value={words}
          onInput={(e) => {
            setWords(e.currentTarget.value);
            mark(0);
          }}
          onKeyDown={keyed}
        />
      </label>
      <ul class="found" role="listbox" id={`${id}-list`} aria-label="Leads">
        {leads?.map((lead, i) => (
          <Choice
            key={lead.id}
            id={`${id}-${i}`}
            lead={lead}
            marked={i === marked}
            now={lead.id === call.lead?.id}
            pick={() => pick(lead.id)}
          />
        ))}
      </ul>
      <p class="second small" role="status">
        {leads && (count > 0 ? counted(count) : nothing(words))}
      </p>
      {problem && <Trouble problem={problem} />}
      {refused && <Trouble problem={refused} />}
      <button type="button" class="btn" onClick={close}>
        Cancel
      </button>
    </div>
  );
}

const counted = (n: number) =>
  `${n === 1 ? "1 lead" : `${n} leads`}${n === 20 ? ", the first ones; write more to narrow it" : ""}`;
const nothing = (words: string) =>
  words
    ? `No lead has “${words}”. Try the company’s name, or ask marketing to import it.`
    : "No lead has this number. Write the company’s name to find it.";

interface ChoiceProps {
  id: string;
  lead: api.FoundLead;
  marked: boolean;
  now: boolean;
  pick: () => void;
}

const Choice = ({ id, lead, marked, now, pick }: ChoiceProps) => (
  <li id={id} role="option" aria-selected={marked} onClick={pick}>
    <b>{lead.company}</b>
    {lead.contact && `, ${lead.contact}`} <span class="muted">{lead.campaign}</span>
    {now && <span class="tag">chosen now</span>}
  </li>
);
