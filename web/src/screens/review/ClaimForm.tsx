// Claiming a lead: own answer per criterion, blanks allowed and shown, and a few words. What is
// entered is kept.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { money } from "../../format";
import { focusLater, useFocus } from "../../parts/focus";
import type { Kept } from "../../parts/keeper";
import { Loading, Trouble } from "../../parts/states";
import { go } from "../../route";
import { type Drafting, useClaimChange, useClaimDraft } from "./claimDraft";
import { ClaimFields } from "./ClaimFields";
import { openedWords } from "./openedWords";
import "./ClaimForm.css";

/** A new claim on the lead of a call. */
export function ClaimForm({ call }: { call: api.Call }) {
  const [form, setForm] = useState<api.Result<api.ClaimForm>>();
  const load = () => void api.checklistFor(call.id).then(setForm);
  useEffect(() => void api.checklistFor(call.id).then(setForm), [call.id]);
  if (!form) return <Loading what="the checklist" />;
  if (!form.ok) return <Trouble problem={form.problem} again={load} />;
  return <NewClaim call={call} form={form.value} />;
}

function NewClaim({ call, form }: { call: api.Call; form: api.ClaimForm }) {
  const drafting = useClaimDraft(call.id, form.draft);
  const keyRef = useRef(api.newKey());
  const others = form.other_calls.map((c) => c.id);
  const send = async () => {
    const { draft } = drafting;
    const further = draft.calls.filter((id) => others.includes(id));
    const r = await api.claim({ ...draft, calls: [call.id, ...further] }, keyRef.current);
    if (!r.ok) return r.problem;
    drafting.done();
    go(`/claims?claim=${r.value.number}`);
  };
  return (
    <Form
      name="Claim this lead"
      send={send}
      action={`Send the claim for ${call.lead?.company ?? "this lead"}`}
      drafting={drafting}
      criteria={form.checklist.criteria}
      others={form.other_calls}
      blocked={form.blocked}
    >
      <p class="kept small second">{savedWords(drafting.kept, drafting.brought)}</p>
      <div class="vh" role="status">
        {drafting.kept === "trying" && savedWords("trying", false)}
      </div>
      <p class="second">
        {form.campaign}, {form.checklist.name} v{form.version}. A reviewer hears the call without
        your name and these answers.
      </p>
      <Earns earns={form.earns} />
      {form.opener && <p>{openedWords(form.opener)}</p>}
      {form.failed_before && (
        <p class="mark">
          C-{form.failed_before.number}: {form.failed_before.needs}
        </p>
      )}
    </Form>
  );
}

/** A claim that nobody has taken yet, changed. */
export function ClaimChange({ claim, done }: { claim: api.Claim; done: () => void }) {
  const drafting = useClaimChange(claim);
  const [form, setForm] = useState<api.ClaimForm>();
  const first = claim.calls[0]?.id ?? "";
  useEffect(() => void api.checklistFor(first).then((r) => r.ok && setForm(r.value)), [first]);
  const send = async () => {
    const r = await api.changeClaim(claim.id, drafting.draft);
    if (!r.ok) return r.problem;
    drafting.done();
    done();
  };
  const cancel = () => {
    drafting.done();
    done();
  };
  const named = claim.calls.slice(1);
  const more = form?.other_calls.filter((c) => !claim.calls.some((n) => n.id === c.id)) ?? [];
  return (
    <Form
      name="Change this claim"
      send={send}
      action="Save the change"
      cancel={cancel}
      drafting={drafting}
      criteria={claim.checklist}
      others={[...named, ...more]}
      blocked={null}
    >
      <p class="kept small second">
        {drafting.brought ? "Your change is here as you left it." : "Nobody has taken it yet."}{" "}
        “Save the change” puts it in the queue as it reads then.
      </p>
    </Form>
  );
}

interface FormProps {
  name: string;
  action: string;
  /** Sends it; gives what kept it from going out. */
  send: () => Promise<api.Problem | undefined>;
  cancel?: () => void;
  drafting: Omit<Drafting, "kept">;
  criteria: api.Criterion[];
  others: api.Call[];
  blocked: string | null;
  children: ComponentChildren;
}

function Form(props: FormProps) {
  const { drafting, send, blocked } = props;
  const [problem, setProblem] = useState<api.Problem>();
  const [asking, ask] = useState(false);
  const [busy, setBusy] = useState(false);
  const must = props.criteria.filter((c) => c.must_pass);
  const blank = must.filter((c) => !drafting.draft.answers[c.id]);
  const out = async () => {
    setBusy(true);
    setProblem(await send());
    setBusy(false);
    ask(false);
  };
  const formRef = useRef<HTMLFormElement>(null);
  const answer = () => {
    ask(false);
    focusLater(() => formRef.current?.querySelector("input"));
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (blocked || busy) return;
    if (blank.length === must.length && must.length > 0 && !asking) return ask(true);
    void out();
  };
  return (
    <form class="stack claim-form" ref={formRef} onSubmit={submit} aria-label={props.name}>
      {props.children}
      <ClaimFields must={must} others={props.others} drafting={drafting} />
      <Blanks of={must} blank={blank} />
      {problem && <Trouble problem={problem} />}
      {blocked && (
        <p class="mark" id="blocked">
          {blocked}
        </p>
      )}
      {asking && blank.length === must.length ? (
        <AllBlank send={() => void out()} back={answer} />
      ) : (
        <div class="wrap">
          <button
            class="btn primary large"
            aria-disabled={blocked || busy ? true : undefined}
            aria-describedby={blocked ? "blocked" : undefined}
          >
            {props.action}
          </button>
          {props.cancel && (
            <button type="button" class="btn large" onClick={props.cancel}>
              Leave it as it was
            </button>
          )}
        </div>
      )}
    </form>
  );
}

/** How many rows have an answer, and which have none. */
function Blanks({ of, blank }: { of: api.Criterion[]; blank: api.Criterion[] }) {
  return (
    <p class="small">
      <b>
        {of.length - blank.length} of {of.length} answered.
      </b>{" "}
      {blank.length > 0 && (
        <span class="mark">Not answered: {blank.map((c) => c.title).join(", ")}</span>
      )}
    </p>
  );
}

/** Asks once before a claim goes out with nothing answered. */
function AllBlank({ send, back }: { send: () => void; back: () => void }) {
  const firstRef = useFocus<HTMLButtonElement>();
  return (
    <div class="stack ask" role="alertdialog" aria-labelledby="all-blank">
      <p id="all-blank">
        <b>No row is answered.</b> The claim can go out like this; sales will see every row blank.
      </p>
      <div class="wrap">
        <button type="button" class="btn" ref={firstRef} onClick={back}>
          Answer first
        </button>
        <button type="button" class="btn primary" onClick={send}>
          Send it with every answer blank
        </button>
      </div>
    </div>
  );
}

function Earns({ earns }: { earns: api.ClaimForm["earns"] }) {
  if (earns)
    return (
      <p>
        A pass earns <b>{money(earns.amount)}</b>, plan {earns.plan_version}.
      </p>
    );
  return (
    <p class="mark">
      No commission plan is in force here, so a pass earns nothing now. Ask your manager.
    </p>
  );
}

const WORDS: Record<Kept, string> = {
  untouched: "What you enter is saved as you go.",
  saving: "Saving…",
  saved: "Saved",
  trying: "Not saved: trying again. It is kept on this page.",
  refused: "Not saved on the box. It is kept on this page; you can still send it.",
};

export const savedWords = (kept: Kept, brought: boolean) =>
  kept === "untouched" && brought ? "Saved: here it is as you left it." : WORDS[kept];
