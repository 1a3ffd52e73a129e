#!/usr/bin/env bash
# A value change dump writes reals with printf's %.16g, in the belief that this keeps all 53 bits of a double (IEEE
# 1364-2005, section 18.2; IEEE 1800-2017, section 21.7). One would expect to read back what was dumped.
# 17 digits are needed for that. 0.1 + 0.2 is dumped as 0.3, which is another double, and the largest double as a number
# that reads back as infinity. It is so in Icarus Verilog and in Verilator of Debian 12 alike, as the document says.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
version=$(iverilog -V 2>/dev/null | sed -n '1s/ *()$//p')
[ "$version" = 'Icarus Verilog version 11.0 (stable)' ] || { echo "this is about version 11.0, found: $version"; exit 1; }
cat > dump.v <<'V'
module dump;
  real sum, largest;
  initial begin
    $dumpfile("dump.vcd");
    $dumpvars(0, dump);
    sum = 0.1 + 0.2;
    largest = $bitstoreal(64'h7fefffffffffffff);
    #1 $display("sum %h", $realtobits(sum));
    $display("largest %h", $realtobits(largest));
    $finish;
  end
endmodule
V
cat > read.js <<'JS'
const text = require('fs').readFileSync('dump.vcd', 'utf8');
const names = new Map([...text.matchAll(/\$var real 1 (\S+) (\w+)/g)].map(([, code, name]) => [code, name]));
const last = new Map([...text.matchAll(/^r(\S+) (\S+)$/gm)].map(([, value, code]) => [names.get(code), value]));
for (const name of ['sum', 'largest']) {
  const bits = Buffer.alloc(8);
  bits.writeDoubleBE(Number(last.get(name)));
  console.log(`${name} ${last.get(name)} is ${bits.toString('hex')}`);
}
JS
recorded='sum 3fd3333333333334
largest 7fefffffffffffff
sum 0.3 is 3fd3333333333333
largest 1.797693134862316e+308 is 7ff0000000000000'
iverilog -g2012 -o dump.vvp dump.v
vvp -n dump.vvp | grep -v '^VCD info' > got.txt
node read.js >> got.txt
got=$(<got.txt)
printf '%s\n%s\n' "$version" "$got"
[ "$got" = "$recorded" ] || { printf 'this has changed; recorded was\n%s\n' "$recorded"; exit 1; }
