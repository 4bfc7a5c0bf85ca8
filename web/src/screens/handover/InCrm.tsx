// What was sent of a lead to its client's CRM, and what came back.
import { useCallback, useState } from "preact/hooks";
import * as api from "../../api";
import { useLoaded } from "../../parts/load";
import { State } from "../../parts/marks";
import { Trouble } from "../../parts/states";
import { kindWord, sentLine } from "../crm/words";

const SHAPES = { sent: "pass", waiting: "open", given_up: "fail" } as const;

/** Nothing where the client has no CRM. */
export function InCrm({ claim }: { claim: string }) {
  const ask = useCallback(() => api.sentToCrm(claim), [claim]);
  const { value, again } = useLoaded(ask, "handovers");
  const [said, say] = useState("");
  const [problem, setProblem] = useState<api.Problem>();
  const sent = value?.sent;
  if (!sent) return null;
  const sendAgain = async () => {
    const r = await api.sendToCrmAgain(claim);
    setProblem(r.ok ? undefined : r.problem);
    if (!r.ok) return;
    say("The lead is on its way to the CRM again.");
    again();
  };
  const fields = Object.entries(sent.fields);
  return (
    <section class="panel pad stack in-crm" aria-label="CRM">
      <h2>In {sent.kind === "plain" ? "your program" : kindWord(sent.kind)}</h2>
      <p>
        <State shape={SHAPES[sent.state]}>{sentLine(sent)}</State>
      </p>
      {fields.length > 0 && (
        <details>
          <summary>What was sent, and what came back</summary>
          <dl class="facts">
            {fields.map(([name, value]) => (
              <>
                <dt key={name}>{name}</dt>
                <dd>{value}</dd>
              </>
            ))}
          </dl>
          {sent.last_answer && (
            <p class="small second">
              It answered: <code>{sent.last_answer}</code>
            </p>
          )}
        </details>
      )}
      {problem && <Trouble problem={problem} />}
      <span class="vh" role="status">
        {said}
      </span>
      {sent.on && (
        <button class="btn" onClick={() => void sendAgain()}>
          Send again
        </button>
      )}
    </section>
  );
}
