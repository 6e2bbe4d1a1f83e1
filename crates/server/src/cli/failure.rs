//! Why a command did not do what was asked: what, what to do, and the request's number.

use super::exit::Exit;
use super::screen::visible;
use super::texts::{Language, Text};

/// A sentence in the language of whoever reads it, or one that the server wrote.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// One of our texts, with the values of its `{places}`.
    Ours(Text, Vec<(&'static str, String)>),
    /// The server's own words.
    Verbatim(String),
}

impl Message {
    /// The sentence.
    pub(crate) fn in_language(&self, language: Language) -> String {
        match self {
            Self::Ours(text, values) => text.filled(language, values),
            Self::Verbatim(words) => words.clone(),
        }
    }
}

impl From<Text> for Message {
    fn from(text: Text) -> Self {
        Self::Ours(text, Vec::new())
    }
}

/// A command's failure.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    /// How the command ends.
    pub(crate) exit: Exit,
    words: Box<Words>,
}

#[derive(Debug, Clone)]
struct Words {
    what: Message,
    cause: Option<Message>,
    details: Vec<String>,
    todo: Option<Message>,
    request: Option<String>,
}

/// The result of a command or a step of it.
pub(crate) type Attempt<T> = Result<T, Failure>;

impl Failure {
    /// A failure that ends in this way.
    pub(crate) fn new(exit: Exit, what: impl Into<Message>) -> Self {
        let todo = exit.todo().map(Message::from);
        Self { exit, words: Box::new(Words { what: what.into(), cause: None, details: Vec::new(), todo, request: None }) }
    }

    /// The same with one value filled in.
    pub(crate) fn with(exit: Exit, text: Text, place: &'static str, value: impl ToString) -> Self {
        Self::new(exit, Message::Ours(text, vec![(place, value.to_string())]))
    }

    /// Says what to do.
    pub(crate) fn and(mut self, todo: impl Into<Message>) -> Self {
        self.words.todo = Some(todo.into());
        self
    }

    /// Adds lines between what and what to do.
    pub(crate) fn details(mut self, details: Vec<String>) -> Self {
        self.words.details = details;
        self
    }

    /// Puts a larger failure around this one, whose words become a detail.
    pub(crate) fn within(mut self, exit: Exit, what: impl Into<Message>) -> Self {
        let cause = std::mem::replace(&mut self.words.what, what.into());
        self.words.cause = Some(cause);
        Self { exit, ..self }
    }

    /// Adds the number of the request.
    pub(crate) fn of_request(mut self, request: Option<String>) -> Self {
        self.words.request = request;
        self
    }

    /// What a person reads: what, details, what to do, the request's number; one a line.
    pub(crate) fn render(&self, language: Language) -> String {
        let mut lines = vec![format!("{} {}", Text::Error.of(language), visible(&self.words.what.in_language(language)))];
        lines.extend(self.words.cause.iter().map(|cause| format!("  {}", visible(&cause.in_language(language)))));
        lines.extend(self.words.details.iter().map(|detail| format!("  {}", visible(detail))));
        lines.extend(self.words.todo.as_ref().map(|todo| visible(&todo.in_language(language)).into_owned()));
        lines.extend(self.words.request.as_ref().map(|request| format!("{} {}", Text::RequestNumber.of(language), visible(request))));
        lines.join("\n") + "\n"
    }
}

impl From<std::io::Error> for Failure {
    /// A reader that has seen enough, as `head` has, is no failure: the command ends without a word.
    fn from(error: std::io::Error) -> Self {
        let exit = if error.kind() == std::io::ErrorKind::BrokenPipe { Exit::Ok } else { Exit::Failed };
        Self::with(exit, Text::WriteFailed, "cause", error)
    }
}
