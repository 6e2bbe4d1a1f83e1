//! What most pages for operators are: facts, tables, and where one goes on from them.

use askama::Template;

use crate::console::moment::Moment;
use crate::console::page::{Frame, Link};
use crate::console::visit::{Answer, Visit};

/// A page of facts and tables.
#[derive(Template)]
#[template(path = "console/operator/sheet.html")]
pub(super) struct Sheet {
    /// The frame.
    pub(super) frame: Frame,
    /// What stands above all: that somebody looks at what is another's.
    pub(super) banner: Option<String>,
    /// What must be looked after.
    pub(super) warnings: Vec<String>,
    /// What the page is about.
    pub(super) about: String,
    /// Facts: name and value.
    pub(super) facts: Vec<(String, Cell)>,
    /// Tables.
    pub(super) tables: Vec<Table>,
    /// Where one goes on.
    pub(super) links: Vec<Link>,
}

/// A table.
pub(super) struct Table {
    /// Its heading.
    pub(super) heading: String,
    /// More about it.
    pub(super) about: String,
    /// The headings of its columns.
    pub(super) heads: Vec<String>,
    /// Its rows, with a cell for each column.
    pub(super) rows: Vec<Vec<Cell>>,
    /// What stands there without rows.
    pub(super) nothing: String,
    /// The next rows, and what that link says.
    pub(super) next: Option<Link>,
}

/// A cell.
#[derive(Debug, Clone, Default)]
pub(super) struct Cell {
    /// What it says.
    pub(super) text: String,
    /// A moment, instead.
    pub(super) moment: Option<Moment>,
    /// Where it leads.
    pub(super) href: Option<String>,
    /// Whether it says that something is well.
    pub(super) is_good: bool,
    /// Whether it says that something must be looked after.
    pub(super) is_warning: bool,
    /// Said beside it, smaller.
    pub(super) small: String,
    /// Whether it is a name for programs.
    pub(super) is_code: bool,
}

impl Cell {
    /// A text.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A text, or a dash for none.
    pub(super) fn maybe(text: Option<impl Into<String>>) -> Self {
        text.map_or_else(Self::none, Self::text)
    }

    /// Nothing to say.
    pub(super) fn none() -> Self {
        Self::text("–")
    }

    /// A name for programs.
    pub(super) fn code(text: impl Into<String>) -> Self {
        Self { is_code: true, ..Self::text(text) }
    }

    /// A link.
    pub(super) fn link(href: String, text: impl Into<String>) -> Self {
        Self { href: Some(href), ..Self::text(text) }
    }

    /// A moment.
    pub(super) fn moment(moment: Moment) -> Self {
        Self { moment: Some(moment), ..Self::default() }
    }

    /// What is well.
    pub(super) fn good(text: impl Into<String>) -> Self {
        Self { is_good: true, ..Self::text(text) }
    }

    /// What must be looked after.
    pub(super) fn warn(text: impl Into<String>) -> Self {
        Self { is_warning: true, ..Self::text(text) }
    }

    /// With more beside it.
    pub(super) fn small(self, small: impl Into<String>) -> Self {
        Self { small: small.into(), ..self }
    }
}

impl Sheet {
    /// The page.
    pub(super) fn show(&self, visit: &Visit) -> Answer {
        visit.page(self)
    }

    /// A page with nothing but its frame.
    pub(super) fn of(frame: Frame) -> Self {
        let (facts, tables, links) = (Vec::new(), Vec::new(), Vec::new());
        Self { frame, banner: None, warnings: Vec::new(), about: String::new(), facts, tables, links }
    }
}
