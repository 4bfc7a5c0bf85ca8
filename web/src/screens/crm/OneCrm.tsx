// One client's CRM: how it stands, and what can be done with it.
import { useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { day, moment } from "../../format";
import { focusLater } from "../../parts/focus";
import { State } from "../../parts/marks";
import { Trouble } from "../../parts/states";
import { CrmForm } from "./CrmForm";
import { Mapping, mappedLine } from "./Mapping";
import { kindWord, shape, standing } from "./words";
import "../messages/Messages.css";

interface Props {
  crm: api.CrmSetup;
  all: api.Crms;
  /** An administrator sets it up; a manager changes its fields and states alone. */
  acts: boolean;
  done: (said: string) => void;
}

export function OneCrm({ crm, all, acts, done }: Props) {
  const [changing, change] = useState<"setup" | "mapping">();
  const [testing, setTesting] = useState(false);
  const [tested, setTested] = useState<api.CrmTested>();
  const [problem, setProblem] = useState<api.Problem>();
  const headRef = useRef<HTMLHeadingElement>(null);
  const name = crm.client_name;
  const shut = () => {
    change(undefined);
    focusLater(() => headRef.current);
  };
  const test = async () => {
    setTested(undefined);
    setTesting(true);
    const r = await api.testCrm(crm.client);
    setTesting(false);
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) setTested(r.value);
  };
  const turn = async () => {
    const on = crm.off_at !== null;
    const r = await api.turnCrm(crm.client, on);
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) done(`${name}’s CRM is turned ${on ? "on" : "off"}.`);
  };
  return (
    <article class="receiver" aria-labelledby={`crm-${crm.client}`}>
      <h3 id={`crm-${crm.client}`} ref={headRef} tabIndex={-1}>
        {name}: {kindWord(crm.kind)} <span class="second">{crm.url}</span>
      </h3>
      <dl class="facts">
        <dt>State</dt>
        <dd>
          <State shape={shape(crm)}>{standing(crm)}</State>
        </dd>
        <dt>Sent</dt>
        <dd>leads handed over since {day(crm.from, "UTC")}</dd>
        <dt>Fields and states</dt>
        <dd>{mappedLine(crm)}</dd>
        <dt>Set up</dt>
        <dd>
          {moment(crm.set_at)}
          {crm.set_by ? ` by ${crm.set_by}` : ""}
        </dd>
      </dl>
      {problem && <Trouble problem={problem} />}
      <div class="acts stack wide-items">
        <div role="status">
          {testing && <p>Asking {name}’s CRM …</p>}
          {tested && (
            <p>
              <State shape={tested.works ? "pass" : "fail"}>{tested.words}</State>
            </p>
          )}
        </div>
        {changing === "mapping" && (
          <Mapping
            crm={crm}
            back={shut}
            saved={() => {
              shut();
              done(`${name}’s fields and states are changed.`);
            }}
          />
        )}
        {changing === "setup" && (
          <CrmForm
            all={all}
            client={crm.client}
            name={name}
            crm={crm}
            back={shut}
            saved={() => {
              shut();
              done(`${name}’s CRM is changed.`);
            }}
          />
        )}
        {!acts && !changing && <Map name={name} open={() => change("mapping")} />}
        {acts && !changing && (
          <div class="wrap">
            <button class="btn" aria-disabled={testing} onClick={() => !testing && void test()}>
              Test
              <Of name={name} />
            </button>
            <button class="btn" onClick={() => void turn()}>
              {crm.off_at ? "Turn on" : "Turn off"}
              <Of name={name} />
            </button>
            <button class="btn" onClick={() => change("setup")}>
              Change
              <Of name={name} />
            </button>
            <Map name={name} open={() => change("mapping")} />
          </div>
        )}
      </div>
    </article>
  );
}

/** A manager may change what goes where, too. */
const Map = ({ name, open }: { name: string; open: () => void }) => (
  <button class="btn" onClick={open}>
    Fields and states
    <Of name={name} />
  </button>
);

/** Whose it is, to who cannot see where a button stands. */
const Of = ({ name }: { name: string }) => <span class="vh"> the CRM of {name}</span>;
