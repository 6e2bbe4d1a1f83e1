//! `poort backup` and `poort restore`, on the server's own machine.

use std::fs::{File, OpenOptions};
use std::io::BufWriter;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use authority::after_restore;
use store::backup::{BackupError, Header, Making, Restored, Restoring, Since, Summary, verify};
use store::sealing::MasterKey;
use store::{Options, Store};

use crate::cli::local::{BackupArgs, RestoreArgs};
use crate::cli::texts::{Language, Text};
use crate::config::Config;
use crate::local::say;
use crate::node::{StartError, System, operator_token_file, options};
use crate::{alone, keys, node, serve};

/// How much of a fingerprint is shown.
const SHOWN: usize = 16;

/// `poort backup`.
pub(crate) async fn back_up(config: Config, args: BackupArgs, language: Language) -> Result<(), StartError> {
    let told = Told { language, file: &args.file, key: keys::master_key_file(&config) };
    if args.verify {
        return told.look(keys::load(&config).ok().as_ref());
    }
    if args.file.exists() {
        return Err(told.problem(Text::BackupExists, &[]));
    }
    let since = args.ended_since.as_deref().map(|backup| verify(backup, None)).transpose();
    let since = since.map_err(|error| told.failed(error))?.map(|backup| backup.header);
    let master = keys::load(&config)?;
    let (store, is_final) = open(&config, since.is_some()).await?;
    let making = Making { master, made_at: System::of_this_machine().clock.now(), since, is_final };
    let made = write(&store, &args.file, making).await;
    store.close().await?;
    told.made(&made.map_err(|error| told.failed(error))?);
    Ok(())
}

/// `poort restore`.
pub(crate) async fn restore(config: Config, args: RestoreArgs, language: Language) -> Result<(), StartError> {
    let Some(file) = args.file else { return Ok(()) };
    let told = Told { language, file: &file, key: keys::master_key_file(&config) };
    let header = verify(&file, None).map_err(|error| told.failed(error))?.header;
    let master = match keys::load(&config) {
        Err(StartError::File { cause, .. }) if cause.kind() == std::io::ErrorKind::NotFound => {
            return Err(told.problem(Text::RestoreNoKey, &[("fingerprint", short(&header.master_key))]));
        }
        loaded => loaded?,
    };
    let system = System::of_this_machine();
    node::make_private_folder(&config.data)?;
    let store = Store::open(options(&config)?).await?;
    if !store.is_empty().await.map_err(|error| told.failed(error))? {
        if !args.replace {
            return Err(told.failed(BackupError::NotEmpty));
        }
        alone::nobody_else(&store).await?;
    }
    let mut number = [0; 8];
    system.entropy.fill(&mut number)?;
    let incarnation = i64::from_le_bytes(number).max(1);
    let by = system.context()?.by();
    let restoring = Restoring { file: file.clone(), master, ended: args.ended, replace: args.replace, incarnation };
    let restored = store.restore(restoring, move |tx, past| Box::pin(async move { after_restore(tx, past, &by).await })).await;
    store.close().await?;
    drop(store);
    let restored = restored.map_err(|error| told.failed(error))?;
    told.restored(&restored);
    if !matches!(restored.past.since, Since::All(_)) {
        serve::make_operator_token(&config, &system).await?;
        told.say(Text::RestoreOperator, &[("file", operator_token_file(&config).display().to_string())]);
    }
    Ok(())
}

/// Opens the database beside whoever uses it. For endings, says whether nobody does.
async fn open(config: &Config, for_endings: bool) -> Result<(Store, bool), StartError> {
    let beside = Options { exclusive: false, ..options(config)? };
    if let store::DatabaseUrl::Sqlite(path) = &beside.url
        && !path.exists()
    {
        return Err(StartError::Configuration(format!("there is no database {}", path.display())));
    }
    if for_endings && let Ok(store) = Store::open(Options { exclusive: true, ..beside.clone() }).await {
        let alone = alone::nobody_else(&store).await.is_ok();
        return Ok((store, alone));
    }
    Ok((Store::open(beside).await?, false))
}

