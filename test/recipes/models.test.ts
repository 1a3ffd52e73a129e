import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exactArithmetic } from '../../src/networks/arithmetic.js';
import { lower, macsOf } from '../../src/networks/lower.js';
import { isMacLayer, type Network } from '../../src/networks/network.js';
import { readOnnx } from '../../src/networks/readers/onnx/read.js';
import { makeNetworks } from '../../src/recipes/models.js';
import { generate } from '../../src/training/data/generator.js';
import { generatorFor } from '../../src/training/data/generators.js';
import { accuracyOf } from '../../src/training/session/train.js';

/** Of all weights, scales and biases. */
function digestOf({ layers }: Network): string {
  const hash = createHash('sha256');
  for (const { weight, bias } of layers.filter(isMacLayer)) {
    hash.update(weight.data);
    if (weight.kind === 'codes') hash.update(weight.quantization.scale);
    if (bias !== undefined) hash.update(JSON.stringify(Array.from(bias)));
  }
  return hash.digest('hex').slice(0, 12);
}

const imagesFor = (network: Network, count: number) => generate(generatorFor(network), count);

it('the same procedure on a batch of images makes the same networks on every machine', () => {
  const heard: string[] = [];
  const made = makeNetworks((network, done, total) => heard.push(`${network} ${done}/${total}`), {
    trained: 50,
    judged: 8,
  });
  expect(made.map((network) => [network.name, digestOf(network)])).toEqual([
    ['digits-fp32', '67a0a4fc69f8'],
    ['digits-int8', '4b4fd4d68f5d'],
    ['digits-int4', '58f761603dc1'],
    ['digits-binary', '179a1154c337'],
    ['digits-e4m3fn', 'd6d3d311314a'],
    ['digits-e5m2', '2daf02b178dd'],
    ['digits-mixed', 'd6d3d311314a'],
    ['digits-radix4', '7f8d5b1464be'],
    ['flags-fp32', 'd19ecc7ed0af'],
    ['flags-int8', '9b6c4cb7a943'],
    ['flags-int4', '0492057f5abe'],
    ['flags-e4m3fn', '1e980b21891f'],
  ]);
  // Epochs of one step each.
  expect(heard).toEqual([
    ...['1/4', '2/4', '3/4', '4/4'].map((step) => `digits-fp32 ${step}`),
    'digits-int4 1/1',
    ...['1/5', '2/5', '3/5', '4/5', '5/5'].map((step) => `digits-binary ${step}`),
    'digits-radix4 1/1',
    ...['1/5', '2/5', '3/5', '4/5', '5/5'].map((step) => `flags-fp32 ${step}`),
    'flags-int4 1/1',
  ]);
  for (const network of made) {
    const { accuracy, licence, made: by, reference } = network.metadata;
    const [kind, name] = network.name.split('-');
    const own = accuracyOf(network, imagesFor(network, 8), exactArithmetic);
    expect(accuracy).toBe(`${(100 * own).toFixed(2)}% of 8 generated ${kind} (seed 2), sums exact`);
    expect([licence, by]).toEqual([
      `MIT, as the project; trained on generated ${kind}, no foreign data`,
      'npm run models',
    ]);
    expect(reference).toBe(name === 'fp32' ? undefined : `${kind}-fp32.onnx`);
  }
});

const folder = join(import.meta.dirname, '../../models');
const files = readdirSync(folder).filter((file) => file.endsWith('.onnx'));
const readme = readFileSync(join(folder, 'README.md'), 'utf8');
const read = (file: string) => readOnnx(readFileSync(join(folder, file)), file);

/** Multiply-accumulates of an image. */
const MACS: Readonly<Record<string, number>> = { digits: 1_002_800, flags: 201_952 };

describe('models/', () => {
  it('has a line in its README for each file, and a file for each line', () => {
    const listed = [...readme.matchAll(/^\| `(.+\.onnx)`/gm)].map((match) => match[1]);
    expect(listed.toSorted()).toEqual(files.toSorted());
  });

  it.each(files)('%s reaches what its README and its metadata say', (file) => {
    const network = read(file);
    const percent = /^([\d.]+)% of 2000 generated \w+ \(/.exec(network.metadata.accuracy)?.[1] ?? '';
    expect(readme.split('\n').find((line) => line.startsWith(`| \`${file}\``))).toContain(`| ${percent}% |`);
    // 300 images: three standard deviations are 3 to 4 points.
    expect(
      Math.abs(accuracyOf(network, imagesFor(network, 300), exactArithmetic) - Number(percent) / 100),
    ).toBeLessThan(0.04);
    expect(macsOf(network)).toBe(MACS[file.split('-')[0]]);
  });

  it('multiplies the formats that its README says', () => {
    const formats = (file: string) =>
      lower(read(file)).map(({ aFormat, bFormat }) => `${aFormat?.name} x ${bFormat?.name}`);
    expect(formats('digits-int8.onnx')).toEqual(new Array(4).fill('int8 x int8'));
    expect(formats('digits-binary.onnx')).toEqual(['int8 x int8', 'binary x binary', 'binary x binary', 'int8 x int8']);
    expect(formats('digits-mixed.onnx')).toEqual(new Array(4).fill('e5m2 x e4m3fn'));
    expect(formats('digits-radix4.onnx')).toEqual(new Array(4).fill('int4 x radix4'));
    for (const name of ['int8', 'int4', 'e4m3fn'])
      expect(formats(`flags-${name}.onnx`)).toEqual(new Array(10).fill(`${name} x ${name}`));
  });

  it('has in the flags what digits are without: colours, depthwise convolutions, residual sums, means of planes', () => {
    for (const file of files.filter((name) => name.startsWith('flags-'))) {
      const { inputs, layers } = read(file);
      expect(inputs[0].shape).toEqual([1, 3, 24, 24]);
      const depthwise = layers.flatMap((layer) =>
        layer.op === 'conv' && layer.groups > 1 && layer.groups === layer.weight.shape[0] ? layer.groups : [],
      );
      expect(depthwise).toEqual([16, 16, 32]);
      expect(layers.filter(({ op }) => op === 'add')).toHaveLength(3);
      expect(layers.filter(({ op }) => op === 'averagePool')).toHaveLength(1);
    }
  });
});
