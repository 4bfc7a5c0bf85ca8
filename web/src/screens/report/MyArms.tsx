// What an experiment asks of a telemarketer today; nothing where none runs.
import * as api from "../../api";
import { useLoaded } from "../../parts/load";
import { dayOf } from "./numberWords";

export function MyArms() {
  const { value } = useLoaded(api.myExperiments, "calls");
  if (!value || value.length === 0) return null;
  return (
    <section class="panel pad stack" aria-label="Experiments">
      {value.map((e) => (
        <p key={e.name}>
          <b>{e.name}</b>, until {dayOf(e.last)}: {words(e)}
        </p>
      ))}
    </section>
  );
}

function words(e: api.ExperimentMine): string {
  if (e.arm) {
    const whose = e.over === "people" ? "You are in" : "Today is";
    return `${whose} “${e.arm.name}”. ${e.arm.asks}`;
  }
  if (e.phase === "planned")
    return `begins ${dayOf(e.first)}. By chance, ${e.over === "people" ? "each of you" : "each day"} is put into one of its arms then. ${e.question}`;
  return e.over === "people"
    ? "you came after its draw: call as you always do."
    : "today is in none of its arms: call as you always do.";
}
