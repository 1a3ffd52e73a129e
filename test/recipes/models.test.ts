import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exactArithmetic } from '../../src/networks/arithmetic.js';
import { lower, macsOf } from '../../src/networks/lower.js';
import { readOnnx } from '../../src/networks/readers/onnx/read.js';
import { digits } from '../../src/training/data/digits.js';
import { accuracyOf } from '../../src/training/session/train.js';

const folder = join(import.meta.dirname, '../../models');
const files = readdirSync(folder).filter((file) => file.endsWith('.onnx'));
const readme = readFileSync(join(folder, 'README.md'), 'utf8');
const read = (file: string) => readOnnx(readFileSync(join(folder, file)), file);
const data = digits(300);

describe('models/', () => {
  it('has a line in its README for each file, and a file for each line', () => {
    const listed = [...readme.matchAll(/^\| `(.+\.onnx)`/gm)].map((match) => match[1]);
    expect(listed.toSorted()).toEqual(files.toSorted());
  });

  it.each(files)('%s reaches what its README and its metadata say', (file) => {
    const network = read(file);
    const percent = /^([\d.]+)% of 2000 generated digits/.exec(network.metadata.accuracy)?.[1] ?? '';
    expect(readme.split('\n').find((line) => line.startsWith(`| \`${file}\``))).toContain(`| ${percent}% |`);
    // 300 images: three standard deviations are 3 to 4 points.
    expect(Math.abs(accuracyOf(network, data, exactArithmetic) - Number(percent) / 100)).toBeLessThan(0.04);
    expect(macsOf(network)).toBe(1_002_800);
  });

  it('multiplies the formats that its README says', () => {
    const formats = (file: string) =>
      lower(read(file)).map(({ aFormat, bFormat }) => `${aFormat?.name} x ${bFormat?.name}`);
    expect(formats('digits-int8.onnx')).toEqual(new Array(4).fill('int8 x int8'));
    expect(formats('digits-binary.onnx')).toEqual(['int8 x int8', 'binary x binary', 'binary x binary', 'int8 x int8']);
    expect(formats('digits-mixed.onnx')).toEqual(new Array(4).fill('e5m2 x e4m3fn'));
    expect(formats('digits-radix4.onnx')).toEqual(new Array(4).fill('int4 x radix4'));
  });
});
