#!/usr/bin/env bash
# yargs reads an option of type `number` as a number (https://yargs.js.org/docs/#api-reference-numberkey), and a negative
# number after an option is its value: `--rate -1` and `--rate -0.001` work. One would expect -1e-3 to be the same number
# as -0.001.
# A negative number with an exponent is taken for a group of one-letter options instead: --rate is left without a value,
# which is no error, and options 1 and e come into being. `--rate=-1e-3` is read as it should be.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts yargs@18.2.0 >/dev/null
version="yargs $(node -p 'require("./node_modules/yargs/package.json").version' --input-type=commonjs)"
cat > run.js <<'JS'
import yargs from 'yargs';
for (const words of [['--rate', '-1'], ['--rate', '-0.001'], ['--rate', '1e-3'], ['--rate', '-1e-3'], ['--rate=-1e-3']]) {
  const { $0: _name, _, ...options } = yargs(words).option('rate', { type: 'number' }).parse();
  console.log(`${words.join(' ')} -> ${JSON.stringify(options)}`);
}
JS
recorded='--rate -1 -> {"rate":-1}
--rate -0.001 -> {"rate":-0.001}
--rate 1e-3 -> {"rate":0.001}
--rate -1e-3 -> {"1":true,"e":-3}
--rate=-1e-3 -> {"rate":-0.001}'
node run.js > got.txt
got=$(<got.txt)
printf '%s\n%s\n' "$version" "$got"
[ "$got" = "$recorded" ] || { printf 'this has changed; recorded was\n%s\n' "$recorded"; exit 1; }
