// The card of one lead: what was promised to the buyer first, then who to call, the proven answers by
// ear, the write-up with its blanks, and the answer to it.
import { useCallback } from "preact/hooks";
import * as api from "../../api";
import { moment } from "../../format";
import { useLoaded } from "../../parts/load";
import { State } from "../../parts/marks";
import { Loading, Trouble } from "../../parts/states";
import { useTitle } from "../../parts/title";
import { follow } from "../../route";
import { ANSWER, AnswerPanel } from "./AnswerPanel";
import { Behind } from "./Behind";
import { Clips } from "./Clips";
import { Context } from "./Context";
import { InCrm } from "./InCrm";
import { Promises } from "./Promises";
import { Send } from "./Send";
import { WriteUp } from "./WriteUp";
import { left, told } from "./words";

export function Card({ claim, me }: { claim: string; me: api.Me }) {
  const ask = useCallback(() => api.handover(claim), [claim]);
  const { value: card, problem, again } = useLoaded(ask, "handovers");
  useTitle(card?.company ?? "Handed over", 0);
  if (!card)
    return (
      <main id="main" class="page" tabIndex={-1}>
        <p>
          <a href="/handovers" onClick={follow}>
            All that was handed over
          </a>
        </p>
        {problem ? <Trouble problem={problem} again={again} /> : <Loading what="the lead" />}
      </main>
    );
  const mine = me.role === "sales";
  return (
    <main id="main" class="page card" tabIndex={-1}>
      <Head card={card} />
      <div class="card-main">
        <Promises card={card} mine={mine} done={again} />
        <Clips card={card} />
        <WriteUp card={card} mine={mine} done={again} />
        <Context card={card} />
        {mine && <ToAnswer card={card} />}
      </div>
      <div class="card-side">
        <AnswerPanel card={card} mine={mine} done={again} />
        <Behind card={card} mine={mine} done={again} />
        <Send card={card} mine={mine} />
        <InCrm claim={card.claim} />
      </div>
      {problem && <Trouble problem={problem} again={again} />}
    </main>
  );
}

/** Where the answer stands below all else, the way to it stays in reach. */
function ToAnswer({ card }: { card: api.HandoverCard }) {
  const stands = card.answers.find((a) => a.id === card.answer);
  return (
    <p class="to-answer">
      <a
        class="btn primary large"
        href={`#${ANSWER}`}
        onClick={(e) => {
          e.preventDefault();
          const panel = document.getElementById(ANSWER);
          panel?.scrollIntoView({ block: "start" });
          panel?.focus({ preventScroll: true });
        }}
      >
        {stands ? `Your answer: ${told(stands)}` : "Your answer"}
      </a>
    </p>
  );
}

function Head({ card }: { card: api.HandoverCard }) {
  const due = card.call_due_at && card.sales_calls.calls.length === 0 && left(card.call_due_at);
  const who = [card.contact, card.contact_role].filter(Boolean).join(", ");
  return (
    <div class="card-head">
      <div>
        <p class="small">
          <a href="/handovers" onClick={follow}>
            All that was handed over
          </a>
        </p>
        <h1>{card.company}</h1>
        <p class="second">
          {who || "Contact unknown"}
          {card.numbers.map((n) => (
            <>
              {" · "}
              <a key={n} class="number" href={`tel:${n}`}>
                {n}
              </a>
            </>
          ))}
          {card.numbers.length === 0 && <span class="mark"> no number known</span>}
        </p>
      </div>
      <div class="end">
        <State shape="pass">Passed {moment(card.passed_at)}</State>
        {due && (
          <span class={due.late ? "mark err" : "mark"}>
            first sales call {due.late ? "" : "due "}
            {due.words}
          </span>
        )}
      </div>
    </div>
  );
}
