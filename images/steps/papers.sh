#!/usr/bin/env bash
# What goes with an image: bill of materials (CycloneDX), licence texts, sizes.
source "$(dirname "$0")/../common.sh"

tree=$work/tree
papers=$output/hall24-$ARCH
rm -rf "$papers"
mkdir -p "$papers"

# Debian's packages that are still there, and the crates of our programs for this machine.
{ entries "$images/packages/purged.list"; printf '%s\n' perl-base dpkg; } >"$work/purged"
awk -F'\t' 'NR == FNR { purged[$1]; next } !($1 in purged)' "$work/purged" "$work/packages.tsv" \
  | LC_ALL=C sort >"$papers/packages.tsv"
cd "$project"
for package in kiosk hall24-notice; do
  cargo tree --locked --package "$package" --no-default-features --edges normal --target "$rust_target" \
    --prefix none --format '{p}|{l}'
done | sed -e 's/ (\*)//' -e 's/ (proc-macro)//' | grep -v '(/' | LC_ALL=C sort -u >"$work/crates"

jq --null-input --rawfile packages "$papers/packages.tsv" --rawfile crates "$work/crates" \
  --arg version "$HALL24_VERSION" --arg arch "$ARCH" --arg serial "$(uuid_of "sbom $HALL24_VERSION $ARCH")" \
  --arg time "$(date --utc --date="@$SOURCE_DATE_EPOCH" +%FT%TZ)" '
  def lines: split("\n") | map(select(length > 0));
  { bomFormat: "CycloneDX", specVersion: "1.5", serialNumber: "urn:uuid:\($serial)", version: 1,
    metadata: { timestamp: $time,
      component: { type: "operating-system", name: "hall24", version: $version, "bom-ref": "hall24" } },
    components:
      ([ $packages | lines[] | split("\t") | { type: "library", name: .[0], version: .[1],
           purl: "pkg:deb/debian/\(.[0])@\(.[1] | @uri)?arch=\(.[2])&distro=bookworm" } ]
     + [ $crates | lines[] | capture("^(?<name>[^ ]+) v(?<version>[^|]+)[|](?<licence>.*)$")
         | { type: "library", name, version, purl: "pkg:cargo/\(.name)@\(.version)",
             licenses: (if .licence == "" then [] else [{ expression: (.licence | gsub("/"; " OR ")) }] end) } ])
  }' >"$papers/sbom.cdx.json"

say "gathering licence texts"
mkdir -p "$papers/licences/debian" "$papers/licences/crates"
for text in "$tree"/usr/share/doc/*/copyright; do
  cp -L "$text" "$papers/licences/debian/$(basename "$(dirname "$text")")" 2>/dev/null || true
done
cp -rL "$tree/usr/share/common-licenses" "$papers/licences/debian-common"
while IFS='|' read -r crate _; do
  name=${crate% v*}-${crate##* v}
  find "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/"$name" -maxdepth 1 -type f \
    \( -iname 'licen[cs]e*' -o -iname 'copying*' -o -iname 'notice*' \) 2>/dev/null | sort | while read -r text; do
    install -D -m 644 "$text" "$papers/licences/crates/$name/$(basename "$text")"
  done
done <"$work/crates"
tar --create --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --directory "$papers" licences \
  | zstd --quiet -10 -o "$papers/licences.tar.zst"
rm -rf "$papers/licences"

{
  echo "Hall24 $HALL24_VERSION, $ARCH; sizes in bytes"
  printf '%12s  %s\n' "$(stat --format=%s "$work/root.squashfs")" "root with its verity tree" \
    "$(stat --format=%s "$work/vmlinuz")" "kernel" "$(stat --format=%s "$work/initrd")" "initial RAM disk"
  [ ! -f "$output/hall24-$ARCH.img" ] || printf '%12s  %s\n' "$(stat --format=%s "$output/hall24-$ARCH.img")" "disk image" \
    "$(du --block-size=1 "$output/hall24-$ARCH.img" | cut -f1)" "disk image, what is not empty of it"
  [ ! -f "$output/hall24-$ARCH.raucb" ] || printf '%12s  %s\n' "$(stat --format=%s "$output/hall24-$ARCH.raucb")" "update"
  echo
  echo "The largest folders and files of the root, uncompressed:"
  (cd "$tree" && du --block-size=1 --all . | sort -rn | sed -n '2,60p' | sed 's/\t\./  /')
} >"$papers/sizes.txt"
