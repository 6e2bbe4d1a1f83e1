//! What is refused before anything is changed.

use super::*;

use std::os::unix::fs::PermissionsExt as _;

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_cannot_be_right_changes_nothing() {
    let world = World::start();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let there = world.installation(engine).await;
        let server = there.serve().await;
        let person = server.person("ann", &server.organisation("Acme").await).await;
        let token = server.token(&person, "a token").await;
        let file = world.path(&format!("{engine:?}"));
        there.back_up(&file);
        assert_eq!(std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
        let refuse = |installation: &Installation, arguments: &[&str], why: &str| {
            let done = installation.run(arguments);
            assert!(done.code == 1 && done.errors.contains(why), "{arguments:?}: {why}: {done:?}");
        };
        refuse(&there, &["backup", text(&file)], "exists already");
        let running = if engine == Engine::Sqlite { "another server is running" } else { "stop the servers first" };
        refuse(&there, &["restore", text(&file), "--replace"], running);
        let whole = std::fs::read(&file).expect("read");
        for (name, content) in [("cut", &whole[..whole.len() / 2]), ("empty", b"".as_slice()), ("foreign", b"PGDMP\x01\x0e".as_slice())] {
            let bad = world.path(&format!("{engine:?}-{name}"));
            std::fs::write(&bad, content).expect("written");
            refuse(&there, &["restore", text(&bad), "--replace"], "cannot be used");
            refuse(&there, &["backup", "--verify", text(&bad)], "cannot be used");
        }
        let mut changed = whole.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        let bad = world.path(&format!("{engine:?}-changed"));
        std::fs::write(&bad, changed).expect("written");
        refuse(&there, &["restore", text(&bad), "--replace"], "cannot be used");
        refuse(&there, &["restore", text(&bad), "--replace", "--lang", "nl"], "niet te gebruiken");
        assert_eq!(server.whoami(&token.secret).await, 200, "the server went on all the while");
        server.stop();
        refuse(&there, &["restore", text(&file)], "not empty");

        let mut keyless = world.installation(engine).await;
        keyless.key = world.path(&format!("{engine:?}-key"));
        refuse(&keyless, &["restore", text(&file)], "there is no master key");
        std::fs::write(&keyless.key, [9; 32]).expect("written");
        std::fs::set_permissions(&keyless.key, std::fs::Permissions::from_mode(0o600)).expect("closed");
        refuse(&keyless, &["restore", text(&file)], "is another one");
        assert!(keyless.went_well(&["backup", "--verify", text(&file)]).contains("which is not here"));
        keyless.key = there.key.clone();
        assert!(keyless.went_well(&["backup", "--verify", text(&file)]).contains("the right one"));
        keyless.went_well(&["restore", text(&file)]);
        let server = there.serve().await;
        assert_eq!(server.whoami(&token.secret).await, 200, "nothing was changed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_another_master_key_does_not_start() {
    let world = World::start();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let mut there = world.installation(engine).await;
        there.serve().await.stop();
        there.key = world.path(&format!("{engine:?}-key"));
        let serve = || ["serve", "--listen", "127.0.0.1:0"];
        let missing = there.run(&serve());
        assert!(missing.code == 1 && missing.errors.contains("No such file"), "a key is not made for a database that has one: {missing:?}");
        std::fs::write(&there.key, [9; 32]).expect("written");
        let open = there.run(&serve());
        assert!(open.code == 1 && open.errors.contains("0600"), "{open:?}");
        std::fs::set_permissions(&there.key, std::fs::Permissions::from_mode(0o600)).expect("closed");
        let other = there.run(&serve());
        assert!(other.code == 1 && other.errors.contains("another master key"), "{other:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_master_key_may_be_a_credential_of_systemd() {
    let world = World::start();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let there = world.installation(engine).await;
        let folder = world.path(&format!("credentials-{engine:?}"));
        std::fs::create_dir(&folder).expect("a folder");
        let credential = folder.join("poort-master-key");
        std::fs::write(&credential, [5; 32]).expect("written");
        // As systemd leaves it: the bits of the group stand for an access list.
        std::fs::set_permissions(&credential, std::fs::Permissions::from_mode(0o440)).expect("as systemd does");
        let run = |folder: &Path, arguments: &[&str]| {
            let mut command = there.command(arguments);
            command.env_remove("POORT_MASTER_KEY_FILE").env("CREDENTIALS_DIRECTORY", folder);
            command.output().expect("the program")
        };
        let file = world.path(&format!("backup-{engine:?}"));
        assert!(run(&folder, &["recover-operator"]).status.success());
        assert!(!there.data.join("master-key").exists());
        assert!(run(&folder, &["backup", text(&file)]).status.success());
        let looked = String::from_utf8(run(&folder, &["doctor"]).stdout).expect("UTF-8");
        assert!(looked.contains("good  master key file"), "{looked}");
        let rotated = run(&folder, &["master-key", "rotate"]);
        assert!(!rotated.status.success() && String::from_utf8_lossy(&rotated.stderr).contains("systemd"), "{rotated:?}");
        let other = world.path(&format!("other-credentials-{engine:?}"));
        std::fs::create_dir(&other).expect("a folder");
        std::fs::write(other.join("poort-master-key"), [6; 32]).expect("written");
        std::fs::set_permissions(other.join("poort-master-key"), std::fs::Permissions::from_mode(0o400)).expect("closed");
        let refused = run(&other, &["recover-operator"]);
        assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("another master key"), "{refused:?}");
    }
}
