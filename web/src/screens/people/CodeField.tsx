// The second step of signing in.
export const CodeField = () => (
  <label class="field">
    <span>Code of your authenticator, or a recovery code</span>
    <input class="in" name="code" autocomplete="one-time-code" maxLength={20} autoFocus required />
  </label>
);

/** The box has taken the password and asks for a code. */
export const asksForCode = (problem: { type?: string } | undefined) =>
  problem?.type === "urn:assay:second-factor";
