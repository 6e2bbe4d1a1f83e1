//! Registrations: the objects that the caller's deliveries brought into the register.

use rusqlite::{OptionalExtension as _, Row, params};
use serde_json::{Value, json};

use super::Subsurface;
use super::answer::{Answer, Failure, missing};
use super::time::local;
use super::visit::Visit;

const COLUMNS: &str = "bro_id, domain, project, accountable_party, object_id, quality_regime, registered_at, changed_at, completed_at,
    last_transaction";
const VISIBLE: &str = "(project IN (SELECT value FROM json_each(?1))
    OR (project IN (SELECT value FROM json_each(?2)) AND organisation = ?3))";

/// `GET …/registraties`: in all projects that the caller reaches or in one, the newest first.
pub(super) async fn list(portal: &Subsurface, visit: Visit) -> Result<Answer, Failure> {
    let page = visit.page()?;
    let reach = visit.reach();
    let asked = |name: &str| visit.query(name).filter(|text| !text.is_empty()).map(str::to_owned);
    let (domain, object_id) = (asked("registratieobject"), asked("objectIdBronhouder"));
    let listed = portal.database().read(move |tx| {
        let sql = format!(
            "SELECT {COLUMNS} FROM registrations WHERE {VISIBLE} AND (?4 IS NULL OR domain = ?4) AND (?5 IS NULL OR object_id = ?5)
             ORDER BY registered_at DESC, bro_id DESC LIMIT ?6 OFFSET ?7"
        );
        let organisation = visit.caller.organisation();
        let parameters = params![reach.own(), reach.delegated(), organisation, domain, object_id, page.limit, page.offset];
        let rows: Vec<Value> = tx.prepare_cached(&sql)?.query_map(parameters, row)?.collect::<rusqlite::Result<_>>()?;
        Ok(json!({ "registraties": rows }))
    });
    listed.await.map(Answer::Data)
}

/// `GET …/registraties/{bro_id}`.
pub(super) async fn show(portal: &Subsurface, visit: Visit) -> Result<Answer, Failure> {
    let (id, reach) = (visit.text("bro_id")?.to_owned(), visit.reach());
    let found = portal.database().read(move |tx| {
        let sql = format!("SELECT {COLUMNS} FROM registrations WHERE {VISIBLE} AND bro_id = ?4");
        let parameters = params![reach.own(), reach.delegated(), visit.caller.organisation(), id];
        tx.query_row(&sql, parameters, row).optional()?.ok_or_else(|| missing("Registratie", &id))
    });
    found.await.map(Answer::Data)
}

fn row(row: &Row<'_>) -> rusqlite::Result<Value> {
    let text = |place: usize| row.get::<_, Option<String>>(place);
    Ok(json!({
        "broId": text(0)?,
        "registratieobject": text(1)?,
        "project": text(2)?,
        "bronhouder": text(3)?,
        "objectIdBronhouder": text(4)?,
        "kwaliteitsregime": text(5)?,
        "tijdstipRegistratie": local(row.get(6)?),
        "lastChanged": local(row.get(7)?),
        "tijdstipVoltooiing": row.get::<_, Option<i64>>(8)?.map(local),
        "laatsteTransactie": text(9)?,
    }))
}
