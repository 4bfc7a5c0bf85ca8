"""The overview and the results of sources, counted with pandas from raw rows by the definitions in src/report, src/handover and on the pages."""
import datetime

import pandas as pd
from counting.counted import quantile, rate
from counting.raw import DAY, SECOND, midnight, wall
from statsmodels.stats.proportion import confint_proportions_2indep

HOUR = 3_600 * SECOND
# RFC 3261: nobody is reached by such a number.
DEAD = (404, 410, 484, 485, 604)


def micros(moment):
    return round(datetime.datetime.fromisoformat(moment).timestamp() * SECOND)


def overview(raw, client, now, days, period):
    """What a manager sees first, of one client; `now` is when the box was asked."""
    return {
        "queue": queue(raw, client, now),
        "verdicts": verdicts(raw, client, now, days),
        "sources": sources(raw, client, now),
        "earned": earned(raw, client, now, period),
        "calls": calls(raw, client, now - days * DAY),
        "disputes": disputes(raw, client),
        "questions": questions(raw, client),
    }


def told(theirs):
    """Of the box's answer what is counted here; a source and a plan by their names."""
    kept = {key: theirs[key] for key in ("calls", "disputes", "questions")}
    kept["queue"] = {key: theirs["queue"][key] for key in ("claims", "under_4_h", "under_24_h", "over_24_h", "oldest")}
    kept["verdicts"] = theirs["verdicts"]
    figures = ("leads", "soon", "late", "over_7_days")
    kept["sources"] = {f"{s['source']}": {key: s[key] for key in figures} for s in theirs["sources"]}
    kept["earned"] = {
        f"{e['campaign']} {e['plan_version']} {e['amount']['currency']}": {
            "leads": e["leads"], "amount": e["amount"]["minor"], "payable": e["payable"]["minor"], "taken_back": e["taken_back"],
        }
        for e in theirs["earned"]
    }
    return kept


def own_claims(raw, client):
    claims = raw.read("SELECT id, campaign_id, state, created_at, locked_until FROM claims")
    return claims[claims.campaign_id.map(raw.campaigns.client_id) == client]


def queue(raw, client, now):
    c = own_claims(raw, client)
    # A reviewer's lease that has run out leaves the claim in the queue.
    c = c[c.state.isin(["open", "in_review"]) & ~(c.locked_until >= now)]
    age = now - c.created_at
    ages = [int((age < 4 * HOUR).sum()), int(((age >= 4 * HOUR) & (age < DAY)).sum()), int((age >= DAY).sum())]
    oldest = None if c.empty else moment_of(int(c.created_at.min()))
    return {"claims": len(c), "under_4_h": ages[0], "under_24_h": ages[1], "over_24_h": ages[2], "oldest": oldest}


def moment_of(at):
    """As the API writes moments."""
    whole, rest = divmod(at, SECOND)
    text = datetime.datetime.fromtimestamp(whole, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}{f'.{rest:06}'.rstrip('0') if rest else ''}Z"


