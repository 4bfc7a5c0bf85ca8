// A person's payroll number in its place, and correcting it.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { useFocus } from "../../parts/focus";
import { Trouble } from "../../parts/states";

interface Props {
  sum: api.PersonSum;
  done: (said: string) => void;
}

export function PayrollNumber({ sum, done }: Props) {
  const [open, setOpen] = useState(false);
  if (sum.payroll_number === null) return <span class="mark">missing</span>;
  if (open) return <Correct sum={sum} done={done} close={() => setOpen(false)} />;
  return (
    <span class="wrap">
      {sum.payroll_number}
      <button class="link small" onClick={() => setOpen(true)}>
        Correct<span class="vh"> the payroll number of {sum.payee}</span>
      </button>
    </span>
  );
}

function Correct({ sum, done, close }: Props & { close: () => void }) {
  const [number, set] = useState(sum.payroll_number ?? "");
  const [problem, setProblem] = useState<api.Problem>();
  const fieldRef = useFocus<HTMLInputElement>();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const r = await api.setPayrollNumber(sum.person, number.trim());
    setProblem(r.ok ? undefined : r.problem);
    if (!r.ok) return;
    close();
    done(`Saved: ${sum.payee} has payroll number ${number.trim()}.`);
  };
  return (
    <form class="wrap" onSubmit={(e) => void submit(e)}>
      <input
        class="in"
        ref={fieldRef}
        aria-label={`Payroll number of ${sum.payee}`}
        required
        maxLength={20}
        pattern="[A-Za-z0-9._\/\-]+"
        title="Letters, digits and - _ . /"
        value={number}
        onInput={(e) => set(e.currentTarget.value)}
      />
      <button class="btn">Save for {sum.payee}</button>
      <button type="button" class="btn quiet" onClick={close}>
        Keep {sum.payroll_number}
      </button>
      {problem && <Trouble problem={problem} />}
    </form>
  );
}
