import { expect, it } from 'vitest';
import { exactArithmetic } from '../../../../src/networks/arithmetic.js';
import { execute } from '../../../../src/networks/execute.js';
import { readOnnx } from '../../../../src/networks/readers/onnx/read.js';
import { writeOnnx } from '../../../../src/networks/readers/onnx/write.js';
import { floatTensor, sizeOf } from '../../../../src/networks/tensor.js';
import { floats, integers, mixed, random, reals } from './samples.js';

/** Files with a few bytes changed: they are read, and run, or refused in one line that is ours. */
const ENGINE =
  /Cannot read prop|is not a function|is not iterable|typed array|memory access|out of memory|call stack|Cannot convert|Cannot mix|BigInt|undefined|\[object|NaN\b.*NaN|RangeError|TypeError|offset is out|out of bounds|unreachable/i;
const SEED = Number(process.env.LASTBIT_SEED ?? 1);
const EACH = 40;
const EDGES = [0x00, 0x01, 0x7f, 0x80, 0xff];

function mutated(bytes: Uint8Array, draw: () => number): Uint8Array {
  const copy = bytes.slice();
  const changes = 1 + Math.floor(draw() * 3);
  for (let i = 0; i < changes; i++) {
    const at = Math.floor(draw() * copy.length);
    copy[at] = draw() < 0.5 ? EDGES[Math.floor(draw() * EDGES.length)] : copy[at] ^ (1 << Math.floor(draw() * 8));
  }
  return copy;
}

/** What reading and running says, or nothing. */
function complaintOf(bytes: Uint8Array): string | undefined {
  try {
    const network = readOnnx(bytes, 'net.onnx');
    const shape = [1, ...network.inputs[0].shape.slice(1)];
    if (sizeOf(shape) > 1e6) return undefined;
    const images = floatTensor(shape, reals(random(2), sizeOf(shape)));
    execute(network, images, exactArithmetic);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

let accepted = 0;

it.each([floats, ...integers, ...mixed].map((network) => [network.name, network] as const))('%s', (_, network) => {
  const draw = random(SEED);
  const bytes = writeOnnx(network);
  let refused = 0;
  for (let i = 0; i < EACH; i++) {
    const complaint = complaintOf(mutated(bytes, draw));
    if (complaint === undefined) continue;
    refused++;
    expect(complaint).not.toMatch(ENGINE);
    expect(complaint).toMatch(/^[^\n]{10,700}$/);
  }
  expect(refused).toBeGreaterThan(0);
  accepted += EACH - refused;
});

it('some of them are networks still', () => {
  expect(accepted).toBeGreaterThan(0);
});
