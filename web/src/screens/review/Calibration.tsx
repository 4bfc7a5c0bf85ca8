// Several reviewers judge the same call; their answers are laid side by side once all are in.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { moment } from "../../format";
import { useLoaded } from "../../parts/load";
import { State } from "../../parts/marks";
import { Empty, Loading, Trouble } from "../../parts/states";

export function Calibration() {
  const { value, problem, again } = useLoaded(api.calibrations);
  return (
    <main id="main" class="page" tabIndex={-1}>
      {problem && <Trouble problem={problem} again={again} />}
      {!value && !problem && <Loading what="rounds" />}
      {value && <Begin value={value} again={again} />}
      {value?.rounds.length === 0 && (
        <section class="panel">
          <Empty title="No round yet">
            <p>
              Choose a decided claim and two reviewers or more. They judge it without each other’s
              answers.
            </p>
          </Empty>
        </section>
      )}
      {value?.rounds.map((r) => (
        <Round key={r.id} round={r} />
      ))}
    </main>
  );
}

function Begin({
  value,
  again,
}: {
  value: {
    reviewers: { id: string; name: string }[];
    claims: { id: string; number: number; company: string; outcome: string | null }[];
  };
  again: () => void;
}) {
  const [problem, setProblem] = useState<api.Problem>();
  const [chosen, choose] = useState<string[]>([]);
  const begin = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const r = await api.calibrate({
      claim: String(form.get("claim")),
      reviewers: chosen,
      days: Number(form.get("days")),
    });
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) again();
  };
  return (
    <section class="panel">
      <header>
        <h1>Calibration</h1>
        <span class="second">do reviewers hear the same?</span>
      </header>
      {value.claims.length === 0 ? (
        <Empty title="No decided claim yet">
          <p>A round needs a claim whose verdict is final.</p>
        </Empty>
      ) : (
        <form class="pad stack" onSubmit={begin}>
          <label class="field">
            <span>Which claim?</span>
            <select class="in" name="claim">
              {value.claims.map((c) => (
                <option key={c.id} value={c.id}>
                  C-{c.number} {c.company}, {c.outcome === "failed" ? "not passed" : "passed"}
                </option>
              ))}
            </select>
          </label>
          <fieldset class="own">
            <legend>Who judges it?</legend>
            <div class="wrap">
              {value.reviewers.map((p) => (
                <label key={p.id} class="choice">
                  <input
                    type="checkbox"
                    checked={chosen.includes(p.id)}
                    onChange={(e) =>
                      choose((old) =>
                        e.currentTarget.checked ? [...old, p.id] : old.filter((id) => id !== p.id),
                      )
                    }
                  />
                  {p.name}
                </label>
              ))}
            </div>
          </fieldset>
          <label class="field short">
            <span>Days to answer</span>
            <input class="in" name="days" type="number" min={1} max={90} value={5} required />
          </label>
          {problem && <Trouble problem={problem} />}
          <button class="btn primary">Begin a round</button>
        </form>
      )}
    </section>
  );
}

function Round({ round }: { round: api.Round }) {
  const differ = (id: string) =>
    new Set(round.columns.map((c) => c.rows.find((r) => r.criterion === id)?.answer ?? "")).size >
    1;
  return (
    <section class="panel">
      <header>
        <h2>
          C-{round.claim} {round.company}
        </h2>
        <span class="second">
          {round.done} of {round.of} answered, due {moment(round.due_at)}
        </span>
      </header>
      {round.open ? (
        <p class="pad second">Answers show when all are in, or when the round is over.</p>
      ) : (
        <div class="scroll" role="region" aria-label="Answers side by side" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Row</th>
                {round.columns.map((c, i) => (
                  <th key={i} scope="col">
                    {c.reviewer}
                    {i === 0 && " (the verdict)"}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {round.criteria.map((q) => (
                <tr key={q.id}>
                  <th scope="row">
                    {q.title}
                    {differ(q.id) && (
                      <>
                        {" "}
                        <span class="mark">differs</span>
                      </>
                    )}
                  </th>
                  {round.columns.map((c, i) => {
                    const r = c.rows.find((x) => x.criterion === q.id);
                    return (
                      <td key={i}>
                        {r?.answer ?? <span class="muted">not answered</span>}
                        {r?.words && (
                          <>
                            <br />
                            <span class="muted small">“{r.words}”</span>
                          </>
                        )}
                      </td>
                    );
                  })}
                </tr>
              ))}
              <tr>
                <th scope="row">Verdict</th>
                {round.columns.map((c, i) => (
                  <td key={i}>
                    <State shape={c.passed ? "pass" : "fail"}>
                      {c.passed ? "Passes" : "Does not pass"}
                    </State>
                  </td>
                ))}
              </tr>
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
