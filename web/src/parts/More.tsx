// The end of a list that goes on.
import type { Older } from "./older";
import { Trouble } from "./states";

export function More({ of }: { of: Pick<Older<unknown>, "more" | "problem"> }) {
  return (
    <>
      {of.problem && <Trouble problem={of.problem} />}
      {of.more && (
        <p class="pad">
          <button class="btn" onClick={of.more}>
            Show more
          </button>
        </p>
      )}
    </>
  );
}
