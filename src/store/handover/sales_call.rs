//! Which calls are sales' own with a lead that was handed over: one answer for all who ask.

/// Calls `x` of sales with the lead of a hand-over `h` since it passed, as the end of a query:
/// those that fit several leads count for each of them. These are found by themselves: `COALESCE`
/// keeps a database from walking through all calls of no lead.
pub(in crate::store) const SALES_CALL: &str = "FROM calls x JOIN people p ON p.id = x.person_id \
    AND p.role = 'sales' WHERE x.started_at >= h.passed_at AND (x.lead_id = h.lead_id OR \
    (COALESCE(x.lead_id, '') = '' AND x.id IN (SELECT y.call_id FROM call_lead_candidates y WHERE \
    y.lead_id = h.lead_id)))";
