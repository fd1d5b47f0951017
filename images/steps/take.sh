# Copies programs out of the tree into a RAM disk, with their libraries; read with `source` after $disk is set.
tree=$work/tree
kernel=$(basename "$tree"/lib/modules/*)
declare -A copied

# A program and, by what its ELF header names, its libraries.
take() {
  local file=$1 library found
  [ -z "${copied[$file]:-}" ] || return 0
  copied[$file]=1
  install -D "$file" "$disk/$2/$(basename "$file")"
  while read -r library; do
    found=$(cd "$tree" && find usr/lib lib/ -name "$library" -not -path '*/hall24/*' | head -n 1)
    [ -n "$found" ] || { say "no $library for $file"; exit 1; }
    take "$tree/$found" lib
  done < <("$gnu-objdump" -p "$file" | sed -n 's/^ *NEEDED *//p')
}

take_programs() {
  local program loader
  for program in "$@"; do
    take "$tree/$(cd "$tree" && find usr/bin usr/sbin bin/ sbin/ -name "$program" | head -n 1)" bin
  done
  loader=$(cd "$tree" && for it in lib64/ld-linux* lib/ld-linux*; do [ ! -e "$it" ] || echo "$it"; done | head -n 1)
  install -D "$tree/$loader" "$disk/$loader"
}

# The kernel's modules of these names, with those that they need; a module that is built in has no file.
take_modules() {
  local module file
  for module in "$@"; do
    modprobe --dirname "$tree" --set-version "$kernel" --show-depends --ignore-install "$module" 2>/dev/null || true
  done | sed -n 's/^insmod //p' | sort -u | while read -r file; do
    install -D -m 644 "${file%% *}" "$disk/lib/modules/$kernel/$(realpath --relative-to="$tree/lib/modules/$kernel" "${file%% *}")"
  done
  mkdir -p "$disk/lib/modules/$kernel"
  cp "$tree/lib/modules/$kernel"/modules.{order,builtin,builtin.modinfo} "$disk/lib/modules/$kernel/"
  depmod --basedir "$disk" "$kernel"
}

pack() {
  find "$disk" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
  (cd "$disk" && find . -mindepth 1 | sort | cpio --quiet --create --format=newc --reproducible --owner=+0:+0)
}
