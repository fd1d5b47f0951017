#!/usr/bin/env bash
# What goes with an image: bill of materials (CycloneDX), licence texts, sizes.
source "$(dirname "$0")/../common.sh"

tree=$work/tree
papers=$output/hall24-$ARCH
rm -rf "$papers"
mkdir -p "$papers"

# Debian's packages that are still there, GRUB from this machine, and the crates of our programs, ours among them, with Rust's own library.
{ entries "$images/packages/purged.list"; printf '%s\n' perl-base dpkg; } >"$work/purged"
awk -F'\t' 'NR == FNR { purged[$1]; next } !($1 in purged)' "$work/purged" "$work/packages.tsv" \
  | LC_ALL=C sort >"$papers/packages.tsv"
cd "$project"
for package in kiosk hall24-notice; do
  cargo tree --locked --package "$package" --no-default-features --edges normal --target "$rust_target" \
    --prefix none --format '{p}|{l}'
done | sed -e 's/ (\*)//' -e 's/ (proc-macro)//' -e 's| (/[^)]*)|/ours|' | LC_ALL=C sort -u >"$work/crates"
boot_loader=grub-efi-${ARCH}-bin
printf '%s\t%s\t%s\tgrub2\n' "$boot_loader" "$(dpkg-query --show --showformat '${Version}' "$boot_loader:$ARCH" 2>/dev/null ||
  dpkg-query --show --showformat '${Version}' "$boot_loader")" "$ARCH" >>"$papers/packages.tsv"

jq --null-input --rawfile packages "$papers/packages.tsv" --rawfile crates "$work/crates" \
  --arg version "$HALL24_VERSION" --arg arch "$ARCH" --arg serial "$(uuid_of "sbom $HALL24_VERSION $ARCH")" \
  --arg rust "$("$(rustc_for_target)" --version | cut -d' ' -f2)" --arg time "$(date --utc --date="@$SOURCE_DATE_EPOCH" +%FT%TZ)" '
  def lines: split("\n") | map(select(length > 0));
  { bomFormat: "CycloneDX", specVersion: "1.5", serialNumber: "urn:uuid:\($serial)", version: 1,
    metadata: { timestamp: $time,
      component: { type: "operating-system", name: "hall24", version: $version, "bom-ref": "hall24" } },
    components:
      ([ $packages | lines[] | split("\t") | { type: "library", name: .[0], version: .[1],
           purl: "pkg:deb/debian/\(.[0])@\(.[1] | @uri)?arch=\(.[2])&distro=bookworm" } ]
     + [ { type: "library", name: "rust-std", version: $rust, purl: "pkg:generic/rust@\($rust)",
           licenses: [{ expression: "MIT OR Apache-2.0" }] } ]
     + [ $crates | lines[] | capture("^(?<name>[^ ]+) v(?<version>[^|/]+)(?<ours>/ours)?[|](?<licence>.*)$")
         | { type: (if .ours then "application" else "library" end), name, version }
           + (if .ours then {} else { purl: "pkg:cargo/\(.name)@\(.version)" } end)
           + { licenses: (if .licence == "" then [] else [{ expression: (.licence | gsub("/"; " OR ")) }] end) } ])
  }' >"$papers/sbom.cdx.json"
# Nothing is left out, and nothing is there that says nothing.
jq --exit-status --arg packages "$(wc -l <"$papers/packages.tsv")" --arg crates "$(wc -l <"$work/crates")" '
  (.components | length) == ($packages | tonumber) + ($crates | tonumber) + 1
  and all(.components[]; .name != "" and .version != "")
  and (["kiosk", "slint", "rust-std", "systemd", "rauc"] - [.components[].name] == [])
  ' "$papers/sbom.cdx.json" >/dev/null || { say "the bill of materials is not whole"; exit 1; }

say "gathering licence texts"
mkdir -p "$papers/licences/debian" "$papers/licences/crates"
for text in "$tree"/usr/share/doc/*/copyright; do
  cp -L "$text" "$papers/licences/debian/$(basename "$(dirname "$text")")" 2>/dev/null || true
done
cp -rL "$tree/usr/share/common-licenses" "$papers/licences/debian-common"
cp -L "/usr/share/doc/$boot_loader/copyright" "$papers/licences/debian/$boot_loader"
# Rust's own library, as rustup or as Debian brings it.
for texts in "$("$(rustc_for_target)" --print sysroot)/share/doc/rust/licenses" /usr/share/doc/libstd-rust-web-dev; do
  [ ! -d "$texts" ] || { cp -rL "$texts" "$papers/licences/crates/rust-std"; break; }
done
[ -d "$papers/licences/crates/rust-std" ] || echo rust-std >"$papers/licences/crates/without-a-text"
while IFS='|' read -r crate _; do
  case $crate in */ours) continue ;; esac
  name=${crate% v*}-${crate##* v}
  find "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/"$name" -maxdepth 1 -type f \
    \( -iname 'licen[cs]e*' -o -iname 'copying*' -o -iname 'notice*' \) 2>/dev/null | sort | while read -r text; do
    install -D -m 644 "$text" "$papers/licences/crates/$name/$(basename "$text")"
  done
  # Some say under which licence they are and bring no text.
  [ -d "$papers/licences/crates/$name" ] || echo "$crate" >>"$papers/licences/crates/without-a-text"
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
