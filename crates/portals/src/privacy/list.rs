//! A page of rows of one workspace, in the shape of the published paged lists.

use rusqlite::types::Value as Sql;
use rusqlite::{Row, Transaction, params_from_iter};
use serde_json::{Value, json};

use super::answer::Failure;
use super::query::Listing;

/// Rows of a table.
pub(super) struct Rows {
    pub(super) table: &'static str,
    pub(super) columns: &'static str,
    /// The column that each name sorts by.
    pub(super) order: &'static [(&'static str, &'static str)],
    filter: String,
    values: Vec<Sql>,
}

impl Rows {
    /// The rows of a workspace.
    pub(super) fn of(workspace: i32, table: &'static str, columns: &'static str, order: &'static [(&'static str, &'static str)]) -> Self {
        Self { table, columns, order, filter: "workspace = ?1".to_owned(), values: vec![i64::from(workspace).into()] }
    }

    /// Only those whose column has this value.
    pub(super) fn with(mut self, column: &'static str, value: Option<impl Into<Sql>>) -> Self {
        if let Some(value) = value {
            self.values.push(value.into());
            self.filter.push_str(&format!(" AND {column} = ?{}", self.values.len()));
        }
        self
    }

    /// Only those whose label holds this text.
    pub(super) fn holding(mut self, text: Option<&str>) -> Self {
        if let Some(text) = text {
            self.values.push(text.to_owned().into());
            self.filter.push_str(&format!(" AND instr(folded, ?{}) > 0", self.values.len()));
        }
        self
    }

    /// The page that is asked for.
    pub(super) fn page(
        self,
        tx: &Transaction<'_>,
        listing: &Listing,
        read: fn(&Row<'_>) -> rusqlite::Result<Value>,
    ) -> Result<Value, Failure> {
        let Self { table, columns, order, filter, mut values } = self;
        let sql = format!("SELECT count(*) FROM {table} WHERE {filter}");
        let total: i64 = tx.query_row(&sql, params_from_iter(&values), |row| row.get(0))?;
        let column = order.iter().find(|(name, _)| *name == listing.sort_by).map_or("id", |(_, column)| column);
        let direction = if listing.ascending { "ASC" } else { "DESC" };
        let first = values.len() + 1;
        let sql = format!(
            "SELECT {columns} FROM {table} WHERE {filter} ORDER BY {column} {direction}, id {direction} LIMIT ?{first} OFFSET ?{}",
            first + 1
        );
        values.extend([Sql::from(listing.size), Sql::from(listing.offset)]);
        let rows = tx.prepare_cached(&sql)?.query_map(params_from_iter(&values), read)?.collect::<rusqlite::Result<Vec<Value>>>()?;
        Ok(json!({ "items": rows, "total": total, "size": listing.size, "page": listing.page }))
    }
}
