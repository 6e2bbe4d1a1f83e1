//! nginx's `auth_request`.

use super::process::Kind;

/// What includes the configuration `nginx.conf`, with modules where there are some.
pub(super) const MAIN: (&str, &str) = (
    "main.conf",
    "include {folder}/modules.con[f];
daemon off;
master_process off;
pid {folder}/pid;
error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/nginx.conf;
}
",
);
pub(super) const ARGUMENTS: &[&str] = &["-p", "{folder}", "-e", "stderr", "-c", "{folder}/main.conf"];

const KIND: Kind = Kind {
    program: "nginx",
    package: "the Debian package nginx",
    files: &["nginx.conf"],
    extra: &[MAIN],
    arguments: ARGUMENTS,
    ready: None,
};

super::on!(KIND);
super::tells_of_changes!(KIND);
super::takes_access_tokens!(KIND, outage 500);
