//! The command line as a whole, against canned answers.

mod announcements;
mod fake;
mod forms;
mod import;
mod organisations;
mod outcomes;
mod surface;
