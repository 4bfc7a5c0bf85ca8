// Where a lead's time goes: each stretch with who answers for it, as bars and as a table.
import { useCallback } from "preact/hooks";
import * as api from "../../api";
import { useAsked } from "../../parts/asked";
import { useLoaded } from "../../parts/load";
import { Empty } from "../../parts/states";
import { Choice, How, Report } from "./Report";
import { lasts, OWNERS, STRETCHES } from "./stretchWords";
import "./Waterfall.css";

const HOURS: ["calendar" | "working", string][] = [
  ["calendar", "of the calendar"],
  ["working", "working hours"],
];

type Asked = api.WaterfallAsked & { hours?: "calendar" | "working" };

export function Waterfall() {
  const [asked, ask] = useAsked<Asked>("client", "from", "to", "hours");
  const { hours = "calendar", ...days } = asked;
  const load = useCallback(() => {
    const { client, from, to } = asked;
    return api.waterfall({ client, from, to });
  }, [asked]);
  const loaded = useLoaded(load, "claims");
  return (
    <Report
      name="waterfall"
      title="Who holds up whom"
      what="the figures"
      together="Stretches are told of four whole weeks, as they stood five weeks later, and each where five people or more are behind it."
      csv={api.waterfallUrl(days)}
      loaded={loaded}
      asked={asked}
      ask={ask}
      choices={() => (
        <Choice
          label="Hours"
          value={hours}
          options={HOURS}
          choose={(chosen) => ask({ ...asked, hours: chosen })}
        />
      )}
    >
      {(value) => (
        <>
          {value.stretches.every((s) => s.ended + s.open === 0) ? (
            <section class="panel">
              <Empty
                title={value.promise ? "Nothing can be told yet" : "Nothing began in these days"}
              >
                <p>
                  {value.promise
                    ? "Choose days that hold four whole weeks which ended more than five weeks ago."
                    : "No lead came in and no claim was made: choose other days, or another client."}
                </p>
              </Empty>
            </section>
          ) : (
            <Stretches value={value} working={hours === "working"} />
          )}
          <How>
            <p>
              Leads that came in and claims that were made in these days. The median of what ended:
              half of them took less; 95 of 100 took less than the other figure. What goes on is
              counted beside it, and is in neither.
            </p>
            <p>
              First dial and first contact are those that the wire saw and the leads’ pages show.
              Working hours are {value.working_hours}, Monday to Friday; holidays are not known
              here.
            </p>
          </How>
        </>
      )}
    </Report>
  );
}

function Stretches({ value, working }: { value: api.WaterfallReport; working: boolean }) {
  const of = (s: api.Stretch) =>
    working ? [s.working_median, s.working_p95] : ([s.median, s.p95] as const);
  const longest = Math.max(1, ...value.stretches.map((s) => of(s)[1] ?? 0));
  return (
    <section class="panel scroll" aria-label="Stretches" tabIndex={0}>
      <table class="cards">
        <caption class="vh">How long each stretch takes, and who answers for it</caption>
        <thead>
          <tr>
            <th scope="col">Stretch</th>
            <th scope="col">Whose</th>
            <th scope="col" class="num">
              Ended
            </th>
            <th scope="col" class="num">
              Goes on
            </th>
            <th scope="col" class="num">
              Half within
            </th>
            <th scope="col" class="num">
              95 of 100 within
            </th>
            <th scope="col" aria-hidden="true">
              Half, filled; 95 of 100, framed
            </th>
          </tr>
        </thead>
        <tbody>
          {value.stretches.map((s) => {
            const [median, p95] = of(s);
            return (
              <tr key={s.name}>
                <th scope="row">{STRETCHES[s.name]}</th>
                <td data-head="Whose">{OWNERS[s.owner]}</td>
                <td data-head="Ended" class="num">
                  {s.ended.toLocaleString()}
                </td>
                <td data-head="Goes on" class="num">
                  {s.open.toLocaleString()}
                </td>
                <td data-head="Half within" class="num">
                  <b>{lasts(median ?? null)}</b>
                </td>
                <td data-head="95 of 100 within" class="num">
                  {lasts(p95 ?? null)}
                </td>
                <td class="picture" aria-hidden="true">
                  {p95 !== null && p95 !== undefined && (
                    <i style={{ width: `${(p95 / longest) * 100}%` }}>
                      <u style={{ width: `${p95 > 0 ? ((median ?? 0) / p95) * 100 : 0}%` }} />
                    </i>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
