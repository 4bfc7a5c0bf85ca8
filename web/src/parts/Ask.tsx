// Asks once more before what cannot be taken back: the harmless answer first, with the focus.
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { useFocus } from "./focus";

interface Props {
  children: ComponentChildren;
  /** What the harmless button says. */
  no: string;
  yes: string;
  back: () => void;
  act: () => void;
}

export function Ask({ children, no, yes, back, act }: Props) {
  const id = useId();
  const backRef = useFocus<HTMLButtonElement>();
  return (
    <div class="stack ask" role="alertdialog" aria-labelledby={id}>
      <p id={id}>{children}</p>
      <div class="wrap">
        <button type="button" class="btn" ref={backRef} onClick={back}>
          {no}
        </button>
        <button type="button" class="btn primary" onClick={act}>
          {yes}
        </button>
      </div>
    </div>
  );
}
