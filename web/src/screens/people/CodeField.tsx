// The second step of signing in.
import { useFocus } from "../../parts/focus";

export function CodeField() {
  const fieldRef = useFocus<HTMLInputElement>();
  return (
    <label class="field">
      <span>Code of your authenticator, or a recovery code</span>
      <input
        class="in"
        name="code"
        ref={fieldRef}
        autocomplete="one-time-code"
        maxLength={20}
        required
      />
    </label>
  );
}

/** The box has taken the password and asks for a code. */
export const asksForCode = (problem: { type?: string } | undefined) =>
  problem?.type === "urn:assay:second-factor";
