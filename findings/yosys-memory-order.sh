#!/usr/bin/env bash
# A file for $readmemh may hold addresses: the words after @4 go to address 4 and on (IEEE 1800-2017, section 21.4), and
# nothing there asks for an order. One would expect the same memory whichever block of words comes first.
# Yosys of Debian 12 keeps the words of the first block and drops those of a block whose address lies below one that came
# before. No warning tells of it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
version=$(yosys -V)
[ "${version% (*}" = 'Yosys 0.23' ] || { echo "this is about version 0.23, found: $version"; exit 1; }
printf '@0 a0 a1\n@4 a4 a5\n' > up.hex
printf '@4 a4 a5\n@0 a0 a1\n' > down.hex
words() {
  printf 'module m(input [2:0] a, output [7:0] d); reg [7:0] w [0:5]; initial $readmemh("%s", w); assign d = w[a]; endmodule' "$1" > m.v
  # The six words as Yosys keeps them, word 5 first; x is a bit that has no initial value.
  yosys -p 'read_verilog m.v; proc; memory_collect; write_rtlil m.il' > log.txt
  echo "$1, $(grep -ci warning log.txt || true) warnings: $(sed -n 's/^ *parameter \\INIT [0-9]*.//p' m.il)"
}
recorded='up.hex, 0 warnings: 1010010110100100xxxxxxxxxxxxxxxx1010000110100000
down.hex, 0 warnings: 1010010110100100xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'
words up.hex > got.txt
words down.hex >> got.txt
got=$(<got.txt)
printf '%s\n%s\n' "$version" "$got"
[ "$got" = "$recorded" ] || { printf 'this has changed; recorded was\n%s\n' "$recorded"; exit 1; }
