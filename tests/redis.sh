#!/bin/sh
# What the tests of the shared cache need from the system: Redis, not run as a service.
set -eu
command -v redis-server >/dev/null && exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests of the shared cache want redis-server and are skipped without (Debian: apt-get install redis-server)." >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
none="redis-server cannot be installed: the tests of the shared cache are skipped."
apt-get update -qq || { echo "$none" >&2; exit 0; }
# the tests start a server of their own: no service beside it
policy=/usr/sbin/policy-rc.d
[ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' > "$policy" && chmod +x "$policy" && trap 'rm -f "$policy"' EXIT; }
apt-get install -y -qq redis-server >/dev/null || echo "$none" >&2
