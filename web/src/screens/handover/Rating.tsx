// Was there enough to make the call? And how ready is the buyer, as far as sales knows.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { moment } from "../../format";
import { Reasoned } from "../../parts/Reasoned";
import { Trouble } from "../../parts/states";
import { LEVELS, levelWord } from "./words";

interface Props {
  card: api.HandoverCard;
  done: () => void;
}

export function Rating({ card, done }: Props) {
  const [why, ask] = useState(false);
  const [problem, setProblem] = useState<api.Problem>();
  const rated = (r: api.Result<void>) => {
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) done();
  };
  const { rating, readiness } = card;
  return (
    <div class="opts rating">
      <div class="wrap">
        <span id="enough">Enough here to make the call?</span>
        <span class="joined" role="group" aria-labelledby="enough">
          <button
            type="button"
            class="btn"
            aria-pressed={rating?.enough === true}
            onClick={() => void api.rateHandover(card.claim, { enough: true, why: "" }).then(rated)}
          >
            Yes
          </button>
          <button
            type="button"
            class="btn"
            aria-pressed={rating?.enough === false}
            onClick={() => ask(true)}
          >
            No, because…
          </button>
        </span>
      </div>
      {rating && !rating.enough && <p class="second small">Missing: {rating.why}</p>}
      {why && (
        <Reasoned
          question="What was missing? Whoever made the call reads it."
          act="Save: not enough"
          no="Leave it"
          send={(text) => api.rateHandover(card.claim, { enough: false, why: text })}
          done={() => {
            ask(false);
            done();
          }}
          back={() => ask(false)}
        />
      )}
      <label class="field inline">
        <span>How ready is the buyer?</span>
        <select
          class="in"
          value={readiness?.level ?? ""}
          onChange={(e) =>
            void api
              .setReadiness(card.claim, { level: e.currentTarget.value as api.Readiness, note: "" })
              .then(rated)
          }
        >
          <option value="" disabled>
            not said
          </option>
          {LEVELS.map(([id, label]) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
      </label>
      {readiness && (
        <p class="second small" role="status">
          {levelWord(readiness.level)}, since {moment(readiness.at)}. It stands beside the verdict,
          and changes nothing of it.
        </p>
      )}
      {problem && <Trouble problem={problem} />}
    </div>
  );
}
