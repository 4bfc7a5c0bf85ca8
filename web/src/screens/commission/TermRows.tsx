// Tiers and the month's limit of a plan, as rows of its facts.
import { cap, tiers, type Terms } from "./planWords";

export function TermRows({ terms }: { terms: Terms }) {
  return (
    <>
      {terms.tiers.length > 0 && (
        <>
          <dt>Tiers</dt>
          <dd>
            {tiers(terms).map((said) => (
              <div key={said}>{said}</div>
            ))}
          </dd>
        </>
      )}
      {terms.cap && (
        <>
          <dt>Limit</dt>
          <dd>{cap(terms)}</dd>
        </>
      )}
    </>
  );
}
