#!/usr/bin/env bash
# ONNX's Cast (https://onnx.ai/onnx/operators/onnx__Cast.html) has one description for all integers. One would expect a
# cast to int4 to treat a fraction as the cast to int8 does in the same runtime.
# ONNX Runtime's cast to int8 cuts the fraction off; its casts to int4 and uint4 round to nearest, ties away from zero.
# What a value beyond the range becomes is left open there; in int4 it is taken modulo 16, so that 7.6 becomes -8.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts onnxruntime-web@1.30.0 >/dev/null
version="onnxruntime-web $(node -p 'require("./node_modules/onnxruntime-web/package.json").version' --input-type=commonjs)"
cat > run.js <<'JS'
// One Cast from float32 to `type` and back, as the bytes of an ONNX file (protobuf, https://onnx.ai/onnx/repo-docs/IR.html).
import * as ort from 'onnxruntime-web';
ort.env.wasm.numThreads = 1;
const varint = (n) => (n > 127 ? [(n & 127) | 128, ...varint(n >>> 7)] : [n]);
const int = (field, value) => [...varint(8 * field), ...varint(value)];
const part = (field, ...parts) => {
  const body = parts.flatMap((item) => (typeof item === 'string' ? [...Buffer.from(item)] : item));
  return [...varint(8 * field + 2), ...varint(body.length), ...body];
};
const attribute = (name, value) => part(5, part(1, name), int(3, value), int(20, 2));
const cast = (from, to, type, ...more) => part(1, part(1, from), part(2, to), part(4, 'Cast'), attribute('to', type), ...more);
const tensor = (field, name) => part(field, part(1, name), part(2, part(1, int(1, 1), part(2, part(1, part(2, 'n'))))));
async function castThere(type, values, ...more) {
  const nodes = [...cast('x', 'codes', type, ...more), ...cast('codes', 'y', 1)];
  const graph = part(7, nodes, part(2, 'g'), tensor(11, 'x'), tensor(12, 'y'));
  const model = Uint8Array.from([...int(1, 10), ...graph, ...part(8, int(2, 21))]);
  const session = await ort.InferenceSession.create(model, { graphOptimizationLevel: 'disabled', logSeverityLevel: 3 });
  const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.from(values), [values.length]) });
  return [...y.data].join(' ');
}
const values = [0.5, 2.5, 2.7, 3.5, -2.5, -2.7, 7.6, 100];
console.log(`float ${values.join(' ')}`);
for (const [name, type] of [['int8', 3], ['int4', 22], ['uint4', 21]])
  console.log(`${name} ${await castThere(type, values)}`);
JS
recorded='float 0.5 2.5 2.7 3.5 -2.5 -2.7 7.6 100
int8 0 2 2 3 -2 -2 7 100
int4 1 3 3 4 -3 -3 -8 4
uint4 1 3 3 4 13 13 8 4'
node run.js > got.txt
got=$(<got.txt)
printf '%s\n%s\n' "$version" "$got"
[ "$got" = "$recorded" ] || { printf 'this has changed; recorded was\n%s\n' "$recorded"; exit 1; }
