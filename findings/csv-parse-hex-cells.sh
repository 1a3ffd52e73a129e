#!/usr/bin/env bash
# csv-parse's option `cast: true` is there to turn cells that are numbers into numbers and to leave the others as text
# (https://csv.js.org/parse/options/cast/). One would expect a cell such as 0x3f to become 63, or to stay as it is.
# It becomes 0 instead, whatever its digits, and so does 0b11: the prefix passes the test for a number, and the
# conversion then stops at the letter.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts csv-parse@7.0.3 >/dev/null
version="csv-parse $(node -p 'require("./node_modules/csv-parse/package.json").version' --input-type=commonjs)"
cat > run.js <<'JS'
import { parse } from 'csv-parse/sync';
for (const cell of ['0x3f', '0xffffffff', '0b11', '0o17', '63', '1e3', 'x3f'])
  console.log(`${cell} -> ${JSON.stringify(parse(cell, { cast: true })[0][0])}`);
JS
recorded='0x3f -> 0
0xffffffff -> 0
0b11 -> 0
0o17 -> 0
63 -> 63
1e3 -> 1000
x3f -> "x3f"'
node run.js > got.txt
got=$(<got.txt)
printf '%s\n%s\n' "$version" "$got"
[ "$got" = "$recorded" ] || { printf 'this has changed; recorded was\n%s\n' "$recorded"; exit 1; }
