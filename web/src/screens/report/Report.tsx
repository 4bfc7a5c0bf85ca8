// What every report has: a title with its days, the choice of what is counted, an export, and how it is counted.
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type * as api from "../../api";
import { day, daysBetween } from "../../format";
import type { Loaded } from "../../parts/load";
import { Loading, Trouble } from "../../parts/states";
import "./Report.css";

/** What is asked of every report: whose figures, and of which days. */
export interface Asked {
  client?: string;
  from?: string;
  to?: string;
}

/** What every report says of itself; without days where it has none to tell. */
export interface Told {
  client: string;
  clients: api.FunnelReport["clients"];
  from?: string | null;
  to?: string | null;
  zone: string;
  /** It holds that nobody is singled out. */
  promise?: api.SlotsReport["promise"];
}

interface Props<V extends Told, A extends Asked> {
  /** The page's class, by which its own sheet knows it. */
  name: string;
  title: string;
  /** Before the days: `came in`. */
  days?: string;
  /** What is waited for: `the funnel`. */
  what: string;
  /** Where the same figures are as CSV. */
  csv: string;
  /** Its other tables as CSV: what they are called, and where they are. */
  files?: [string, string][];
  loaded: Loaded<V>;
  asked: A;
  ask: (asked: A) => void;
  /** Further choices, beside client and days. */
  choices?: (value: V) => ComponentChildren;
  /** What is told where it was promised that nobody is singled out, on a page that does not say it itself. */
  together?: string;
  /** Above the figures and whatever went wrong. */
  above?: (value: V) => ComponentChildren;
  children: (value: V) => ComponentChildren;
}

/** On paper nothing can be opened: all is, for as long as it is printed. */
export function usePaper() {
  useEffect(() => {
    let opened: HTMLDetailsElement[] = [];
    const open = () => {
      opened = [...document.querySelectorAll<HTMLDetailsElement>("details:not([open])")];
      for (const one of opened) one.open = true;
    };
    const close = () => {
      for (const one of opened) one.open = false;
    };
    addEventListener("beforeprint", open);
    addEventListener("afterprint", close);
    return () => {
      removeEventListener("beforeprint", open);
      removeEventListener("afterprint", close);
    };
  }, []);
}

export function Report<V extends Told, A extends Asked>(props: Props<V, A>) {
  const { value, problem, again } = props.loaded;
  usePaper();
  return (
    <main id="main" class={`page report ${props.name}`} tabIndex={-1}>
      <div class="title">
        <h1>{props.title}</h1>
        {value?.from && value.to && (
          <span class="second">
            {props.days ? `${props.days} ` : ""}
            {daysBetween(value.from, value.to)}, times of {value.zone}
          </span>
        )}
        <a class="btn end screen-only" href={props.csv} download={`assay-${props.name}.csv`}>
          Export CSV
        </a>
      </div>
      {value && (
        <div class="bar asks" role="group" aria-label="What is counted">
          <Whose value={value} asked={props.asked} ask={props.ask} />
          {props.choices?.(value)}
        </div>
      )}
      {value?.promise && props.together && (
        <Together promise={value.promise} zone={value.zone} told={props.together} />
      )}
      {value && props.above?.(value)}
      {problem && (
        <Trouble problem={problem} again={again}>
          {!value && Object.values(props.asked).some(Boolean) && (
            <button class="btn" onClick={() => props.ask({} as A)}>
              Clear what was chosen
            </button>
          )}
        </Trouble>
      )}
      {!value && !problem && <Loading what={props.what} />}
      {value && props.children(value)}
      {value && props.files && <Files files={props.files} />}
    </main>
  );
}

/** Tables as files, one link each. */
export const Files = ({ files }: { files: [string, string][] }) => (
  <p class="second small screen-only files">
    Tables as CSV:
    {files.map(([name, url]) => (
      <a key={name} href={url} download>
        {name}
      </a>
    ))}
  </p>
);

interface TogetherProps {
  promise: NonNullable<Told["promise"]>;
  zone: string;
  told: string;
}

const Together = ({ promise, zone, told }: TogetherProps) => (
  <section class="panel" aria-label="Aggregate only">
    <p class="pad">
      <b>Aggregate only since {day(promise.since, zone)}.</b> {promise.by} promised that nobody is
      singled out. {told}
    </p>
  </section>
);

interface WhoseProps<A extends Asked> {
  value: Told;
  asked: A;
  ask: (asked: A) => void;
}

/** Client and days. Another client's campaigns and people are others: those choices fall away. */
function Whose<A extends Asked>({ value, asked, ask }: WhoseProps<A>) {
  const date = (name: "from" | "to", label: string) => (
    <label class="field">
      <span>{label}</span>
      <input
        class="in"
        type="date"
        value={asked[name] ?? value[name] ?? ""}
        onChange={(e) => ask({ ...asked, [name]: e.currentTarget.value || undefined })}
      />
    </label>
  );
  return (
    <>
      {value.clients.length > 1 && (
        <Choice
          label="Client"
          value={value.client}
          options={value.clients.map((c) => [c.id, c.name])}
          choose={(client) => ask({ client, from: asked.from, to: asked.to } as A)}
        />
      )}
      {value.from !== undefined && date("from", "From")}
      {value.to !== undefined && date("to", "To")}
    </>
  );
}

interface ChoiceProps<V extends string> {
  label: string;
  value: V;
  options: [V, string][];
  choose: (value: V) => void;
}

/** One of a few. */
export function Choice<V extends string>({ label, value, options, choose }: ChoiceProps<V>) {
  return (
    <label class="field">
      <span>{label}</span>
      <select class="in" value={value} onChange={(e) => choose(e.currentTarget.value as V)}>
        {options.map(([id, name]) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The definition of what the page shows. */
export const How = ({ children }: { children: ComponentChildren }) => (
  <section class="panel" aria-labelledby="how">
    <header>
      <h2 id="how">How it is counted</h2>
    </header>
    <div class="pad stack">{children}</div>
  </section>
);
