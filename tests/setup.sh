#!/usr/bin/env bash
# Installs the Debian packages that are missing, and says which. Elsewhere it says what to install.
#   tests/setup.sh [build] [test] [cross-arm64]
set -euo pipefail

# FFmpeg is no part of the build: the recorder runs it for codecs that it does not decode itself.
build=(build-essential pkg-config cmake libasound2-dev ffmpeg)
# Test servers and phones; baresip, SIPp and Kamailio make the fixtures anew and call live in a test. faketime is a box on another day,
# poppler-utils reads what a page prints, systemd-container boots the units in a machine of their own.
test=(postgresql chromium tcpdump iproute2 ethtool baresip-core flite sox libasound2-plugins python3 python3-venv strace
  openssl faketime poppler-utils systemd systemd-container golang-go golang-golang-x-mod-dev golang-golang-x-crypto-dev golang-golang-x-xerrors-dev)
# What builds the package of an arm64 board elsewhere, and runs its program.
cross_arm64=(gcc-aarch64-linux-gnu g++-aarch64-linux-gnu libc6-dev-arm64-cross libasound2-dev:arm64 qemu-user-static)

wanted=()
for group in "$@"; do
  declare -n packages=${group/-/_}
  wanted+=("${packages[@]}")
done

for tool in cargo node npm; do
  command -v "$tool" >/dev/null || { echo "assay: '$tool' is missing: install a Rust toolchain (rustup.rs) and Node.js 20 or newer" >&2; exit 1; }
done

if ! command -v dpkg-query >/dev/null; then
  echo "assay: this is no Debian. Make sure that these are installed, under your system's names: ${wanted[*]}" >&2
  exit 0
fi

missing=()
for package in "${wanted[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "assay: installing ${missing[*]}"
root=()
[ "$(id -u)" -eq 0 ] || root=(sudo)
# Servers that come along must not start by themselves.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
  "${root[@]}" chmod +x "$policy"
  trap '"${root[@]}" rm -f "$policy"' EXIT
fi
case " ${missing[*]} " in *:arm64*) "${root[@]}" dpkg --add-architecture arm64 ;; esac
"${root[@]}" apt-get update -q
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
