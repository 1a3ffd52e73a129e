#!/usr/bin/env bash
# ONNX's Cast to a float8 type with saturate = 0 (https://onnx.ai/onnx/operators/onnx__Cast.html): values beyond the range
# become NaN in float8e4m3fn, whose largest value is 448, and infinity in float8e5m2, whose largest is 57344. One would
# expect a larger value never to come back inside the range.
# In ONNX Runtime 465 to 479 become NaN, and then 480 to 495 become 448 again; from 496 on it is NaN. In float8e5m2,
# values from 61440 to 65535 become NaN, although they are below those that become infinity.
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
const show = async (name, type, values) => {
  console.log(`${name} of ${values.join(' ')}`);
  console.log(`  is ${await castThere(type, values, attribute('saturate', 0))}`);
};
await show('float8e4m3fn', 17, [448, 464, 465, 479, 480, 495, 496, 512, -479, -480]);
await show('float8e5m2', 19, [57344, 61439, 61440, 65000, 65535, 65536, 100000]);
JS
recorded='float8e4m3fn of 448 464 465 479 480 495 496 512 -479 -480
  is 448 448 NaN NaN 448 448 NaN NaN NaN -448
float8e5m2 of 57344 61439 61440 65000 65535 65536 100000
  is 57344 57344 NaN NaN NaN Infinity Infinity'
node run.js > got.txt
got=$(<got.txt)
printf '%s\n%s\n' "$version" "$got"
[ "$got" = "$recorded" ] || { printf 'this has changed; recorded was\n%s\n' "$recorded"; exit 1; }
