// The tile that must read 0, and leads to the leads when it does not.
import { follow } from "../../route";
import { counted } from "./words";

export const OverSeven = ({ count }: { count: number }) => (
  <div>
    <span class="label">Never talked to</span>
    <b>
      {count === 0 ? (
        "0 leads over 7 days"
      ) : (
        <a class="late" href="/leads?view=untouched" onClick={follow}>
          {counted(count)} {count === 1 ? "lead" : "leads"} over 7 days
        </a>
      )}
    </b>
    <span class="second">
      {count === 0 ? "as it must be" : "it must be 0: open them, and call the oldest first"}
    </span>
  </div>
);
