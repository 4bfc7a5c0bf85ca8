// The arms' people or days as dots by their rate, each arm's rate as a line; the table beside it says the same.
import type { Experiment } from "../../api";
import { percent } from "./slotWords";

export function Apart({ value }: { value: Experiment }) {
  const units = value.units.flatMap((u) =>
    u.calls ? [{ ...u, calls: u.calls, rate: (u.hits ?? 0) / u.calls }] : [],
  );
  if (units.length === 0) return null;
  const top = Math.max(0.01, ...units.map((u) => u.rate)) * 1.05;
  const most = Math.max(...units.map((u) => u.calls));
  const unit = value.over === "people" ? "people" : "days";
  return (
    <div class="dotted pad">
      {value.arms.map((a, n) => (
        <div key={a.name} class="lane">
          <span class="label">{a.name}</span>
          <div
            class="dots"
            role="img"
            aria-label={`${a.name}: ${a.rate === null ? "no rate" : percent(a.rate, 1)}, its ${unit} as dots`}
          >
            {units
              .filter((u) => u.arm === n + 1)
              .map((u) => (
                <i
                  key={u.unit}
                  title={`${u.name}: ${percent(u.rate, 1)} of ${u.calls} calls`}
                  style={`--at: ${(u.rate / top) * 100}%; --size: ${4 + 10 * Math.sqrt(u.calls / most)}px`}
                />
              ))}
            {a.rate !== null && <b style={`--at: ${(a.rate / top) * 100}%`} />}
          </div>
        </div>
      ))}
      <div class="lane" aria-hidden="true">
        <span />
        <div class="ends">
          <span>0 %</span>
          <span>{percent(top)}</span>
        </div>
      </div>
      <p class="second small">
        A dot is {value.over === "people" ? "a telemarketer" : "a day"}, the larger the more calls;
        the line is the arm’s rate.
      </p>
    </div>
  );
}
