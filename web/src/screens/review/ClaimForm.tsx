// Claiming a lead: own answer per criterion, blanks allowed, and a few words.
import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { clock, moment, outcome } from "../../format";
import { Loading, Trouble } from "../../parts/states";
import { go } from "../../route";
import "./ClaimForm.css";

export function ClaimForm({ call }: { call: api.Call }) {
  const [list, setList] = useState<
    api.Result<{
      campaign: string;
      version: number;
      checklist: { name: string; criteria: api.Criterion[] };
      other_calls: api.Call[];
    }>
  >();
  const [answers, setAnswers] = useState<Record<string, string>>({});
  const [further, setFurther] = useState<string[]>([]);
  const [problem, setProblem] = useState<api.Problem>();
  const key = useRef(api.newKey());
  useEffect(() => void api.checklistFor(call.id).then(setList), [call.id]);
  if (!list) return <Loading what="the checklist" />;
  if (!list.ok) return <Trouble problem={list.problem} />;
  const { checklist, campaign, version, other_calls } = list.value;
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const r = await api.claim(
      { calls: [call.id, ...further], write_up: String(form.get("write_up")), answers },
      key.current,
    );
    if (r.ok) go("/claims");
    else setProblem(r.problem);
  };
  return (
    <form class="stack claim-form" onSubmit={submit} aria-label="Claim this lead">
      <p class="second">
        {campaign}, {checklist.name} v{version}. A reviewer hears the call without your name and
        these answers.
      </p>
      {checklist.criteria
        .filter((c) => c.must_pass)
        .map((c, i) => (
          <fieldset key={c.id} class="own">
            <legend>
              {c.title} <span class="muted">{c.hint}</span>
            </legend>
            <div class="wrap">
              {c.answers.map((a, j) => (
                <label key={a.id} class="choice">
                  <input
                    type="radio"
                    name={c.id}
                    autoFocus={i === 0 && j === 0}
                    checked={answers[c.id] === a.id}
                    onChange={() => setAnswers({ ...answers, [c.id]: a.id })}
                  />
                  {a.label}
                </label>
              ))}
            </div>
          </fieldset>
        ))}
      {other_calls.length > 0 && (
        <fieldset class="own">
          <legend>
            Was some of it said in another call?{" "}
            <span class="muted">The reviewer hears every call that you name.</span>
          </legend>
          <div class="wrap">
            {other_calls.map((c) => (
              <label key={c.id} class="choice">
                <input
                  type="checkbox"
                  checked={further.includes(c.id)}
                  onChange={(e) =>
                    setFurther((old) =>
                      e.currentTarget.checked ? [...old, c.id] : old.filter((id) => id !== c.id),
                    )
                  }
                />
                {moment(c.started_at)}, {outcome(c.outcome)}, {clock(c.duration_ms ?? 0)}
              </label>
            ))}
          </div>
        </fieldset>
      )}
      <label class="field">
        <span>What makes it a lead?</span>
        <textarea class="in" name="write_up" rows={3} required />
      </label>
      {problem && <Trouble problem={problem} />}
      <button class="btn primary large">Send the claim for {call.lead?.company}</button>
    </form>
  );
}
