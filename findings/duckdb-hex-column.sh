#!/usr/bin/env bash
# A CSV column of codes such as 0x3f has no decimal number in it. The types that DuckDB's read_csv tries are listed in
# https://duckdb.org/docs/stable/data/csv/auto_detection, and nothing there says that hexadecimal texts are numbers: one
# would expect VARCHAR.
# Such a column is BIGINT, and the codes come back in decimal. It is so only while all of them fit: with one code of more
# than 63 bits the whole column is VARCHAR, and with a fraction beside a code the file is refused with an error, although
# DOUBLE was the type that the reader itself had chosen.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @duckdb/node-api@1.5.6-r.1 >/dev/null
version="@duckdb/node-api $(node -p 'require("./node_modules/@duckdb/node-api/package.json").version' --input-type=commonjs)"
cat > run.js <<'JS'
import { writeFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
const connection = await (await DuckDBInstance.create(':memory:')).connect();
for (const cells of [['0x3f', '0x40'], ['0x3f', '0xffffffffffffffff'], ['0b11'], ['0x3f', '0.5']]) {
  writeFileSync('cells.csv', `code,n\n${cells.map((cell) => `${cell},1\n`).join('')}`);
  const rows = await connection.runAndReadAll("select code from read_csv('cells.csv')").catch(() => undefined);
  const shown = rows && `${rows.columnTypes()[0]} ${JSON.stringify(rows.getRowsJson().flat())}`;
  console.log(`${JSON.stringify(cells)} -> ${shown ?? 'an error'}`);
}
JS
recorded='["0x3f","0x40"] -> BIGINT ["63","64"]
["0x3f","0xffffffffffffffff"] -> VARCHAR ["0x3f","0xffffffffffffffff"]
["0b11"] -> BIGINT ["3"]
["0x3f","0.5"] -> an error'
node run.js > got.txt
got=$(<got.txt)
printf '%s\n%s\n' "$version" "$got"
[ "$got" = "$recorded" ] || { printf 'this has changed; recorded was\n%s\n' "$recorded"; exit 1; }
