#!/usr/bin/env bash
# A `real` is an IEEE 754 double in IEEE 1800-2017 (section 6.12), and IEEE 754 negates by changing the sign bit, zeros
# included. One would expect -0.0, and the negation of a variable that holds 0.0, to have the bits 8000000000000000.
# Icarus Verilog of Debian 12 gives +0 for both; only an operation, such as the product 0.0 * -1.0, gives -0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
version=$(iverilog -V 2>/dev/null | sed -n '1s/ *()$//p')
[ "$version" = 'Icarus Verilog version 11.0 (stable)' ] || { echo "this is about version 11.0, found: $version"; exit 1; }
cat > zero.v <<'V'
module zero;
  real literal, negated, product;
  initial begin
    literal = -0.0;
    negated = 0.0;
    negated = -negated;
    product = 0.0;
    product = product * -1.0;
    $display("literal %h", $realtobits(literal));
    $display("negated %h", $realtobits(negated));
    $display("product %h", $realtobits(product));
  end
endmodule
V
recorded='literal 0000000000000000
negated 0000000000000000
product 8000000000000000'
iverilog -g2012 -o zero.vvp zero.v
vvp -n zero.vvp > got.txt
got=$(<got.txt)
printf '%s\n%s\n' "$version" "$got"
[ "$got" = "$recorded" ] || { printf 'this has changed; recorded was\n%s\n' "$recorded"; exit 1; }
