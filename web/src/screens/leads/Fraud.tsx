// A manager says that a judged claim was made by fraud; a second manager confirms it under Rulings.
import { useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { focusLater } from "../../parts/focus";
import { Reasoned } from "../../parts/Reasoned";
import { follow } from "../../route";

export function Fraud({ claim, number }: { claim: string; number: number | undefined }) {
  const [asking, ask] = useState(false);
  const [said, say] = useState(false);
  const askRef = useRef<HTMLButtonElement>(null);
  const saidRef = useRef<HTMLParagraphElement>(null);
  const back = () => {
    ask(false);
    focusLater(() => askRef.current);
  };
  const done = () => {
    say(true);
    focusLater(() => saidRef.current);
  };
  if (said)
    return (
      <p role="status" tabIndex={-1} ref={saidRef}>
        Fraud is alleged on C-{number}. Nothing moves until a second manager confirms it under{" "}
        <a href="/rulings" onClick={follow}>
          Rulings
        </a>
        .
      </p>
    );
  if (asking)
    return (
      <Reasoned
        question={`Why is C-${number} fraud? The claimant reads it.`}
        act="Allege fraud"
        no="Leave it"
        send={(note) => api.rule({ claim, kind: "fraud", note })}
        done={done}
        back={back}
      />
    );
  return (
    <>
      {" "}
      <button class="btn" ref={askRef} onClick={() => ask(true)}>
        Allege fraud …<span class="vh"> on C-{number}</span>
      </button>
    </>
  );
}