def verdicts(raw, client, now, days):
    v = raw.read("SELECT claim_id, passed, final_at FROM verdicts WHERE state = 'final'")
    v = v.merge(own_claims(raw, client), left_on="claim_id", right_on="id")
    since = now - days * DAY
    recent, earlier = v[v.final_at >= since], v[(v.final_at < since) & (v.final_at >= since - days * DAY)]
    day = wall(recent.final_at, raw.zone).dt.strftime("%Y-%m-%d")
    by_day = recent.groupby(day).passed.agg(["size", "sum"])
    minutes = ((recent.final_at - recent.created_at) // 1_000 // 1_000).clip(lower=0) / 60
    return {
        "now": passes(recent),
        "before": passes(earlier),
        "change": change(recent, earlier),
        "days": [{"day": d, "verdicts": int(n), "passed": int(p)} for d, n, p in by_day.itertuples()],
        "waited": {"verdicts": len(recent), "median": quantile(minutes, 0.5), "p95": quantile(minutes, 0.95)},
    }


def passes(v):
    return {"verdicts": len(v), "passed": int(v.passed.sum()), "rate": rate(int(v.passed.sum()), len(v))}


def change(recent, earlier):
    if recent.empty or earlier.empty:
        return None
    counts = (int(recent.passed.sum()), len(recent), int(earlier.passed.sum()), len(earlier))
    low, high = confint_proportions_2indep(*counts, method="newcomb", compare="diff")
    return {"low": float(low), "high": float(high)}


def sources(raw, client, now):
    """Open leads that nobody has talked to, in campaigns that go on."""
    w = raw.read("SELECT lead_id, client_id, campaign_id, source_id, received_at, due_at, is_open FROM lead_work")
    closed = raw.read("SELECT id, closed_at FROM campaigns").set_index("id").closed_at
    w = w[(w.client_id == client) & (w.is_open == 1) & w.campaign_id.map(closed).isna() & w.lead_id.map(raw.leads.contacted).isna()]
    w = w.assign(
        leads=1, late=(w.due_at < now).astype(int), soon=((w.due_at >= now) & (w.due_at < now + DAY)).astype(int),
        over_7_days=(w.received_at < now - 7 * DAY).astype(int), source=w.source_id.map(raw.sources.name).astype(object).where(w.source_id.notna(), "None"),
    )
    sums = w.groupby("source")[["leads", "soon", "late", "over_7_days"]].sum()
    return {source: {key: int(n) for key, n in row.items()} for source, row in sums.to_dict("index").items()}


def earned(raw, client, now, period):
    g = raw.read("SELECT kind, part, campaign_id, plan_id, amount_minor, currency, payable_at, period FROM ledger")
    g = g[(g.period == period) & (g.campaign_id.map(raw.campaigns.client_id) == client)]
    version = raw.read("SELECT id, version FROM plans").set_index("id").version
    is_lead = g.part != "opener"
    g = g.assign(
        name=g.campaign_id.map(raw.campaigns.name) + " " + g.plan_id.map(version).astype(str) + " " + g.currency,
        leads=((g.kind == "accrual") & is_lead).astype(int), taken_back=((g.kind == "reversal") & is_lead).astype(int),
        amount=g.amount_minor, payable=g.amount_minor.where(g.payable_at <= now, 0),
    )
    sums = g.groupby("name")[["leads", "amount", "payable", "taken_back"]].sum()
    return {name: {key: int(n) for key, n in row.items()} for name, row in sums.to_dict("index").items()}


def calls(raw, client, since):
    c = raw.calls[(raw.calls.client_id == client) & (raw.calls.started_at >= since)]
    answered = c[c.outcome == "answered"]
    recorded = answered.id.isin(raw.read("SELECT call_id FROM recordings").call_id)
    return {"calls": len(c), "answered": len(answered), "recorded": int(recorded.sum())}


def disputes(raw, client):
    d = raw.read("SELECT claim_id, state FROM disputes")
    return int(((d.state == "open") & d.claim_id.isin(own_claims(raw, client).id)).sum())


def questions(raw, client):
    q = raw.read("SELECT client_id, answered_at FROM questions")
    return int(((q.client_id == client) & q.answered_at.isna()).sum())


# Results of sources, campaigns, suppliers and lists.


def results(raw, client, days, by):
    """What became of the leads that came in within these days, each counted once, by name."""
    leads = came_in(raw, client, days)
    lists = raw.read("SELECT id, client_id, campaign_id, supplier, began_at, ended_at, undone_at, skipped FROM imports")
    lists = lists[(lists.client_id == client) & raw.is_in(days, lists.began_at)]
    lists = lists.assign(campaign=lists.campaign_id.map(raw.campaigns.name), list=lists.id, source=None)
    parts = {name: tally(part) for name, part in leads.groupby(leads[by].fillna(""))}
    if by == "source":
        return parts
    for name, skipped, undone in zip(lists[by], lists.skipped, lists.undone_at.notna()):
        left_out = 0 if undone else int(skipped)
        if left_out or by == "list":
            part = parts.setdefault(name, tally(leads[:0]))
            for figure in ("delivered", "duplicates", "left_out"):
                part[figure] += left_out
    return parts


def came_in(raw, client, days):
    work = raw.read("SELECT lead_id, import_id FROM lead_work").set_index("lead_id").import_id
    suppliers = raw.read("SELECT id, supplier FROM imports").set_index("id").supplier.replace("", None)
    sources = raw.read("SELECT id, name, supplier, cost_minor, currency FROM sources").set_index("id")
    leads = raw.read("SELECT id, client_id, campaign_id, source_id, created_at FROM leads").set_index("id")
    leads["is_duplicate"] = leads.index.isin(duplicates(raw, leads))
    leads = leads[(leads.client_id == client) & raw.is_in(days, leads.created_at)].copy()
    leads["list"] = leads.index.map(work)
    leads["campaign"] = leads.campaign_id.map(raw.campaigns.name)
    for column in ("name", "supplier", "cost_minor", "currency"):
        leads["source" if column == "name" else column] = leads.source_id.map(sources[column])
    leads["supplier"] = leads.list.map(suppliers).fillna(leads.supplier)
    calls = raw.read("SELECT lead_id, answered_at, sip_status FROM calls WHERE lead_id IS NOT NULL")
    leads["attempts"] = calls.groupby("lead_id").size().reindex(leads.index).fillna(0)
    leads["is_answered"] = leads.index.isin(calls[calls.answered_at.notna()].lead_id)
    leads["dead"] = calls[calls.sip_status.isin(DEAD)].groupby("lead_id").sip_status.max()
    handed = raw.read("SELECT lead_id, answer_id FROM handovers").set_index("lead_id").answer_id
    answers = raw.read("SELECT id, answer, reason, criterion FROM sales_answers").set_index("id")
    leads["is_passed"] = leads.index.isin(handed.index)
    answer = leads.index.map(handed[~handed.index.duplicated(keep="last")])
    for column in answers.columns:
        leads[column] = answer.map(answers[column])
    return leads


def duplicates(raw, leads):
    """Merged leads, and those with a number of an earlier lead of the same client."""
    merged = set(raw.read("SELECT lead_id FROM lead_merges WHERE split_at IS NULL").lead_id)
    numbers = raw.read("SELECT lead_id, e164 FROM lead_numbers").drop_duplicates()
    numbers = numbers.join(leads[["client_id", "created_at"]], on="lead_id").sort_values(["created_at", "lead_id"])
    first = numbers.groupby(["client_id", "e164"]).lead_id.transform("first")
    return merged | set(numbers[numbers.lead_id != first].lead_id)


def tally(leads):
    passed = leads[leads.is_passed]
    rest = leads[~leads.is_passed]
    open_ = rest[~rest.is_answered]
    lost = open_[~open_.is_duplicate]
    dead, living = lost[lost.dead.notna()], lost[lost.dead.isna()]
    accepted, rejected = passed[passed.answer.isin(["now", "later"])], passed[passed.answer == "reject"]
    reached = leads[leads.is_passed | leads.is_answered]
    return {
        "delivered": len(leads), "duplicates": int(open_.is_duplicate.sum()), "left_out": 0, "untold": 0,
        "not_called": int((living.attempts == 0).sum()), "never_answered": int((living.attempts > 0).sum()),
        "dead": len(dead), "dead_by_cause": {str(int(cause)): int(n) for cause, n in dead.dead.value_counts().items()},
        "reached": len(reached), "passed": len(passed), "accepted": len(accepted), "rejected": len(rejected),
        "rejected_by_criterion": {c: int(n) for c, n in rejected.criterion.dropna().value_counts().items()},
        "rejected_for": {r: int(n) for r, n in rejected[rejected.criterion.isna()].reason.dropna().value_counts().items()},
        "costs": costs(leads, reached, passed, accepted), "unpriced": int(leads.cost_minor.isna().sum()),
    }


def costs(leads, *further):
    by_currency = {}
    for currency, own in leads[leads.cost_minor.notna()].groupby("currency"):
        total = int(own.cost_minor.sum())
        steps = zip(("delivered", "reached", "passed", "accepted"), (leads, *further))
        each = {name: (some.currency == currency).sum() for name, some in steps}
        by_currency[currency] = {"total": total, **{name: [int(n), (2 * total + int(n)) // (2 * int(n)) if n else None] for name, n in each.items()}}
    return by_currency


def told_results(theirs):
    """The box's answer, as it is counted here; a sheet's lines with it."""
    return {part["name"]: told_counts(part["counts"]) for part in theirs["sources"]}


def told_counts(c):
    each = lambda one: [one["leads"], one["each"] and one["each"]["minor"]]  # noqa: E731
    costs = {x["total"]["currency"]: {"total": x["total"]["minor"], **{k: each(x[k]) for k in ("delivered", "reached", "passed", "accepted")}} for x in c["costs"]}
    return {**c, "costs": costs, "rejected_for": {r["reason"]: r["count"] for r in c["rejected_for"]}}
