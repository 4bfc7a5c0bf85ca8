// Where leads come from: grade, deadline, cost and supplier, kept by marketing and managers.
import { useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { money } from "../../format";
import { focusLater } from "../../parts/focus";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";
import { SourceForm } from "./SourceForm";
import "./Leads.css";

export function Sources({ me }: { me: api.Me }) {
  const { value, problem, again } = useLoaded(api.sources);
  const [open, setOpen] = useState<string>();
  const [said, say] = useState("");
  const addRef = useRef<HTMLButtonElement>(null);
  const several = me.clients.length > 1;
  const done = (words: string) => {
    say(words);
    setOpen(undefined);
    again();
    focusLater(() => addRef.current);
  };
  return (
    <main id="main" class="page" tabIndex={-1}>
      <section class="panel">
        <header>
          <h1>Sources</h1>
          <span class="second">a deadline holds at once for every lead nobody has talked to</span>
          <button class="btn end" ref={addRef} onClick={() => setOpen("new")}>
            Add a source
          </button>
        </header>
        <p class="pad second" role="status">
          {said}
        </p>
        {open === "new" && <SourceForm me={me} done={done} back={() => setOpen(undefined)} />}
        {problem && <Trouble problem={problem} again={again} />}
        {!value && !problem && <Loading what="sources" />}
        {value?.sources.length === 0 && (
          <Empty title="No sources yet">
            <p>They come with a client’s first campaign; or add one here.</p>
          </Empty>
        )}
        {value && value.sources.length > 0 && (
          <table class="stacking leads">
            <thead>
              <tr>
                <th scope="col">Source</th>
                <th scope="col">Grade</th>
                <th scope="col">First contact within</th>
                <th scope="col">Cost per lead, supplier</th>
                <th scope="col">
                  <span class="vh">Change</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {value.sources.map((s) => (
                <Row key={s.id} s={s} several={several} open={open === s.id} change={setOpen}>
                  <SourceForm me={me} source={s} done={done} back={() => setOpen(undefined)} />
                </Row>
              ))}
            </tbody>
          </table>
        )}
      </section>
    </main>
  );
}

/** `12 hours`, `5 days`. */
export const within = (hours: number) => {
  if (hours % 24 !== 0 || hours < 48) return `${hours} ${hours === 1 ? "hour" : "hours"}`;
  return `${hours / 24} days`;
};

interface RowProps {
  s: api.LeadSource;
  several: boolean;
  open: boolean;
  change: (id: string | undefined) => void;
  children: preact.ComponentChildren;
}

const Row = ({ s, several, open, change, children }: RowProps) => (
  <>
    <tr aria-selected={open}>
      <td>
        <b>{s.name}</b>
        {several && <span class="muted small"> {s.client}</span>}
        {s.retired_at && <span class="tag">no longer used</span>}
      </td>
      <td data-head="Grade">{s.grade}</td>
      <td data-head="First contact within">{within(s.contact_within_hours)}</td>
      <td data-head="Cost per lead, supplier">
        {s.cost ? money(s.cost) : <span class="muted">not said</span>}
        {s.supplier && `, ${s.supplier}`}
      </td>
      <td class="num">
        <button
          class="btn"
          aria-expanded={open}
          aria-label={`Change ${s.name}`}
          onClick={() => change(open ? undefined : s.id)}
        >
          Change
        </button>
      </td>
    </tr>
    {open && (
      <tr>
        <td colSpan={5}>{children}</td>
      </tr>
    )}
  </>
);
