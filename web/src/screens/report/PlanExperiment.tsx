// The plan of an experiment: everything that is fixed before it begins.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { Ask } from "../../parts/Ask";
import { useFocus } from "../../parts/focus";
import { Trouble } from "../../parts/states";

interface Props {
  value: api.Experiments;
  done: (id: string) => void;
  back: () => void;
}

const MOST_ARMS = 4;

export function PlanExperiment({ value, done, back }: Props) {
  const [arms, setArms] = useState(2);
  const [plan, ask] = useState<api.ExperimentPlan>();
  const [problem, setProblem] = useState<api.Problem>();
  const nameRef = useFocus<HTMLInputElement>();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    ask({
      client: value.client,
      name: text("name"),
      question: text("question"),
      over: text("over") as api.ExperimentPlan["over"],
      measure: text("measure") as api.ExperimentPlan["measure"],
      first: text("first"),
      last: text("last"),
      arms: Array.from({ length: arms }, (_, n) => ({
        name: text(`arm-${n}`),
        asks: text(`asks-${n}`),
      })),
    });
  };
  const send = async () => {
    if (!plan) return;
    const r = await api.planExperiment(plan);
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) done(r.value.id);
    else ask(undefined);
  };
  return (
    <section class="panel" aria-labelledby="plan">
      <header>
        <h2 id="plan">Plan an experiment</h2>
      </header>
      <form class="pad plan-form" onSubmit={submit} aria-label="Plan an experiment">
        <label class="field">
          <span>Name</span>
          <input class="in" ref={nameRef} name="name" required maxLength={80} />
        </label>
        <label class="field wide">
          <span>Question</span>
          <input class="in" name="question" required maxLength={500} />
        </label>
        <label class="field">
          <span>Arms by</span>
          <select class="in" name="over">
            <option value="people">telemarketer</option>
            <option value="days">working day</option>
          </select>
        </label>
        <label class="field">
          <span>Measure, per call</span>
          <select class="in" name="measure">
            <option value="connects">connects</option>
            <option value="meetings">meetings</option>
          </select>
        </label>
        <label class="field">
          <span>First day</span>
          <input class="in" type="date" name="first" required min={value.earliest} />
        </label>
        <label class="field">
          <span>Last day</span>
          <input class="in" type="date" name="last" required min={value.earliest} />
        </label>
        {Array.from({ length: arms }, (_, n) => (
          <fieldset key={n} class="arm">
            <legend>
              {n === 0 ? "First arm: what the others are held against" : `Arm ${n + 1}`}
            </legend>
            <label class="field">
              <span>Name</span>
              <input class="in" name={`arm-${n}`} required maxLength={40} />
            </label>
            <label class="field">
              <span>What it asks; those who are in it read this</span>
              <input class="in" name={`asks-${n}`} required maxLength={300} />
            </label>
          </fieldset>
        ))}
        <div class="wrap all">
          {arms < MOST_ARMS && (
            <button type="button" class="btn" onClick={() => setArms(arms + 1)}>
              One more arm
            </button>
          )}
          {arms > 2 && (
            <button type="button" class="btn" onClick={() => setArms(arms - 1)}>
              One arm less
            </button>
          )}
          <button type="button" class="btn" onClick={back}>
            Do not plan
          </button>
          {!plan && <button class="btn primary">Plan it</button>}
        </div>
        {plan && (
          <div class="all">
            <Ask
              no="Look again"
              yes="Plan it for good"
              back={() => ask(undefined)}
              act={() => void send()}
            >
              Nothing of “{plan.name}” can be changed afterwards: not its days, its measure or its
              arms. The box draws it when {plan.first} begins. You can stop it, and then it has no
              result.
            </Ask>
          </div>
        )}
        {problem && (
          <div class="all">
            <Trouble problem={problem} />
          </div>
        )}
      </form>
    </section>
  );
}
