#!/usr/bin/env bash
# A Debian package of the box from a program that is built: systemd/deb/build.sh PROGRAM ARCHITECTURE FOLDER [dpkg-deb's options…]
# Says the package's path. Needs dpkg-dev, and for another architecture its binutils and libraries.
set -euo pipefail
program=$(realpath "$1") architecture=$2 folder=$3
cd "$(dirname "$0")/../.."
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/debian/assay

install -Dm755 "$program" "$root/usr/bin/assay"
install -Dm644 -t "$root/usr/lib/systemd/system" systemd/assay*
install -Dm644 -t "$root/usr/lib/sysusers.d" systemd/sysusers.d/*.conf
# Only who runs the box in two halves puts it to work.
install -Dm644 -t "$root/usr/share/assay/tmpfiles.d" systemd/tmpfiles.d/*.conf
install -Dm644 -t "$root/usr/share/assay/checklists" config/checklists/*.toml
install -Dm644 config/assay.toml "$root/etc/assay/assay.toml"
install -Dm644 -t "$root/usr/share/doc/assay" README.md
install -Dm644 systemd/README.md "$root/usr/share/doc/assay/units.md"
install -Dm644 LICENSE "$root/usr/share/doc/assay/copyright"
gzip -9n <CHANGELOG.md >"$root/usr/share/doc/assay/changelog.gz"
chmod 644 "$root/usr/share/doc/assay/changelog.gz"

# Which libraries of which packages the program is linked to, dpkg says.
mkdir "$root/DEBIAN"
printf 'Source: assay\n\nPackage: assay\nArchitecture: any\n' >"$work/debian/control"
depends=$(cd "$work" && DEB_HOST_ARCH=$architecture dpkg-shlibdeps -O "$root/usr/bin/assay" | sed -n 's/^shlibs:Depends=//p')
[ -n "$depends" ] || { echo "assay: dpkg-shlibdeps found no libraries of $program" >&2; exit 1; }

cat >"$root/DEBIAN/control" <<END
Package: assay
Version: $version
Architecture: $architecture
Maintainer: Assay <assay@localhost>
Installed-Size: $(du -sk "$root" | cut -f1)
Depends: $depends, systemd
Recommends: ffmpeg
Section: comm
Priority: optional
Description: recorder and judge of telemarketing calls beside a phone system
 Taps the calls of a team off the wire (SIP, RTP), records them with the lead's
 data, lets an independent reviewer judge each lead that is claimed, and books
 the commission exactly once.
END
echo /etc/assay/assay.toml >"$root/DEBIAN/conffiles"
install -m755 systemd/deb/postinst systemd/deb/prerm systemd/deb/postrm "$root/DEBIAN/"
(cd "$root" && find etc usr -type f -exec md5sum {} + >DEBIAN/md5sums)
mkdir -p "$folder"
package=$folder/assay_${version}_$architecture.deb
dpkg-deb --root-owner-group "${@:4}" --build "$root" "$package" >/dev/null
echo "$package"
