#!/usr/bin/env bash
# A module path of delay 10 (IEEE 1364-2005, clause 14) is inertial: a change that is pending goes where its cause goes, so that
# a rises at 20, falls at 24 and rises for good at 28 is seen at 38, ten after the last edge. A continuous assignment of the
# same delay does so. Icarus Verilog of Debian 12 with -gspecify lets the path's output rise at 30: at the time that the first,
# cancelled change was for, the output takes whatever the input is by then.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
version=$(iverilog -V 2>/dev/null | sed -n '1s/ *()$//p')
[ "$version" = 'Icarus Verilog version 11.0 (stable)' ] || { echo "this is about version 11.0, found: $version"; exit 1; }
cat > pulse.v <<'V'
`timescale 1ns/1ns
module buffer(input a, output y);
  assign y = a;
  specify
    (a => y) = 10;
  endspecify
endmodule
module pulse;
  reg a = 0;
  wire path;
  wire #10 assigned = a;
  buffer one(a, path);
  always @(path) if ($time > 15) $display("path %b at %0d", path, $time);
  always @(assigned) if ($time > 15) $display("assigned %b at %0d", assigned, $time);
  initial begin
    #20 a = 1;
    #4 a = 0;
    #4 a = 1;
    #30 $finish;
  end
endmodule
V
recorded='path 1 at 30
assigned 1 at 38'
iverilog -g2012 -gspecify -o pulse.vvp pulse.v
vvp -n pulse.vvp > got.txt
got=$(grep -v finish got.txt)
printf '%s\n%s\n' "$version" "$got"
[ "$got" = "$recorded" ] || { printf 'this has changed; recorded was\n%s\n' "$recorded"; exit 1; }
