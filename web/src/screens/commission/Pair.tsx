// Two claims on leads that share a number, side by side, and what a manager rules on them.
import { useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { focusLater } from "../../parts/focus";
import { Reasoned } from "../../parts/Reasoned";
import { RuledClaim } from "./RuledClaim";

const RULED = {
  duplicate: {
    act: "They are one lead: the later claim earns nothing",
    question: "Why are they one lead? Both claimants read it.",
    said: "one lead",
  },
  distinct: {
    act: "They are two leads",
    question: "Why are they two? Both claimants read it.",
    said: "two leads",
  },
};
type Kind = keyof typeof RULED;
const KINDS: Kind[] = ["duplicate", "distinct"];

interface Props {
  pair: api.ClaimPair;
  done: (said: string) => void;
}

export function Pair({ pair: { later, first, number }, done }: Props) {
  const [kind, ask] = useState<Kind>();
  const actsRef = useRef<HTMLDivElement>(null);
  const of = `C-${first.number} and C-${later.number}`;
  const back = () => {
    const asked = KINDS.findIndex((k) => k === kind);
    ask(undefined);
    focusLater(() => actsRef.current?.querySelectorAll("button")[asked]);
  };
  return (
    <article
      class="pair-of-claims"
      aria-label={`${of}, which ${number ? `share ${number}` : "were one lead once"}`}
    >
      <div class="sides">
        <RuledClaim title="First" claim={first} />
        <RuledClaim title="Later" claim={later} />
      </div>
      <div class="pad stack" ref={actsRef}>
        <p class="second">
          {number ? (
            <>
              Both leads have the number <b class="nowrap">{number}</b>.
            </>
          ) : (
            "The two leads were one once, and were split."
          )}
        </p>
        {kind ? (
          <Reasoned
            key={kind}
            {...RULED[kind]}
            no="Not now"
            send={(note) => api.rule({ claim: later.id, kind, same_as: first.id, note })}
            done={() => done(`Ruled: ${of} are ${RULED[kind].said}.`)}
            back={back}
          />
        ) : (
          <div class="wrap">
            {KINDS.map((k) => (
              <button key={k} class="btn" onClick={() => ask(k)}>
                {RULED[k].act}
                <span class="vh"> ({of})</span>
              </button>
            ))}
          </div>
        )}
      </div>
    </article>
  );
}
