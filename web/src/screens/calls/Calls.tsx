// The call list: what was dialled, what came of it, and from here to a claim.
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { onChange } from "../../events";
import { clock, disposition, DISPOSITIONS, moment, outcome, OUTCOME_WORDS } from "../../format";
import { useAddress } from "../../parts/address";
import { CallPlayer } from "../../parts/CallPlayer";
import { Comments } from "../../parts/Comments";
import { Find } from "../../parts/Find";
import { useLatest } from "../../parts/latest";
import { Key } from "../../parts/marks";
import { Pick } from "../../parts/Pick";
import { reveal } from "../../parts/reveal";
import { Empty, Loading, Trouble } from "../../parts/states";
import { counted } from "../leads/words";
import { ClaimForm } from "../review/ClaimForm";
import { drafted } from "../review/claimDraft";
import { LeadChoice } from "./LeadChoice";

const FIELDS = ["q", "outcome", "disposition", "without_lead"] as const;

export function Calls({ mine = false }: { mine?: boolean }) {
  const [fields, change] = useAddress();
  const [calls, setCalls] = useState<api.Call[]>();
  const [count, setCount] = useState<number | null>();
  const [next, setNext] = useState<string | null>(null);
  const [problem, setProblem] = useState<api.Problem>();
  const chosen = fields.get("call") ?? undefined;
  const sideRef = useRef<HTMLElement>(null);
  const choose = (id: string) => {
    change({ call: id }, true);
    reveal(sideRef.current);
  };
  const wanted = FIELDS.map((f) => fields.get(f) ?? "").join("\n");
  const wantedRef = useLatest(wanted);
  const load = useCallback(
    (before?: string) => {
      const [q, outcome, disposition, without_lead] = wanted.split("\n");
      const asked = { q, outcome, disposition, without_lead, before };
      void api.calls(asked).then((r) => {
        // An answer to what nobody wants any more.
        if (wantedRef.current !== wanted) return;
        if (!r.ok) return setProblem(r.problem);
        setProblem(undefined);
        setNext(r.value.next);
        setCount(r.value.count);
        setCalls((old) => (before && old ? [...old, ...r.value.calls] : r.value.calls));
      });
    },
    [wanted, wantedRef],
  );
  useEffect(() => {
    load();
    return onChange("calls", () => load());
  }, [load]);
  const replace = (call: api.Call) =>
    setCalls((old) =>
      old?.map((c) =>
        c.id === call.id ? { ...call, candidates: call.lead ? undefined : c.candidates } : c,
      ),
    );
  const call = calls?.find((c) => c.id === chosen);
  return (
    <main id="main" class="page with-side" tabIndex={-1}>
      <section class="panel">
        <header>
          <h1>{mine ? "My calls" : "Calls"}</h1>
          <span class="second">
            newest first
            {count != null && `, ${counted(count)} in all`}
            {count === null &&
              "; it was promised that nobody is singled out, so they are not counted"}
          </span>
        </header>
        <form class="filters" role="search" onSubmit={(e) => e.preventDefault()}>
          <Find placeholder="Company, contact or +49 40 …" {...{ fields, change }} />
          <Pick
            name="outcome"
            label="Came to"
            all={OUTCOME_WORDS}
            none="anything"
            {...{ fields, change }}
          />
          <Pick
            name="disposition"
            label={mine ? "Your word" : "Their word"}
            all={DISPOSITIONS}
            none="any"
            {...{ fields, change }}
          />
          <Pick
            name="without_lead"
            label="Lead"
            all={[["true", "none found yet"]]}
            none="any"
            {...{ fields, change }}
          />
        </form>
        {problem && <Trouble problem={problem} again={() => load()} />}
        {!calls && !problem && <Loading what="calls" />}
        {calls?.length === 0 && wanted.trim() !== "" && (
          <Empty title="No call fits">
            <p>Words are found by their beginning. Take something away above.</p>
          </Empty>
        )}
        {calls?.length === 0 && wanted.trim() === "" && (
          <Empty title="No calls yet">
            <p>A call shows here as soon as it has ended and was sealed.</p>
          </Empty>
        )}
        {calls && calls.length > 0 && (
          <table class="stacking">
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">With</th>
                <th scope="col">Came to</th>
                <th scope="col" class="num">
                  Length
                </th>
                <th scope="col">Your word</th>
                <th scope="col">
                  <span class="vh">Act</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {calls.map((c) => (
                <CallRow key={c.id} c={c} chosen={c.id === chosen} choose={() => choose(c.id)} />
              ))}
            </tbody>
          </table>
        )}
        {next && (
          <p class="pad">
            <button class="btn" onClick={() => load(next)}>
              Earlier calls
            </button>
          </p>
        )}
      </section>
      <aside class="panel" aria-label="The call" ref={sideRef}>
        {call ? (
          <Detail key={call.id} call={call} mine={mine} replace={replace} />
        ) : (
          <Empty title="No call chosen">
            <p>
              Open one to hear it{mine ? ", to say how it came out, and to claim the lead" : ""}.
            </p>
          </Empty>
        )}
      </aside>
    </main>
  );
}

