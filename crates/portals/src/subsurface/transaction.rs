//! The transaction register: what came of each document that went to the national register.

use rusqlite::{Row, params};
use serde_json::{Value, json};

use super::Subsurface;
use super::answer::{Answer, Failure};
use super::time::local;
use super::visit::Visit;

/// What one may search by, and the column that holds it.
const FIELDS: [(&str, &str); 6] = [
    ("broId", "t.bro_id"),
    ("transactieId", "t.id"),
    ("objectIdBronhouder", "coalesce(d.object_id, r.object_id)"),
    ("kenmerk", "d.request_reference"),
    ("bronhouder", "d.accountable_party"),
    ("levering", "printf('%010d', t.delivery_id)"),
];

/// `GET …/transacties`: in all projects that the caller reaches or in one, the oldest first: clients take the last.
pub(super) async fn list(portal: &Subsurface, visit: Visit) -> Result<Answer, Failure> {
    let page = visit.page()?;
    let reach = visit.reach();
    let asked = visit.query("zoekveld").filter(|field| !field.is_empty());
    let column = match asked {
        None => "NULL",
        Some(asked) => {
            let names = FIELDS.map(|(name, _)| name).join(", ");
            let found = FIELDS.iter().find(|(name, _)| *name == asked).map(|(_, column)| *column);
            found.ok_or_else(|| Failure::BadRequest(format!("zoekveld moet een van deze zijn: {names}.")))?
        }
    };
    let text = asked.map(|_| visit.query("zoektekst").unwrap_or_default().to_owned());
    let sql = format!(
        "SELECT t.id, t.bro_id, t.status, t.at, t.project, t.delivery_id, t.document_id, d.domain, d.kind, d.source_document,
            d.request_reference, d.accountable_party, d.quality_regime, coalesce(d.object_id, r.object_id), d.errors
         FROM transactions t JOIN documents d ON d.id = t.document_id LEFT JOIN registrations r ON r.bro_id = t.bro_id
         WHERE (t.project IN (SELECT value FROM json_each(?1))
             OR (t.project IN (SELECT value FROM json_each(?2)) AND t.organisation = ?3))
         AND (?4 IS NULL OR {column} = ?4) ORDER BY t.number LIMIT ?5 OFFSET ?6"
    );
    let listed = portal.database().read(move |tx| {
        let parameters = params![reach.own(), reach.delegated(), visit.caller.organisation(), text, page.limit, page.offset];
        let mut statement = tx.prepare_cached(&sql)?;
        let rows: Vec<Value> = statement.query_map(parameters, row)?.collect::<rusqlite::Result<_>>()?;
        Ok(json!({ "transacties": rows }))
    });
    listed.await.map(Answer::Data)
}

fn row(row: &Row<'_>) -> rusqlite::Result<Value> {
    let text = |place: usize| row.get::<_, Option<String>>(place);
    let errors: String = row.get(14)?;
    Ok(json!({
        "transactieId": text(0)?,
        "broId": text(1)?,
        "status": text(2)?,
        "tijdstip": local(row.get(3)?),
        "project": text(4)?,
        "levering": super::delivery::identifier(row.get(5)?),
        "brondocument": row.get::<_, i64>(6)?,
        "registratieobject": text(7)?,
        "berichtsoort": text(8)?,
        "brondocumentsoort": text(9)?,
        "kenmerk": text(10)?,
        "bronhouder": text(11)?,
        "kwaliteitsregime": text(12)?,
        "objectIdBronhouder": text(13)?,
        "errors": serde_json::from_str::<Value>(&errors).unwrap_or_else(|_| json!([])),
    }))
}
