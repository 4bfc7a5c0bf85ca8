// How well reviewers agree, and who errs more: reviewers, or sales in what they reject. None of it moves money.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { day } from "../../format";
import { useLoaded } from "../../parts/load";
import { State } from "../../parts/marks";
import { Empty, Loading, Trouble } from "../../parts/states";

const percent = (x: number | null) =>
  x === null ? <span class="muted">cannot be said</span> : `${Math.round(x * 100)} %`;
const coefficient = (x: number | null) =>
  x === null ? <span class="muted">cannot be said</span> : x.toFixed(2);

export function Agreement() {
  const { value, problem, again } = useLoaded(api.agreement);
  if (problem)
    return (
      <main id="main" class="page" tabIndex={-1}>
        <Trouble problem={problem} again={again} />
      </main>
    );
  if (!value)
    return (
      <main id="main" class="page" tabIndex={-1}>
        <Loading what="agreement" />
      </main>
    );
  return (
    <main id="main" class="page" tabIndex={-1}>
      <section class="panel tiles" aria-label="Totals">
        <div class="first">
          <span class="label">Judged twice</span>
          <b>{value.verdict.n}</b>
        </div>
        <div>
          <span class="label">Same verdict</span>
          <b>{percent(value.verdict.percent)}</b>
        </div>
        <div>
          <span class="label">Second reviews waiting</span>
          <b>{value.waiting}</b>
        </div>
        <div>
          <span class="label">Of these, overdue</span>
          <b>{value.overdue}</b>
        </div>
      </section>
      <section class="panel">
        <header>
          <h1>Agreement</h1>
          <span class="second">between the first verdict and the second, blind one</span>
        </header>
        {value.verdict.n === 0 ? (
          <Empty title="Nothing was judged twice yet">
            <p>
              Some verdicts are drawn by chance; disputes and rejections by sales that cite a
              criterion come to it too.
            </p>
          </Empty>
        ) : (
          <ByRow value={value} />
        )}
        <p class="pad second small">
          Kappa falls where almost all answers are alike, however well reviewers agree; AC1 does
          not. With fewer than thirty pairs neither says much. Counted: every second review that was
          answered, by its blind answer.
        </p>
      </section>
      <div class="halves">
        <Reviewers value={value} />
        <Rejections value={value} />
      </div>
      <Sample again={again} found={value.sampled} />
    </main>
  );
}

function ByRow({ value }: { value: api.Quality }) {
  const rows = [{ title: "The whole verdict", agreement: value.verdict }, ...value.criteria];
  return (
    <div class="scroll" role="region" aria-label="Agreement by row" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Row</th>
            <th scope="col" class="num">
              Pairs
            </th>
            <th scope="col" class="num">
              Alike
            </th>
            <th scope="col" class="num">
              Kappa
            </th>
            <th scope="col" class="num">
              AC1
            </th>
            <th scope="col" class="num">
              Share of passes
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((c) => (
            <tr key={c.title}>
              <td>
                <b>{c.title}</b>
              </td>
              <td class="num">{c.agreement.n}</td>
              <td class="num">{percent(c.agreement.percent)}</td>
              <td class="num">{coefficient(c.agreement.kappa)}</td>
              <td class="num">{coefficient(c.agreement.ac1)}</td>
              <td class="num">{percent(c.agreement.prevalence)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Reviewers({ value }: { value: api.Quality }) {
  const ofOneName = (name: string) => value.reviewers.filter((r) => r.reviewer === name).length > 1;
  return (
    <section class="panel">
      <header>
        <h2>Reviewers: judged otherwise the second time</h2>
      </header>
      {value.reviewers.length === 0 ? (
        <Empty title="None yet" />
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">Reviewer</th>
              <th scope="col" class="num">
                Judged again
              </th>
              <th scope="col" class="num">
                Otherwise
              </th>
            </tr>
          </thead>
          <tbody>
            {value.reviewers.map((r) => (
              <tr key={r.login}>
                <td>
                  {r.reviewer}
                  {ofOneName(r.reviewer) && <span class="second"> {r.login}</span>}
                </td>
                <td class="num">{r.looked_at}</td>
                <td class="num">{r.otherwise}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Rejections({ value }: { value: api.Quality }) {
  return (
    <section class="panel">
      <header>
        <h2>Sales: rejections that the call does not support</h2>
      </header>
      {value.rejections.looked_at === 0 ? (
        <Empty title="None yet">
          <p>A rejection that cites a criterion is judged again.</p>
        </Empty>
      ) : (
        <p class="pad">
          <b>
            {value.rejections.unsupported} of {value.rejections.looked_at}
          </b>{" "}
          rejections cite a criterion that the second reviewer found met.
        </p>
      )}
    </section>
  );
}

function Sample({ again, found }: { again: () => void; found: api.Quality["sampled"] }) {
  const [problem, setProblem] = useState<api.Problem>();
  const [said, say] = useState("");
  const draw = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const r = await api.drawSample(Number(form.get("count")), Number(form.get("days")));
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) {
      say(
        r.value.drawn === 0
          ? "There was no call left that nobody claimed."
          : `${r.value.drawn} drawn; reviewers find them among their second reviews.`,
      );
      again();
    }
  };
  const passed = found.filter((f) => f.passed).length;
  return (
    <section class="panel">
      <header>
        <h2>Calls that nobody claimed</h2>
        <span class="second">leads that were missed, or withheld</span>
      </header>
      <form class="pad inline" onSubmit={draw}>
        <label class="field short">
          <span>Draw</span>
          <input class="in" name="count" type="number" min={1} max={50} value={5} required />
        </label>
        <label class="field short">
          <span>from the last days</span>
          <input class="in" name="days" type="number" min={1} max={366} value={7} required />
        </label>
        <button class="btn primary">Draw calls</button>
      </form>
      <p class="pad" role="status">
        {said}
      </p>
      {problem && <Trouble problem={problem} />}
      {found.length > 0 && (
        <>
          <p class="pad">
            <b>
              {passed} of {found.length}
            </b>{" "}
            would have passed.
          </p>
          <table class="stacking">
            <thead>
              <tr>
                <th scope="col">Second review</th>
                <th scope="col">Company</th>
                <th scope="col">Judged</th>
                <th scope="col">Came to</th>
              </tr>
            </thead>
            <tbody>
              {found.map((f) => (
                <tr key={f.number}>
                  <td>{f.number}</td>
                  <td>
                    <b>{f.company}</b>
                  </td>
                  <td>{f.at ? day(f.at) : ""}</td>
                  <td>
                    {f.passed ? (
                      <State shape="pass">A lead nobody claimed</State>
                    ) : (
                      <State shape="fail">No lead</State>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </section>
  );
}