/// Writes under another name first, so that a file of this name is always a whole one.
async fn write(store: &Store, path: &Path, making: Making) -> Result<Summary, BackupError> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = Part(PathBuf::from(name));
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part.0)?;
    let written = file.try_clone()?;
    let made = store.back_up(BufWriter::with_capacity(1 << 16, file), making).await?;
    written.sync_all()?;
    // Fails where somebody made a file of this name meanwhile.
    std::fs::hard_link(&part.0, path).or_else(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Err(error),
        // Not every file system has links.
        _ => std::fs::rename(&part.0, path),
    })?;
    drop(part);
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()?;
    Ok(made)
}

/// The name under which a file is written; gone afterwards, whatever became of it.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What is said to whoever runs the command.
struct Told<'a> {
    language: Language,
    file: &'a Path,
    key: PathBuf,
}

impl Told<'_> {
    fn look(&self, master: Option<&MasterKey>) -> Result<(), StartError> {
        let summary = verify(self.file, master).map_err(|error| self.failed(error))?;
        let Header { made_at, program, sequence, master_key, .. } = &summary.header;
        let values =
            [("at", made_at.to_string()), ("program", program.clone()), ("rows", rows(&summary)), ("sequence", sequence.0.to_string())];
        self.say(Text::BackupWhole, &values);
        for (table, rows) in &summary.tables {
            say(&format!("  {table}\t{rows}"));
        }
        let sealed = if summary.sealed_by_us { Text::BackupSealed } else { Text::BackupUnsealed };
        self.say(sealed, &[("fingerprint", short(master_key))]);
        Ok(())
    }

    fn made(&self, summary: &Summary) {
        let Header { sequence, entry, is_final, kind, .. } = &summary.header;
        if *kind == store::backup::Kind::Backup {
            let values = [("rows", rows(summary)), ("sequence", sequence.0.to_string())];
            return self.say(Text::BackupMade, &values);
        }
        let since = entry.as_ref().map_or(0, |entry| entry.sequence.0);
        self.say(Text::EndedMade, &[("rows", (sequence.0 - since).to_string())]);
        if !is_final {
            self.say(Text::EndedNotFinal, &[]);
        }
    }

    fn restored(&self, restored: &Restored) {
        let Header { made_at, sequence, .. } = &restored.past.header;
        let values = [("rows", restored.rows.to_string()), ("at", made_at.to_string()), ("sequence", sequence.0.to_string())];
        self.say(Text::RestoreDone, &values);
        match &restored.past.since {
            Since::All(entries) => self.say(Text::RestoreEnded, &[("count", entries.len().to_string())]),
            Since::Partly(entries) => {
                self.say(Text::RestorePartly, &[("count", entries.len().to_string())]);
                self.say(Text::RestoreFenced, &[]);
            }
            Since::Unknown => self.say(Text::RestoreFenced, &[]),
        }
    }

    fn failed(&self, error: BackupError) -> StartError {
        match error {
            BackupError::Store(error) => StartError::Store(error),
            BackupError::NotEmpty => self.problem(Text::RestoreNotEmpty, &[]),
            BackupError::OtherMasterKey { wanted, given } => {
                self.problem(Text::RestoreOtherKey, &[("fingerprint", short(&wanted)), ("given", short(&given))])
            }
            BackupError::File(error) => self.problem(Text::BackupUnwritable, &[("cause", error.to_string())]),
            other => self.problem(Text::BackupDamaged, &[("cause", other.to_string())]),
        }
    }

    fn problem(&self, text: Text, values: &[(&'static str, String)]) -> StartError {
        StartError::Configuration(self.fill(text, values))
    }

    fn say(&self, text: Text, values: &[(&'static str, String)]) {
        say(&self.fill(text, values));
    }

    fn fill(&self, text: Text, values: &[(&'static str, String)]) -> String {
        let places = [("file", self.file.display().to_string()), ("key", self.key.display().to_string())];
        text.filled(self.language, &[values, &places].concat())
    }
}

fn rows(summary: &Summary) -> String {
    summary.tables.iter().map(|(_, rows)| rows).sum::<u64>().to_string()
}

fn short(fingerprint: &str) -> String {
    fingerprint.chars().take(SHOWN).collect()
}
