import { expect, it } from 'vitest';
import { FORMATS, formatNamed } from '../../src/formats/catalog.js';
import { decode } from '../../src/formats/codec.js';
import { landmarksOf } from '../../src/formats/landmarks.js';

/** Names without the sign, and the codes of both signs: the fields of the formats written down by hand. */
const MARKS: readonly [string, string][] = [
  [
    'fp16',
    'zero 0 8000, smallest 1 8001, largest subnormal 3ff 83ff, smallest normal 400 8400, one - 1 ulp 3bff bbff, one 3c00 bc00, one + 1 ulp 3c01 bc01, largest - 1 7bfe fbfe, largest 7bff fbff, infinity 7c00 fc00, NaN 7e00 fe00, signaling NaN 7c01',
  ],
  [
    'tf32',
    'zero 0 80000000, smallest 2000 80002000, largest subnormal 7fe000 807fe000, smallest normal 800000 80800000, one - 1 ulp 3f7fe000 bf7fe000, one 3f800000 bf800000, one + 1 ulp 3f802000 bf802000, largest - 1 7f7fc000 ff7fc000, largest 7f7fe000 ff7fe000, infinity 7f800000 ff800000, NaN 7fc00000 ffc00000, signaling NaN 7f802000',
  ],
  [
    'e4m3fn',
    'zero 0 80, smallest 1 81, largest subnormal 7 87, smallest normal 8 88, one - 1 ulp 37 b7, one 38 b8, one + 1 ulp 39 b9, largest - 1 7d fd, largest 7e fe, NaN 7f',
  ],
  [
    'e4m3fnuz',
    'zero 0, smallest 1 81, largest subnormal 7 87, smallest normal 8 88, one - 1 ulp 3f bf, one 40 c0, one + 1 ulp 41 c1, largest - 1 7e fe, largest 7f ff, NaN 80',
  ],
  [
    'dlfloat16',
    'zero 0 8000, smallest 1 8001, one - 1 ulp 3dff bdff, one 3e00 be00, one + 1 ulp 3e01 be01, largest - 1 7ffd fffd, largest 7ffe fffe, NaN 7fff',
  ],
  [
    'e8m0fnu',
    'smallest 0, smallest + 1 ulp 1, one - 1 ulp 7e, one 7f, one + 1 ulp 80, largest - 1 fd, largest fe, NaN ff',
  ],
  ['e2m1fn', 'zero 0 8, smallest 1 9, smallest normal 2 a, one + 1 ulp 3 b, largest - 1 6 e, largest 7 f'],
  ['radix4', 'zero 0 8, smallest 1 9, one - 1 ulp 3 b, one 4 c, one + 1 ulp 5 d, largest - 1 6 e, largest 7 f'],
  ['int8', 'zero 0, smallest 1 ff, one + 1 ulp 2 fe, largest - 1 7e 81, largest 7f 80'],
  [
    'int8q6',
    'zero 0, smallest 1 ff, one - 1 ulp 3f c1, one 40 c0, one + 1 ulp 41 bf, largest - 1 7e 81, largest 7f 80',
  ],
  ['uint4', 'zero 0, smallest 1, one + 1 ulp 2, largest - 1 e, largest f'],
  ['ternary', 'zero 0, smallest 1 3'],
  ['binary', 'smallest 1 0'],
];

it.each(MARKS)('%s has its landmarks, and no other', (name, listed) => {
  const found = new Map<string, string[]>();
  for (const { name: whole, code } of landmarksOf(formatNamed(name))) {
    const bare = whole.replace(/^-\((.*)\)$/, '$1').replace(/^-/, '');
    found.set(bare, [...(found.get(bare) ?? []), code.toString(16)]);
  }
  expect([...found].map(([mark, codes]) => `${mark} ${codes.join(' ')}`).sort()).toEqual(listed.split(', ').sort());
});

it.each(FORMATS)('$name: negative landmarks are called so, magnitudes ascend, specials come last', (format) => {
  const marks = landmarksOf(format);
  for (const { name, code, raw } of marks) {
    expect(raw).toEqual(decode(format, code));
    expect([name, raw.sign]).toEqual([name, name.startsWith('-')]);
  }
  const first = marks.findIndex(({ raw }) => raw.kind === 'nan');
  if (first >= 0) expect(marks.slice(first).every(({ raw }) => raw.kind === 'nan')).toBe(true);
  expect(new Set(marks.map(({ code }) => code)).size).toBe(marks.length);
});
