#!/usr/bin/env bash
# Builds the Debian package of the agent, self-contained: the host needs no .NET runtime.
#
#   ./package.sh                       builds artifacts/package/connect-agent_VERSION_ARCHITECTURE.deb
#   PUBLISHED=DIR ./package.sh         takes a folder that is published already
#   VERSION=1.2.3 OUTPUT=DIR COMPRESSION=zstd MAINTAINER='Name <address>' ./package.sh
set -euo pipefail
cd "$(dirname "$0")"

architecture=$(dpkg --print-architecture)
case $architecture in
  amd64) runtime=linux-x64 ;;
  arm64) runtime=linux-arm64 ;;
  *) echo "there is no runtime for $architecture" >&2; exit 1 ;;
esac
output=$(mkdir -p "${OUTPUT:-artifacts/package}" && cd "${OUTPUT:-artifacts/package}" && pwd)
version=${VERSION:-$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' Directory.Build.props)}
published=${PUBLISHED:-$output/published}

if [ -z "${PUBLISHED:-}" ]; then
  rm -rf "$published"
  export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
  # Intermediate files of its own: they are of another runtime than those of the tests.
  dotnet publish src/ConnectAgent --configuration Release --runtime "$runtime" --self-contained -p:PublishReadyToRun=true -p:RunAnalyzers=false \
    --artifacts-path "$output/build" --output "$published"
fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
install -d "$root"/usr/lib/connect-agent "$root"/usr/bin "$root"/usr/share/doc/connect-agent/examples "$root"/DEBIAN
cp -r "$published"/. "$root"/usr/lib/connect-agent
# For tracing with LTTng alone; it would need its library.
rm -f "$root"/usr/lib/connect-agent/libcoreclrtraceptprovider.so "$root"/usr/lib/connect-agent/*.pdb "$root"/usr/lib/connect-agent/*.xml
rm -f "$root"/usr/lib/connect-agent/web.config "$root"/usr/lib/connect-agent/*.staticwebassets.endpoints.json
find "$root"/usr/lib/connect-agent -type d -exec chmod 755 {} + -o -type f -exec chmod 644 {} +
for program in connect-agent createdump; do
  [ ! -e "$root/usr/lib/connect-agent/$program" ] || chmod 755 "$root/usr/lib/connect-agent/$program"
done
ln -s ../lib/connect-agent/connect-agent "$root"/usr/bin/connect-agent

install -D -m 644 packaging/systemd/connect-agent.service "$root"/lib/systemd/system/connect-agent.service
install -D -m 644 packaging/sysusers.d/connect-agent.conf "$root"/usr/lib/sysusers.d/connect-agent.conf
install -D -m 644 packaging/tmpfiles.d/connect-agent.conf "$root"/usr/lib/tmpfiles.d/connect-agent.conf
install -D -m 644 packaging/etc/agent.json "$root"/etc/connect-agent/agent.json
install -m 644 packaging/systemd/identify-processes.conf "$root"/usr/share/doc/connect-agent/examples
install -d "$root"/usr/share/doc/connect-agent/{api,design}
install -m 644 docs/*.md "$root"/usr/share/doc/connect-agent
install -m 644 docs/api/*.md "$root"/usr/share/doc/connect-agent/api
install -m 644 docs/design/*.md "$root"/usr/share/doc/connect-agent/design
gzip -9n <CHANGELOG.md >"$root"/usr/share/doc/connect-agent/changelog.gz

# What the program is linked with, by Debian's own reckoning; OpenSSL is loaded while it runs, and no linker knows of it.
work=$(mktemp -d)
trap 'rm -rf "$root" "$work"' EXIT
install -d "$work"/debian
printf 'Source: connect-agent\n\nPackage: connect-agent\nArchitecture: any\n' >"$work"/debian/control
find "$root"/usr/lib/connect-agent -name runtimes -prune -o -type f \( -name '*.so' -o -name connect-agent -o -name createdump \) -printf '-e%p\0' |
  (cd "$work" && xargs -0 dpkg-shlibdeps -O --ignore-missing-info --warnings=0) >"$work"/depends
depends="$(sed -n 's/^shlibs:Depends=//p' "$work"/depends), libssl3t64 | libssl3, systemd"

size=$(du -sk --apparent-size "$root" | cut -f1)
sed -e "s|@VERSION@|$version|" -e "s|@ARCHITECTURE@|$architecture|" -e "s|@MAINTAINER@|${MAINTAINER:-ConnectAgent maintainers <root@localhost>}|" \
  -e "s|@SIZE@|$size|" -e "s/@DEPENDS@/$depends/" packaging/debian/control.in >"$root"/DEBIAN/control
install -m 644 packaging/debian/conffiles "$root"/DEBIAN
install -m 755 packaging/debian/{preinst,postinst,prerm,postrm} "$root"/DEBIAN
(cd "$root" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 md5sum) >"$root"/DEBIAN/md5sums

chmod 755 "$root"
package=$output/connect-agent_${version}_$architecture.deb
dpkg-deb --root-owner-group -Z"${COMPRESSION:-xz}" --build "$root" "$package"
