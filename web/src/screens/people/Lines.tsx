// Whose line is whose: calls are somebody's by the line that they were made on.
import { useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { moment } from "../../format";
import { useLoaded } from "../../parts/load";
import { More } from "../../parts/More";
import { useSome } from "../../parts/some";
import { Empty, Loading, Trouble } from "../../parts/states";

interface Props {
  people: api.SomebodyElse[];
  clients: api.ClientName[];
}

export function Lines({ people, clients, words }: Props & { words: string }) {
  const { value, problem, again } = useLoaded(api.everyLine, "calls");
  const [line, fill] = useState("");
  const [said, say] = useState("");
  const foldRef = useRef<HTMLDetailsElement>(null);
  const inRef = useRef<HTMLInputElement>(null);
  const give = (value: string) => {
    fill(value);
    if (foldRef.current) foldRef.current.open = true;
    inRef.current?.focus();
  };
  return (
    <section class="panel" aria-labelledby="lines">
      <header>
        <h2 id="lines">Lines</h2>
        <span class="second">
          extensions, trunks and agent IDs, as the phone system writes them
        </span>
        <span class="vh" role="status">
          {said}
        </span>
      </header>
      {problem && <Trouble problem={problem} again={again} />}
      {!value && !problem && <Loading what="lines" />}
      {value && value.nobodys.length > 0 && <Nobodys lines={value.nobodys} give={give} />}
      <Give
        {...{ people, clients, line, fill, foldRef, inRef }}
        given={(what) => {
          say(what);
          fill("");
          again();
        }}
      />
      {value?.lines.length === 0 && (
        <Empty title="No line is anybody’s yet">
          <p>Give a telemarketer their line, and the calls on it are theirs.</p>
        </Empty>
      )}
      {value && value.lines.length > 0 && <Owned lines={value.lines} words={words} />}
    </section>
  );
}

const Nobodys = ({
  lines,
  give,
}: {
  lines: api.EveryLine["nobodys"];
  give: (value: string) => void;
}) => (
  <table class="stacking single">
    <caption class="vh">Lines that calls were seen on, and that are nobody’s</caption>
    <thead>
      <tr>
        <th scope="col">Nobody’s line</th>
        <th scope="col">Calls</th>
        <th scope="col">Last</th>
        <th scope="col">
          <span class="vh">Whose it is</span>
        </th>
      </tr>
    </thead>
    <tbody>
      {lines.map((l) => (
        <tr key={l.value}>
          <td>{l.value}</td>
          <td>
            {l.calls} {l.calls === 1 ? "call is" : "calls are"} nobody’s
          </td>
          <td>last {moment(l.last_at)}</td>
          <td>
            <button
              class="btn"
              aria-label={`Say whose it is: line ${l.value}`}
              onClick={() => give(l.value)}
            >
              Say whose it is
            </button>
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

const saysLine = (l: api.EveryLine["lines"][number]) => `${l.value} ${l.person} ${l.client}`;

function Owned({ lines, words }: { lines: api.EveryLine["lines"]; words: string }) {
  const { rows, found, more } = useSome(lines, words, saysLine);
  if (found === 0) return <p class="pad second">No line fits that.</p>;
  return (
    <>
      <table class="stacking single">
        <thead>
          <tr>
            <th scope="col">Line</th>
            <th scope="col">Whose</th>
            <th scope="col">For</th>
            <th scope="col">Since</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((l) => (
            <tr key={`${l.value} ${l.from}`}>
              <td>{l.value}</td>
              <td>{l.person}</td>
              <td>{l.client}</td>
              <td>
                {l.from ? `since ${moment(l.from)}` : "since ever"}
                {l.to && `, until ${moment(l.to)}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <More of={{ more, problem: undefined }} />
    </>
  );
}

interface GiveProps extends Props {
  line: string;
  fill: (value: string) => void;
  foldRef: { current: HTMLDetailsElement | null };
  inRef: { current: HTMLInputElement | null };
  given: (said: string) => void;
}

function Give({ people, clients, line, fill, foldRef, inRef, given }: GiveProps) {
  const [problem, setProblem] = useState<api.Problem>();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    const from = String(data.get("from"));
    const person = String(data.get("person"));
    const r = await api.giveLine({
      value: line.trim(),
      person,
      client: String(data.get("client")),
      from: from ? new Date(`${from}T00:00`).toISOString() : null,
    });
    setProblem(r.ok ? undefined : r.problem);
    if (!r.ok) return;
    form.reset();
    if (foldRef.current) foldRef.current.open = false;
    given(`Line ${line.trim()} is ${people.find((p) => p.id === person)?.name}’s.`);
  };
  return (
    <details class="fold" ref={foldRef}>
      <summary>Give a line to somebody</summary>
      <form class="pad stack" onSubmit={(e) => void submit(e)} aria-label="Give a line">
        <label class="field">
          <span>Extension, trunk or agent ID</span>
          <input
            class="in"
            name="value"
            required
            maxLength={64}
            pattern="\S+"
            autocomplete="off"
            ref={inRef}
            value={line}
            onInput={(e) => fill(e.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>Whose is it?</span>
          <select class="in" name="person" required>
            {people
              .filter((p) => !p.disabled_at)
              .map((p) => (
                <option key={p.id} value={p.id}>
                  {p.name}, {p.role}
                </option>
              ))}
          </select>
        </label>
        <label class="field">
          <span>For which client do they call on it?</span>
          <select class="in" name="client" required>
            {clients.map((c) => (
              <option key={c.id} value={c.id}>
                {c.name}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>
            Since which day? Empty: since ever. Calls since then that are nobody’s become theirs.
          </span>
          <input class="in" name="from" type="date" />
        </label>
        {problem && <Trouble problem={problem} />}
        <div class="wrap">
          <button class="btn primary">Give it</button>
        </div>
      </form>
    </details>
  );
}
