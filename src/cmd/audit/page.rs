//! The pack as one page: no script, no font and no picture from elsewhere, and it prints.

use super::tables::{Made, Table};
use crate::store::commission::audit::Books;

const STYLE: &str = "
  body { font: 14px/1.45 system-ui, sans-serif; color: #16181d; max-width: 75rem; margin: 2rem auto;
    padding: 0 1rem; }
  h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .25rem; }
  p { margin: 0 0 .5rem; } .says { color: #555b66; }
  .agrees, .differs { border: 1px solid; border-radius: 4px; padding: .6rem .8rem; font-weight: 600; }
  .agrees { color: #14603a; } .differs { color: #9b1c1c; }
  .scroll { overflow-x: auto; }
  table { border-collapse: collapse; width: 100%; font-size: .82rem; }
  th, td { text-align: left; vertical-align: top; padding: .3rem .5rem; border-top: 1px solid #d9dce2;
    overflow-wrap: anywhere; }
  th { border-top: 0; color: #555b66; font-weight: 600; overflow-wrap: normal; } tr.no td { background: #fdecec; }
  nav ul { columns: 2; padding-left: 1.2rem; } a { color: inherit; }
  @media print { body { margin: 0; max-width: none; font-size: 9pt; } nav { display: none; }
    h2 { break-after: avoid; } tr { break-inside: avoid; } thead { display: table-header-group; }
    .scroll { overflow: visible; } @page { size: A4 landscape; margin: 12mm; } }
";

/// The whole page.
pub(super) fn html(books: &Books, made: &Made, tables: &[Table]) -> String {
    let wrong = tables.iter().find(|t| t.name == "differences");
    let wrong = wrong.map_or(0, |t| t.rows.len());
    let verdict = match wrong {
        0 => "<p class=\"agrees\">Everything agrees.</p>".to_owned(),
        1 => "<p class=\"differs\">1 thing does not agree: see below.</p>".to_owned(),
        n => format!("<p class=\"differs\">{n} things do not agree: see below.</p>"),
    };
    let period = text(&books.period);
    let links: String = tables
        .iter()
        .map(|t| format!("<li><a href=\"#{}\">{}</a></li>", t.name, text(t.title)))
        .collect();
    let sections: String = tables.iter().map(section).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta \
         name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Audit pack \
         {period}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>Audit pack of \
         {period}</h1>\n<p class=\"says\">Made {} for the house in {}. Every table lies beside \
         this page as CSV, and all of them in pack.json.</p>\n{verdict}\n<nav \
         aria-label=\"Parts\"><ul>{links}</ul></nav>\n{sections}</body>\n</html>\n",
        text(&made.at.to_string()),
        text(&made.zone.to_string()),
    )
}

fn section(table: &Table) -> String {
    let body = match table.rows.is_empty() {
        true => "<p>None.</p>".to_owned(),
        false => rows(table),
    };
    format!(
        "<section aria-labelledby=\"{name}\">\n<h2 id=\"{name}\">{}</h2>\n<p \
         class=\"says\">{}</p>\n{body}\n</section>\n",
        text(table.title),
        text(table.says),
        name = table.name
    )
}

fn rows(table: &Table) -> String {
    let head: String = table
        .columns
        .iter()
        .map(|c| format!("<th scope=\"col\">{}</th>", text(&c.replace('_', " "))))
        .collect();
    let agrees = table.columns.iter().position(|c| *c == "agrees");
    let differs = |fields: &[String]| agrees.is_some_and(|at| fields[at].starts_with("NO"));
    let row = |fields: &Vec<String>| {
        let cells: String = fields
            .iter()
            .map(|f| format!("<td>{}</td>", text(f)))
            .collect();
        match differs(fields) {
            true => format!("<tr class=\"no\">{cells}</tr>\n"),
            false => format!("<tr>{cells}</tr>\n"),
        }
    };
    let body: String = table.rows.iter().map(row).collect();
    format!(
        "<div class=\"scroll\"><table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>\
         </div>"
    )
}

/// Text between tags: what people wrote is never markup.
fn text(raw: &str) -> String {
    let mut safe = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_is_no_markup() {
        let table = Table {
            name: "entries",
            title: "All entries",
            says: "Each.",
            columns: vec!["company", "agrees"],
            rows: vec![vec![
                "<script>alert('x')</script> & Co".to_owned(),
                "NO".to_owned(),
            ]],
        };
        let html = section(&table);
        assert!(!html.contains("<script>"), "{html}");
        assert!(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; Co"));
        assert!(html.contains("<tr class=\"no\">"));
    }
}
