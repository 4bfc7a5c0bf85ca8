// The closed list of what moves a telemarketer's money.
const MOVES: [string, string][] = [
  ["A verdict", "a claim that passes books one line"],
  ["A dispute", "a second reviewer may change the verdict, and your line with it"],
  ["A duplicate", "a lead earns once, for whoever claimed it first"],
  ["Fraud", "two people say so, and neither earns by it"],
  ["A plan", "from its date on, for claims made from then, once you have read it"],
];

export function WhatMovesMoney() {
  return (
    <section class="panel moves" aria-labelledby="moves">
      <header>
        <h2 id="moves">What can move your money</h2>
      </header>
      <dl class="facts">
        {MOVES.map(([what, how]) => (
          <div key={what} class="pair-row">
            <dt>{what}</dt>
            <dd>{how}</dd>
          </div>
        ))}
      </dl>
      <p class="pad">
        Nothing else does; sales’ answers never do. Neither does a question or its answer. You agree
        to nothing by saying nothing.
      </p>
    </section>
  );
}
