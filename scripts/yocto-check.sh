#!/usr/bin/env bash
# What can be said about the layer without building it: style of the recipes (oelint-adv), form of the kas files, and
# that the crates are those of Cargo.lock. Installs the two programs into target/yocto.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/yocto-crates.sh --check

tools=${CARGO_TARGET_DIR:-$PWD/target}/yocto
if [ ! -x "$tools/bin/kas" ]; then
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet oelint-adv==9.11.2 kas==5.5
fi

# Rules that do not fit, and why.
not_for_us=(
  oelint.var.mandatoryvar.HOMEPAGE oelint.var.suggestedvar.BUGTRACKER # the project has no public address
  oelint.var.mandatoryvar.SRC_URI oelint.var.licenseremotefile # sources and licence are those of this repository
  oelint.var.bbclassextend # nothing here runs while building
  oelint.vars.notneededspace oelint.vars.multilineident # lists and texts as OE-Core writes them
  oelint.vars.homepageping # says another thing where there is no network
)
find yocto-layer -name '*.bb' -o -name '*.bbappend' -o -name '*.inc' | sort \
  | xargs "$tools/bin/oelint-adv" --quiet --relpaths --release wrynose --mode all \
    --constantmods +yocto-layer/oelint.json "${not_for_us[@]/#/--suppress=}"

for file in yocto-layer/kas/*.yml; do
  "$tools/bin/python" - "$file" <<'PYTHON'
import json, pathlib, sys
import jsonschema, kas, yaml
schema = json.loads((pathlib.Path(kas.__file__).parent / 'schema-kas.json').read_text())
jsonschema.validate(yaml.safe_load(open(sys.argv[1])), schema)
PYTHON
done
echo "the layer is in order"
