//! The master key and the server keys under it: opened at the start, rotated by command.

use std::path::PathBuf;
use std::time::Duration;

use authority::{KeyRing, KeySchedule};
use store::sealing::{MasterKey, SealingError};
use store::{Store, StoreError};

use crate::config::Config;
use crate::local::say;
use crate::node::{StartError, System, options};

/// The name of the systemd credential that is the master key.
const CREDENTIAL: &str = "poort-master-key";

/// The master key file: the configured one, or the systemd credential, or that of the data folder.
pub fn master_key_file(config: &Config) -> PathBuf {
    let credential = || config.credentials_directory.as_ref().map(|folder| folder.join(CREDENTIAL)).filter(|file| file.exists());
    config.master_key_file.clone().or_else(credential).unwrap_or_else(|| config.data.join("master-key"))
}

/// Whether systemd keeps the master key: then it is made and replaced elsewhere.
fn is_credential(config: &Config) -> bool {
    config.credentials_directory.as_ref().is_some_and(|folder| master_key_file(config).starts_with(folder))
}

/// The mode bits that the master key file must not have.
pub(crate) fn others(config: &Config) -> u32 {
    if is_credential(config) { 0o007 } else { 0o077 }
}

/// Reads the master key, which must be there.
pub(crate) fn load(config: &Config) -> Result<MasterKey, StartError> {
    let file = master_key_file(config);
    let key = if is_credential(config) { MasterKey::load_credential(&file) } else { MasterKey::load(&file) };
    key.map_err(|error| match error {
        SealingError::File(cause) => StartError::File { path: file, cause },
        other => told(other),
    })
}

/// Loads the master key, or makes it at the first start; a key other than the database's is refused. Then opens every
/// server key, so that a broken one is found at the start and not at its first use.
pub async fn open(store: &Store, config: &Config, system: &System) -> Result<KeyRing, StartError> {
    let master = load_or_create(store, config, system).await?;
    store.check_master_key(&master).await.map_err(told)?;
    let keys = KeyRing::new(master, schedule(config));
    keys.load(store).await.map_err(told)?;
    Ok(keys)
}

/// `poort master-key rotate`: encrypts every server key anew under the key in `new_file`, which is made if it is not there,
/// and puts that file in the old one's place. No server may be running.
pub async fn rotate(config: Config, new_file: Option<PathBuf>) -> Result<(), StartError> {
    let system = System::of_this_machine();
    let store = Store::open(options(&config)?).await?;
    store.migrate().await?;
    crate::alone::nobody_else(&store).await?;
    let old_file = master_key_file(&config);
    if is_credential(&config) {
        let how = "systemd keeps the master key: name it with master_key_file to rotate it, then put the new one in the credential's place";
        return Err(StartError::Configuration(how.to_owned()));
    }
    let new_file = new_file.unwrap_or_else(|| old_file.with_extension("new"));
    open(&store, &config, &system).await?;
    let old = load(&config)?;
    let new = MasterKey::load_or_create(&new_file, &*system.entropy).map_err(told)?;
    let context = system.context()?;
    let done = store.rotate_master_key(old, new, &*system.entropy, context.by()).await.map_err(told)?;
    // From here on the database knows the new key only: an interruption leaves its file under the new name.
    std::fs::rename(&new_file, &old_file).map_err(StartError::file(&new_file))?;
    store.close().await?;
    say(&format!("{} server keys are encrypted under the new master key in {}", done.value, old_file.display()));
    Ok(())
}

fn schedule(config: &Config) -> KeySchedule {
    let seconds = |seconds: u32| Duration::from_secs(seconds.into());
    KeySchedule {
        algorithms: config.signing_algorithms.iter().filter_map(|name| jose::Algorithm::parse(name)).collect(),
        replace_after: seconds(config.signing_key_days * 86_400),
        publish_ahead: seconds(config.signing_key_publish_seconds),
        keep_retired: seconds(config.signing_key_keep_seconds),
    }
}

async fn load_or_create(store: &Store, config: &Config, system: &System) -> Result<MasterKey, StartError> {
    let known = store.read(|reader| Box::pin(async move { reader.setting(store::setting::MASTER_KEY_FINGERPRINT).await })).await?;
    let file = master_key_file(config);
    if known.is_none() && !is_credential(config) && !file.exists() {
        return MasterKey::load_or_create(&file, &*system.entropy).map_err(|error| match error {
            SealingError::File(cause) => StartError::File { path: file, cause },
            other => told(other),
        });
    }
    load(config)
}

fn told(error: SealingError) -> StartError {
    match error {
        SealingError::Store(error) => StartError::Store(error),
        SealingError::Entropy(error) => StartError::Entropy(error),
        other => StartError::Configuration(other.to_string()),
    }
}

/// A node that cannot open a server key knows no better than one whose database is silent.
pub(crate) fn unopened(error: SealingError) -> StoreError {
    match error {
        SealingError::Store(error) => error,
        other => {
            tracing::error!(error = %other, "a server key cannot be opened");
            StoreError::silent()
        }
    }
}
