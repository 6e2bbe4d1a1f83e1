//! How far an import is: a bar for whoever watches, a line for each tenth otherwise.

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use super::{Attempt, Text};
use crate::cli::screen::Screen;

/// Tells how far an import is.
pub(super) enum Progress {
    /// Moves on a terminal.
    Bar(ProgressBar),
    /// A line for each tenth; `told` is the last one.
    Lines {
        /// How many lines there are.
        total: u64,
        /// The last tenth that was told.
        told: u64,
    },
    /// The end is not known and nobody watches.
    Silent,
}

impl Progress {
    /// Begins at `line` of `total`.
    pub(super) fn new(total: Option<u64>, line: u64, screen: &Screen) -> Self {
        match total {
            Some(total) if screen.streams.errors_are_terminal => {
                let bar = ProgressBar::new(total).with_position(line);
                let style = ProgressStyle::with_template("{msg}  {bar:20.█░░} {percent} %  {pos}/{len}  {rate}/s  {eta}");
                if let Ok(style) = style {
                    let rate = |state: &ProgressState, words: &mut dyn std::fmt::Write| {
                        // A bar has nobody to tell that it cannot be written.
                        let _ = write!(words, "{:.0}", state.per_sec());
                    };
                    bar.set_style(style.with_key("rate", rate));
                }
                bar.set_message(Text::ImportTitle.of(screen.reader.language));
                Self::Bar(bar)
            }
            Some(total) => Self::Lines { total, told: line * 10 / total.max(1) },
            None => Self::Silent,
        }
    }

    /// It is at `line`.
    pub(super) fn reach(&mut self, line: u64, screen: &mut Screen) -> Attempt<()> {
        match self {
            Self::Bar(bar) => bar.set_position(line),
            Self::Lines { total, told } if line * 10 / (*total).max(1) > *told => {
                *told = line * 10 / (*total).max(1);
                let title = Text::ImportTitle.of(screen.reader.language).to_owned();
                let values =
                    [("title", title), ("percent", (*told * 10).to_string()), ("done", line.to_string()), ("total", total.to_string())];
                screen.tell(Text::ImportPart, &values)?;
            }
            Self::Lines { .. } | Self::Silent => {}
        }
        Ok(())
    }

    /// Leaves the terminal to what follows.
    pub(super) fn end(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
