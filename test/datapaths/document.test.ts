import { describe, expect, it } from 'vitest';
import { parseDatapath } from '../../src/datapaths/schema.js';
import { parseSweep } from '../../src/simulate/sweepFile.js';
import { parseTarget } from '../../src/targets/schema.js';

const target = `name: t
array: {rows: 4, cols: 4, dataflow: os}
datapath: int8
memories: {a: 1, b: 1, sum: 1}
clockMhz: 100
energy: horowitz-45nm
`;
const unit = 'a: int8\nb: int8\nlanes: 4\ncombine: {kind: fused}\nsum: {format: int32}\n';

describe('a target file that says something else', () => {
  it.each([
    ['clockMhz: 100', 'clockMhz: 0', 'f.yaml:5:11: clockMhz: must be greater than 0, found 0'],
    ['clockMhz: 100', 'clockMhz: .nan', 'f.yaml:5:11: clockMhz: must be a number, found .nan'],
    ['clockMhz: 100', 'clockMhz: -.inf', 'clockMhz: must be a number, found -.inf'],
    ['{a: 1, b: 1, sum: 1}', '[.nan, 1]', 'found [.nan,1]'],
    ['clockMhz: 100', 'clokMhz: 100', 'f.yaml:5:1: there is no field "clokMhz" here; did you mean "clockMhz"?'],
    ['clockMhz: 100', 'clockMhz: 100\nclockMhz: 3', 'f.yaml:6:1: Map keys must be unique'],
    ['clockMhz: 100', '\tclockMhz: 100', 'f.yaml:5:1: Tabs are not allowed as indentation'],
    ['{a: 1, b: 1, sum: 1}', '&m {a: *m, b: 1, sum: 1}', 'f.yaml:4:18: *m stands inside what it names'],
    ['name: t', 'name: &m [*m]', 'f.yaml:1:11: *m stands inside what it names'],
    ['name: t', `name: ${'['.repeat(20000)}`, 'records and lists are nested too deeply here'],
    ['name: t', 'name: !!js/function t', 'Unresolved tag'],
    ['name: t', '? [a]\n: 3', 'f.yaml:1:3: the name of a field must be a string'],
    ['name: t', 'name: "\0"', 'f.yaml is not a text in UTF-8'],
    ['horowitz-45nm', 'horowitz-45', 'did you mean "horowitz-45nm"?'],
    ['dataflow: os', 'dataflow: oss', 'did you mean "os"?'],
  ])('%j becomes %j', (from, to, message) => {
    let found = '';
    try {
      parseTarget(
        target.replace(from, () => to),
        'f.yaml',
      );
    } catch (error) {
      found = (error as Error).message;
    }
    expect(found).toContain(message);
    expect(found).not.toContain('\n');
  });

  it('aliases may be used, merged too, and not multiplied', () => {
    const merged = target.replace('memories: {a: 1, b: 1, sum: 1}', 'memories: {<<: &m {a: 7, b: 1, sum: 1}, b: 2}');
    expect(parseTarget(merged, 'f.yaml').memories).toMatchObject({ a: 7, b: 2, sum: 1 });
    const levels = Array.from({ length: 9 }, (_, i) => `l${i}: &l${i} [${i === 0 ? '1' : `*l${i - 1},`.repeat(9)}]`);
    expect(() => parseTarget(levels.join('\n'), 'f.yaml')).toThrow(
      'f.yaml: its aliases (*name) stand for too many values',
    );
  });
});

it('a file of another kind is called what it is', () => {
  const sweep = 'networks: [a.onnx]\ndatapaths: [int8]\n';
  const readers = { datapath: parseDatapath, target: parseTarget, sweep: parseSweep };
  const files = { datapath: unit, target, sweep };
  for (const [wanted, read] of Object.entries(readers))
    for (const [kind, text] of Object.entries(files))
      if (kind === wanted) expect(() => read(text, 'f.yaml')).not.toThrow();
      else expect(() => read(text, 'f.yaml'), `${kind} as ${wanted}`).toThrow(`f.yaml: this is a ${kind} (it has `);
});
