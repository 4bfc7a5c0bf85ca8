import * as api from "../../api";
import { ago, moment } from "../../format";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";
import { go } from "../../route";

export function Queue() {
  const { value, problem, again } = useLoaded(api.queue, "queue");
  return (
    <main id="main" class="page" tabIndex={-1}>
      <section class="panel">
        <header>
          <h1>Queue</h1>
          <span class="second">
            {value ? `${waits(value.waiting, value.skipped)}; ` : ""}oldest first after those that a
            manager put first, and nobody picks
          </span>
          <button class="btn primary end" onClick={() => go("/review")}>
            Go to the desk
          </button>
        </header>
        {problem && <Trouble problem={problem} again={again} />}
        {!value && !problem && <Loading what="the queue" />}
        {value?.claims.length === 0 && (
          <Empty title="Nothing waits">
            <p>New claims appear here by themselves.</p>
          </Empty>
        )}
        {value && value.claims.length > 0 && (
          <table class="stacking">
            <thead>
              <tr>
                <th scope="col">Claim</th>
                <th scope="col">Company</th>
                <th scope="col">Campaign</th>
                <th scope="col">Claimed</th>
                <th scope="col" class="num">
                  Waiting
                </th>
              </tr>
            </thead>
            <tbody>
              {value.claims.map((c) => (
                <tr key={c.id}>
                  <td>
                    {c.number} {c.first && <span class="mark">first</span>}
                  </td>
                  <td>
                    <b>{c.company}</b>
                  </td>
                  <td>{c.campaign}</td>
                  <td>{moment(c.created_at)}</td>
                  <td class="num">{ago(c.created_at)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <SecondReviews />
    </main>
  );
}

const waits = (waiting: number, skipped: number) =>
  `${waiting} wait for you` + (skipped > 0 ? `, ${skipped} that you skipped come last` : "");

function SecondReviews() {
  const { value, problem, again } = useLoaded(api.secondReviewQueue, "queue");
  const late = (due: string) => Date.parse(due) < Date.parse(value?.now ?? due);
  return (
    <section class="panel">
      <header>
        <h2>Second reviews</h2>
        <span class="second">
          most urgent first; they move no money unless a dispute hangs on one, and you are not told
          which
        </span>
        <button class="btn end" onClick={() => go("/second-reviews")}>
          Go to their desk
        </button>
      </header>
      {problem && <Trouble problem={problem} again={again} />}
      {!value && !problem && <Loading what="second reviews" />}
      {value?.second_reviews.length === 0 && <Empty title="None for you" />}
      {value && value.second_reviews.length > 0 && (
        <table class="stacking">
          <thead>
            <tr>
              <th scope="col">Number</th>
              <th scope="col">Company</th>
              <th scope="col">Campaign</th>
              <th scope="col">Kind</th>
              <th scope="col" class="num">
                Due
              </th>
            </tr>
          </thead>
          <tbody>
            {value.second_reviews.map((l) => (
              <tr key={l.id}>
                <td>{l.number}</td>
                <td>
                  <b>{l.company}</b>
                </td>
                <td>{l.campaign}</td>
                <td>{l.kind === "calibration" ? "Calibration" : "Second review"}</td>
                <td class="num">
                  {moment(l.due_at)} {late(l.due_at) && <span class="mark">overdue</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
