// Tiers, the month's limit and the opener's share of a plan, as rows of its facts.
import { cap, share, tiers, type Terms } from "./planWords";

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
      {terms.split && (
        <>
          <dt>Opener's share</dt>
          <dd>{share(terms)}</dd>
        </>
      )}
    </>
  );
}