function CallRow({ c, chosen, choose }: { c: api.Call; chosen: boolean; choose: () => void }) {
  return (
    <tr aria-selected={chosen}>
      <td class="nowrap">{moment(c.started_at)}</td>
      <td>
        <b>{c.lead?.company ?? c.prospect.number ?? "number withheld"}</b>
        {c.lead?.contact && (
          <>
            <br />
            <span class="muted small">{c.lead.contact}</span>
          </>
        )}
        {!c.lead && (c.candidates?.length ?? 0) > 1 && (
          <span class="mark match">{c.candidates?.length} leads match</span>
        )}
      </td>
      <td>
        {outcome(c.outcome)}
        {c.gaps > 0 && (
          <span class="mark">
            {c.gaps} {c.gaps === 1 ? "gap" : "gaps"}
          </span>
        )}
        {c.recovered && <span class="mark">recovered after a restart</span>}
      </td>
      <td class="num">
        {c.duration_ms === null ? <span class="muted">no sound</span> : clock(c.duration_ms)}
      </td>
      <td>{c.disposition ? disposition(c.disposition) : <span class="muted">not said</span>}</td>
      <td class="num">
        <button
          class="btn"
          onClick={choose}
          aria-label={`Open the call with ${c.lead?.company ?? c.prospect.number}`}
        >
          Open
        </button>
      </td>
    </tr>
  );
}

function Detail({
  call,
  mine,
  replace,
}: {
  call: api.Call;
  mine: boolean;
  replace: (call: api.Call) => void;
}) {
  const [claiming, claim] = useState(false);
  return (
    <>
      <header>
        <h2 tabIndex={-1}>{call.lead?.company ?? call.prospect.number ?? "Number withheld"}</h2>
        <span class="second">{moment(call.started_at)}</span>
      </header>
      <div class="pad stack">
        {call.duration_ms !== null && (
          <CallPlayer call={call.id} length={call.duration_ms} label="Play the call" />
        )}
        {(mine || !call.lead) && <LeadChoice call={call} replace={replace} />}
        {mine && <Disposition call={call} replace={replace} />}
        {mine &&
          call.lead &&
          call.duration_ms !== null &&
          (claiming ? (
            <ClaimForm key={call.lead.id} call={call} />
          ) : (
            <button class="btn primary large" onClick={() => claim(true)}>
              {drafted(call.id) ? "Go on with your claim" : "Claim this lead"}
            </button>
          ))}
        {mine && !call.lead && (
          <p class="second">Choose the lead, and you can claim it from this call.</p>
        )}
        {call.duration_ms !== null && (
          <Comments call={call.id} length={call.duration_ms} canShare={!mine} />
        )}
      </div>
    </>
  );
}

function Disposition({ call, replace }: { call: api.Call; replace: (call: api.Call) => void }) {
  const [problem, setProblem] = useState<api.Problem>();
  const [timed, setTimed] = useState<string>();
  const say = (word: string, at?: string, other?: string) =>
    void api
      .setDisposition(call.id, {
        disposition: word,
        ...(at ? { appointment_at: new Date(at).toISOString() } : {}),
        ...(other ? { appointment_with: other } : {}),
      })
      .then((r) => {
        setProblem(r.ok ? undefined : r.problem);
        if (r.ok) {
          setTimed(undefined);
          replace(r.value);
        }
      });
  const pick = (id: string) =>
    id === "meeting_made" || id === "call_back" ? setTimed(id) : say(id);
  const latestRef = useLatest(pick);
  // In place as soon as the digits show.
  useLayoutEffect(() => {
    // One digit says it, unless somebody is typing.
    const pressed = (e: KeyboardEvent) => {
      const typing = (e.target as HTMLElement).matches("input, textarea, select");
      const chosen = DISPOSITIONS[Number(e.key) - 1];
      if (chosen && !typing && !e.ctrlKey && !e.metaKey && !e.altKey) latestRef.current(chosen[0]);
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [latestRef]);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    if (timed) say(timed, String(form.get("at")), String(form.get("with") ?? ""));
  };
  return (
    <fieldset class="stack">
      <legend>
        <b>How did it come out?</b>
      </legend>
      <div class="wrap">
        {DISPOSITIONS.map(([id, label], i) => (
          <button
            key={id}
            class="btn"
            aria-pressed={call.disposition === id}
            onClick={() => pick(id)}
          >
            {label} <Key>{i + 1}</Key>
          </button>
        ))}
      </div>
      {call.appointment && (
        <p class="second">
          {disposition(call.disposition ?? "")}: {moment(call.appointment.at)}
          {call.appointment.with && `, with ${call.appointment.with}`}
        </p>
      )}
      {timed && (
        <form class="stack" onSubmit={submit}>
          <label class="field">
            <span>
              {timed === "meeting_made" ? "When is the meeting?" : "When do you call back?"}
            </span>
            <input class="in" type="datetime-local" name="at" required autoFocus />
          </label>
          {timed === "meeting_made" && (
            <label class="field">
              <span>With whom?</span>
              <input class="in" name="with" required />
            </label>
          )}
          <button class="btn primary">Save: {disposition(timed).toLowerCase()}</button>
        </form>
      )}
      {problem && <Trouble problem={problem} />}
    </fieldset>
  );
}
