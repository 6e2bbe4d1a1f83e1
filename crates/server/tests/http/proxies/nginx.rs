//! nginx's `auth_request`.

use super::process::Kind;

const KIND: Kind = Kind {
    program: "nginx",
    package: "the Debian package nginx",
    files: &["nginx.conf"],
    extra: &[(
        "main.conf",
        "daemon off;
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
    )],
    arguments: &["-p", "{folder}", "-e", "stderr", "-c", "{folder}/main.conf"],
    ready: None,
};

super::on!(KIND);
