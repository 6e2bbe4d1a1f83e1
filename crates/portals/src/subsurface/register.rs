//! The national register's side: it takes documents in, gives out BRO ids and transaction ids without gaps, and may refuse.

use domain::Timestamp;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use super::answer::Failure;
use super::delivery::Delivery;

/// A document as the register looks at it.
struct Sent {
    id: i64,
    domain: String,
    kind: String,
    source_document: String,
    starts: bool,
    named_bro_id: Option<String>,
    accountable_party: Option<String>,
    object_id: Option<String>,
    quality_regime: Option<String>,
}

impl Sent {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            domain: row.get(1)?,
            kind: row.get(2)?,
            source_document: row.get(3)?,
            starts: row.get(4)?,
            named_bro_id: row.get(5)?,
            accountable_party: row.get(6)?,
            object_id: row.get(7)?,
            quality_regime: row.get(8)?,
        })
    }

    fn begins_object(&self) -> bool {
        self.starts && self.kind == "registrationRequest"
    }

    /// Whether it ends its object: after it nothing is added.
    fn completes(&self) -> bool {
        self.source_document.ends_with("_Closure") || self.source_document.ends_with("_Removal")
    }
}

/// Takes the documents of a delivery in, one after the other. Gives how many the register refused.
pub(super) fn take_in(tx: &Transaction<'_>, delivery: &Delivery, now: Timestamp) -> Result<usize, Failure> {
    let sql = "SELECT id, domain, kind, source_document, starts, named_bro_id, accountable_party, object_id, quality_regime
        FROM documents WHERE upload_id = ?1 ORDER BY id";
    let sent: Vec<Sent> = tx.prepare_cached(sql)?.query_map([delivery.upload], Sent::read)?.collect::<rusqlite::Result<_>>()?;
    let mut refused = 0;
    for document in &sent {
        refused += usize::from(!take_one(tx, delivery, document, now)?);
    }
    Ok(refused)
}

fn take_one(tx: &Transaction<'_>, delivery: &Delivery, sent: &Sent, now: Timestamp) -> Result<bool, Failure> {
    let at = now.unix_microseconds();
    let transaction = format!("{}-{:012}", sent.domain, next_number(tx, "transaction", &sent.domain)?);
    let (bro_id, refusal) = match object(tx, delivery, sent)? {
        Object::New => (Some(format!("{}{:012}", sent.domain, next_number(tx, "object", &sent.domain)?)), None),
        Object::Known(bro_id) => (bro_id, None),
        Object::Refused(why) => (sent.named_bro_id.clone(), Some(why)),
    };
    if refusal.is_none() {
        keep(tx, delivery, sent, (bro_id.as_deref(), &transaction), at)?;
    }
    let sql = "INSERT INTO transactions (id, document_id, delivery_id, project, organisation, bro_id, status, at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let status = if refusal.is_none() { "VOLTOOID" } else { "AFGEKEURD" };
    tx.execute(sql, params![transaction, sent.id, delivery.id, delivery.project, delivery.organisation, bro_id, status, at])?;
    let sql = "UPDATE documents SET status = ?2, errors = ?3, bro_id = ?4, transaction_id = ?5, changed_at = ?6 WHERE id = ?1";
    let status = if refusal.is_none() { "OPGENOMEN_LVBRO" } else { "AFGEKEURD_LVBRO" };
    let errors = serde_json::json!(refusal.iter().collect::<Vec<_>>()).to_string();
    tx.execute(sql, params![sent.id, status, errors, bro_id, transaction, at])?;
    Ok(refusal.is_none())
}

/// The object that a document is about.
enum Object {
    New,
    /// An object of the register; objects that came to it by another way have no row here, and some corrections
    /// name none.
    Known(Option<String>),
    Refused(String),
}

fn object(tx: &Transaction<'_>, delivery: &Delivery, sent: &Sent) -> Result<Object, Failure> {
    if sent.begins_object() {
        return Ok(Object::New);
    }
    let Some(bro_id) = &sent.named_bro_id else {
        let sql = "SELECT bro_id FROM registrations WHERE project = ?1 AND domain = ?2 AND object_id = ?3 ORDER BY bro_id DESC LIMIT 1";
        let found = tx.query_row(sql, params![delivery.project, sent.domain, sent.object_id], |row| row.get(0)).optional()?;
        return Ok(Object::Known(found));
    };
    let sql = "SELECT project, completed_at IS NOT NULL FROM registrations WHERE bro_id = ?1";
    let known: Option<(String, bool)> = tx.query_row(sql, [bro_id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(match known {
        Some((project, _)) if project != delivery.project => {
            Object::Refused(format!("Het object {bro_id} hoort niet bij de bronhouder van dit project."))
        }
        Some((_, true)) if sent.kind == "registrationRequest" => {
            Object::Refused(format!("De registratie van {bro_id} is voltooid: er kan niets aan toegevoegd worden."))
        }
        _ => Object::Known(Some(bro_id.clone())),
    })
}

fn keep(
    tx: &Transaction<'_>,
    delivery: &Delivery,
    sent: &Sent,
    (bro_id, transaction): (Option<&str>, &str),
    at: i64,
) -> Result<(), Failure> {
    if sent.begins_object() {
        let sql = "INSERT INTO registrations (bro_id, domain, project, organisation, accountable_party, object_id, quality_regime,
                registered_at, changed_at, last_transaction)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9)";
        let (project, organisation) = (&delivery.project, &delivery.organisation);
        let row = params![
            bro_id,
            sent.domain,
            project,
            organisation,
            sent.accountable_party,
            sent.object_id,
            sent.quality_regime,
            at,
            transaction
        ];
        tx.execute(sql, row)?;
        return Ok(());
    }
    let completed = match (sent.completes(), sent.kind.as_str()) {
        (true, "deleteRequest") => "NULL",
        (true, "registrationRequest") => "?2",
        _ => "completed_at",
    };
    let sql = format!("UPDATE registrations SET changed_at = ?2, last_transaction = ?3, completed_at = {completed} WHERE bro_id = ?1");
    tx.execute(&sql, params![bro_id, at, transaction])?;
    Ok(())
}

/// The next number of its kind in a register: from 1 on, each exactly once, as it is raised in the transaction that uses it.
fn next_number(tx: &Transaction<'_>, kind: &str, domain: &str) -> Result<i64, Failure> {
    let sql = "INSERT INTO numbers (name, last) VALUES (?1, 1) ON CONFLICT (name) DO UPDATE SET last = last + 1 RETURNING last";
    Ok(tx.query_row(sql, [format!("{kind}:{domain}")], |row| row.get(0))?)
}
