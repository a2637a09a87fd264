#!/bin/sh
# What the tests of the shared store need from the system: PostgreSQL with PostGIS.
set -eu
for control in /usr/share/postgresql/*/extension/postgis.control /usr/share/pgsql/extension/postgis.control; do
    [ ! -e "$control" ] || exit 0
done
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests of the PostGIS store need PostgreSQL with PostGIS. Install them (Debian: apt-get install postgresql postgresql-postgis) and run again." >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# the tests start a server of their own: the package need not set up one beside it
conf=/etc/postgresql-common/createcluster.d/atlas-tests.conf
mkdir -p "${conf%/*}"
echo "create_main_cluster = false" > "$conf"
trap 'rm -f "$conf"' EXIT
apt-get install -y -qq postgresql postgresql-postgis >/dev/null
