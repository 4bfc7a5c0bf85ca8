// Plan versions that nobody earns by until they have read them.
import * as api from "../../api";
import { day } from "../../format";
import { follow } from "../../route";

export function UnreadPlans({ plans, zone }: { plans: api.Plans | undefined; zone: string }) {
  const unread = plans?.versions.filter((v) => v.to_read) ?? [];
  return (
    <>
      {unread.map((v) => (
        <div key={v.id} class="panel unread" role="note">
          <span class="mark">Plan v{v.version} not read yet</span>
          <p>
            {v.campaign} v{v.version} holds for claims made from {day(v.from, zone)} on. Nothing
            accrues under it until you have read it.
          </p>
          <a class="btn primary" href="/plans" onClick={follow}>
            Read v{v.version} of {v.campaign}
          </a>
        </div>
      ))}
    </>
  );
}
