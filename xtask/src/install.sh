# Installs the Debian packages named as arguments, and starts no service: neither now nor at the next boot.
set -eu
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    # invoke-rc.d and deb-systemd-invoke ask this file before they start anything; 101 is "not allowed".
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM HUP
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet
apt-get install --yes --quiet --no-install-recommends "$@"
if command -v systemctl >/dev/null 2>&1; then
    for package in "$@"; do
        case $package in
        nginx | caddy | haproxy | postgresql) systemctl disable --quiet "$package.service" || true ;;
        esac
    done
fi
