#!/usr/bin/env bash
# DuckDB's read_csv tries types on each column's cells (https://duckdb.org/docs/stable/data/csv/auto_detection), and
# `inf` is a valid text of a DOUBLE (https://duckdb.org/docs/stable/sql/data_types/numeric). One would expect a column of
# decibels to be DOUBLE however many of its cells are infinite.
# Where all of them are, the column is DATE, since a date can be infinite too. With finite cells it is DOUBLE where a
# finite one comes first, and VARCHAR where an infinite one does: the same values in another order have another type.
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
for (const cells of [['inf', 'inf'], ['-inf', '-inf'], ['Infinity'], ['12.5', 'inf'], ['inf', '12.5'], ['nan', 'nan'], ['', '12.5']]) {
  writeFileSync('cells.csv', `db,n\n${cells.map((cell) => `${cell},1\n`).join('')}`);
  const result = await connection.runAndReadAll("select db from read_csv('cells.csv')");
  console.log(`${JSON.stringify(cells)} -> ${result.columnTypes()[0]}`);
}
JS
recorded='["inf","inf"] -> DATE
["-inf","-inf"] -> DATE
["Infinity"] -> DATE
["12.5","inf"] -> DOUBLE
["inf","12.5"] -> VARCHAR
["nan","nan"] -> DOUBLE
["","12.5"] -> DOUBLE'
node run.js > got.txt
got=$(<got.txt)
printf '%s\n%s\n' "$version" "$got"
[ "$got" = "$recorded" ] || { printf 'this has changed; recorded was\n%s\n' "$recorded"; exit 1; }
