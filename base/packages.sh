#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Install the Debian packages of a list that are missing; say which when not root.
# Arguments: the list, packages of it that are not needed this time.
set -eu

list=$1
shift
log=${TMPDIR:-/tmp}/packages.$$

command -v dpkg-query >/dev/null || {
	echo "packages: not a Debian system; what $list lists must be installed" >&2
	exit 0
}

installed=" $(dpkg-query -W -f '${db:Status-Abbrev}${Package} ' 2>/dev/null) "
missing=
for package in $(sed 's/#.*//' "$list"); do
	case " $* " in *" $package "*) continue ;; esac
	case "$installed" in *" ii $package "*) continue ;; esac
	missing="$missing $package"
done
[ -n "$missing" ] || exit 0

command="apt-get install --no-install-recommends --yes$missing"
if [ "$(id -u)" -ne 0 ]; then
	echo "packages: missing; run this as root, then try again:" >&2
	echo "    $command" >&2
	exit 1
fi

echo "packages: installing$missing"
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
# The lists of a fresh machine are empty and those of an old one name files that are gone.
if ! $command >"$log" 2>&1 </dev/null; then
	if ! { apt-get update && $command; } >"$log" 2>&1 </dev/null; then
		tail -n 20 "$log" >&2
		echo "packages: '$command' failed" >&2
		exit 1
	fi
fi
