import { beforeEach, expect, it, vi } from 'vitest';
import { linearAxis } from '../../../src/outputs/tables/axis.js';
import { textBox } from '../../../src/outputs/tables/labels.js';
import { lineSvg } from '../../../src/outputs/tables/plot.js';
import { scatterSvg } from '../../../src/outputs/tables/scatter.js';
import {
  accuracySvg,
  belowHalf,
  gradientsCsv,
  gradientsSvg,
  lossSvg,
  scaleSvg,
} from '../../../src/outputs/tables/training.js';
import { LOWEST_EXPONENT, noGradients } from '../../../src/training/session/watch.js';

/** What is handed to Vega, which draws it as it is told: data, domains, marks. */
interface Spec {
  title: { text: string; subtitle: string[] };
  data: { values: Record<string, unknown>[] };
  layer: { data: { values: Record<string, unknown>[] }; mark: object }[];
  encoding: Record<'x' | 'y' | 'strokeDash', { title: string; scale: Record<string, unknown>; axis: object }>;
}
const drawn: Spec[] = [];
vi.mock('../../../src/outputs/tables/svg.js', () => ({
  WHOLE_LABELS: {},
  svgOf: async (spec: Spec) => {
    drawn.push(spec);
    return '<svg>\n';
  },
}));
beforeEach(() => void drawn.splice(0));

const dot = (x: number, y: number, label: string, filled = false, group = 'g') => ({ x, y, label, filled, group });

async function scatter(points: ReturnType<typeof dot>[], scale?: 'log') {
  await scatterSvg({
    title: 't',
    subtitle: 's',
    x: { title: 'x', ...(scale && { scale }) },
    y: { title: 'y' },
    points,
  });
  const [spec] = drawn.splice(0);
  const [front, rules, filled, hollow, labels] = spec.layer.map(({ data }) => data.values);
  return { spec, front, rules, filled, hollow, labels };
}

it('a front is the points that none with as much x or less surpasses, to the end of the axis', async () => {
  const points = [dot(30, 5, 'a'), dot(10, 2, 'b'), dot(20, 2, 'c'), dot(10, 1, 'd'), dot(20, 4, 'e'), dot(30, 4, 'f')];
  const { front, spec } = await scatter(points);
  expect(front.map(({ x, y }) => [Math.round(Number(x) * 1e6) / 1e6, y])).toEqual([
    [10, 2],
    [20, 4],
    [30, 5],
    [31.2, 5],
  ]);
  expect(spec.title).toMatchObject({ text: 't', subtitle: ['s', expect.stringMatching(/^line: the most accurate/)] });
});

it('points of one pixel are one place: a ring for each group, filled innermost, the widest below', async () => {
  const points = [
    dot(0, 0, 'a', true, 'one'),
    dot(0.001, 0, 'b', false, 'two'),
    dot(0, 0.001, 'c', true, 'three'),
    dot(0, 0, 'd', false, 'one'),
    dot(100, 100, 'e', false, 'two'),
  ];
  const { filled, hollow, labels } = await scatter(points);
  expect(filled).toEqual([{ x: 0, y: 0, group: 'one', size: 49, filled: true }]);
  expect(hollow).toEqual([
    { x: 0, y: 0, group: 'three', size: 17 ** 2, filled: false },
    { x: 0, y: 0, group: 'two', size: 12 ** 2, filled: false },
    { x: 100, y: 100, group: 'two', size: 49, filled: false },
  ]);
  expect(labels.map(({ text }) => text)).toEqual(['a, b, c +1', 'e']);
});

it('with 24 places all have names; with more those that are filled, of the others the number of points', async () => {
  const places = (count: number) => Array.from({ length: count }, (_, i) => dot(i, i, `p${i}`, i === 3));
  expect((await scatter(places(24))).labels).toHaveLength(24);
  expect((await scatter(places(25))).labels.map(({ text }) => text)).toEqual(['p3']);
  const more = [...places(25), dot(7, 7, 'twin'), dot(3, 3, 'p3')];
  expect((await scatter(more)).labels.map(({ text }) => text)).toEqual(['p3', '2x']);
});

it('a label lies beside its point, and a line leads to one that is far', async () => {
  const { labels, rules } = await scatter([dot(0, 0, 'a'), dot(100, 100, 'b')]);
  // 760 pixels are 112 across, 460 are 112 up; the label begins 9 pixels right of its point, in its line.
  const perPixel = 112 / 760;
  expect(labels).toEqual([
    { text: 'a', x: 0, y: 0, labelX: expect.closeTo(9 * perPixel, 9), labelY: expect.closeTo(0, 9), far: false },
    {
      text: 'b',
      x: 100,
      y: 100,
      labelX: expect.closeTo(100 + 9 * perPixel, 9),
      labelY: expect.closeTo(100, 9),
      far: false,
    },
  ]);
  expect(rules).toEqual([]);
  const long = 'a name of so many letters that it takes its line';
  const crowd = Array.from({ length: 12 }, (_, i) => dot(i * 20, 50, `${long} ${i}`));
  const crowded = await scatter([...crowd, dot(0, 0, 'x'), dot(220, 100, 'y')]);
  expect(crowded.rules.length).toBeGreaterThan(0);
  expect(crowded.rules).toEqual(crowded.labels.filter(({ far }) => far));
  const pixels = crowded.labels.map(({ labelX, labelY, text }) => {
    const [x, y] = [
      linearAxis([0, 220], [0, 760]).pixel(Number(labelX)),
      linearAxis([0, 100], [460, 0]).pixel(Number(labelY)),
    ];
    return textBox(x, y, String(text), 9);
  });
  // None lies on another.
  for (const [i, one] of pixels.entries())
    for (const other of pixels.slice(i + 1))
      expect(
        one.right <= other.left + 1e-6 ||
          other.right <= one.left + 1e-6 ||
          one.bottom <= other.top + 1e-6 ||
          other.bottom <= one.top + 1e-6,
      ).toBe(true);
});

it('a study is drawn in this size, by these marks', async () => {
  const { spec } = await scatter([dot(1, 1, 'a')], 'log');
  expect(spec).toMatchObject({ width: 760, height: 460, background: 'white' });
  expect(spec.layer.map(({ mark }) => mark)).toEqual([
    { type: 'line', interpolate: 'step-after', color: '#999', strokeWidth: 1, strokeDash: [4, 3] },
    { type: 'rule', color: '#bbb', strokeWidth: 0.6 },
    { type: 'circle', opacity: 1 },
    { type: 'point', opacity: 1, strokeWidth: 1.5 },
    { type: 'text', align: 'left', baseline: 'middle', fontSize: 9 },
  ]);
});

it('a line plot has the points that its axes can show', async () => {
  const points = [
    [1, 1],
    [0, 2],
    [2, 0],
    [3, Infinity],
    [-1, -1],
  ] as const;
  const series = [
    { name: 'a', points },
    { name: 'b', dashed: true, points: [] },
  ];
  const plot = (x: object, y: object) =>
    lineSvg({ title: 't', x: { title: 'x', ...x }, y: { title: 'y', ...y }, series }).then(() => drawn.splice(0)[0]);
  const both = await plot({ log: true }, { log: true });
  expect(both.data.values).toEqual([{ name: 'a', x: 1, y: 1 }]);
  expect(both.title.subtitle[0]).toMatch(/^4 points not drawn/);
  expect((await plot({ log: true }, {})).data.values).toEqual([
    { name: 'a', x: 1, y: 1 },
    { name: 'a', x: 2, y: 0 },
  ]);
  const plain = await plot({}, {});
  expect(plain.data.values).toHaveLength(4);
  expect(plain.encoding.strokeDash.scale).toEqual({
    domain: ['a', 'b'],
    range: [
      [1, 0],
      [4, 4],
    ],
  });
  expect(plain).toMatchObject({ width: 560, height: 340, mark: { type: 'line', point: { size: 25 } } });
  expect(plain.encoding.x).toMatchObject({ title: 'x', axis: { tickCount: 8, labelAngle: 0 } });
  expect(plain.encoding.x.scale).toEqual({ zero: false, nice: false, padding: 8 });
  expect(both.encoding.y.scale).toEqual({ type: 'log', base: 2, nice: false, padding: 8 });
});

/** Gradients by their power of two. */
function tally(counts: Record<number, number>) {
  const gradients = noGradients();
  for (const [exponent, count] of Object.entries(counts))
    gradients.histogram[Number(exponent) - LOWEST_EXPONENT] = count;
  return gradients;
}

it('gradients below what fp16 holds are counted by their powers of two', () => {
  // 2^-24 is the smallest subnormal, 2^-14 the smallest normal number.
  const gradients = tally({ '-60': 1, '-25': 2, '-24': 4, '-15': 8, '-14': 16, 20: 1 });
  expect(belowHalf(gradients)).toEqual({ subnormal: 3 / 32, normal: 15 / 32 });
  expect(belowHalf(tally({}))).toEqual({ subnormal: 0, normal: 0 });
  // fp16's numbers are normal from 2^-14 on, and end at 2^-24.
  for (const [exponent, subnormal, normal] of [
    [-25, 1, 1],
    [-24, 0, 1],
    [-15, 0, 1],
    [-14, 0, 0],
  ])
    expect(belowHalf(tally({ [exponent]: 1 }))).toEqual({ subnormal, normal });
  const rows = gradientsCsv(gradients).trimEnd().split('\n');
  expect([rows[0], rows[1], rows[2], rows.at(-1), rows.length]).toEqual([
    'exponent,count,sharePercent',
    '-60,1,3.125',
    '-59,0,0',
    '20,1,3.125',
    82,
  ]);
  expect(gradientsCsv(tally({ 0: 3, 1: 6 }))).toContain('\n0,3,33.3333\n1,6,66.6667\n2,0,0\n');
  expect(gradientsCsv(tally({}))).toContain('\n0,0,0\n');
});

it('their drawing has the shares, and the limits of fp16 as high as the largest', async () => {
  await gradientsSvg(tally({ '-3': 1, '-2': 3 }), 'g');
  const values = drawn[0].data.values;
  const of = (name: string) => values.filter((value) => value.name === name).map(({ x, y }) => [x, y]);
  expect(of('gradients')).toHaveLength(81);
  expect(of('gradients').filter(([, y]) => y !== 0)).toEqual([
    [-3, 25],
    [-2, 75],
  ]);
  expect(of('fp16 subnormals from')).toEqual([
    [-24, 0],
    [-24, 75],
  ]);
  expect(of('fp16 normals from')).toEqual([
    [-14, 0],
    [-14, 75],
  ]);
  expect(of('fp16 up to')).toEqual([
    [16, 0],
    [16, 75],
  ]);
  await gradientsSvg(tally({}), 'g');
  expect(drawn[1].data.values.map(({ y }) => y)).toEqual(Array(81 + 6).fill(0));
});

const step = (i: number) => ({ step: i + 1, loss: i, accuracy: i / 1000, lossScale: 2 ** i }) as never;

it('curves have a point for each step, or up to a hundred means, each at the last of its steps', async () => {
  const points = () => drawn.at(-1)?.data.values.map(({ x, y }) => [x, y]);
  await lossSvg(
    Array.from({ length: 100 }, (_, i) => step(i)),
    'l',
  );
  expect(points()).toEqual(Array.from({ length: 100 }, (_, i) => [i + 1, i]));
  await lossSvg(
    Array.from({ length: 203 }, (_, i) => step(i)),
    'l',
  );
  expect(points()).toEqual([...Array.from({ length: 67 }, (_, i) => [3 * i + 3, 3 * i + 1]), [203, 201.5]]);
  await accuracySvg(
    [step(0), step(10), step(20), step(30)],
    [
      { epoch: 1, judgedAccuracy: 0.5 },
      { epoch: 2, judgedAccuracy: 0.75 },
    ] as never,
    'a',
  );
  expect(drawn.at(-1)?.data.values).toEqual([
    { name: 'trained on', x: 1, y: 0 },
    { name: 'trained on', x: 11, y: 1 },
    { name: 'trained on', x: 21, y: 2 },
    { name: 'trained on', x: 31, y: 3 },
    { name: 'judged', x: 2, y: 50 },
    { name: 'judged', x: 4, y: 75 },
  ]);
  await scaleSvg([step(0), step(3)], 's');
  expect(points()).toEqual([
    [1, 1],
    [4, 8],
  ]);
  expect(drawn.at(-1)?.encoding.y.scale).toMatchObject({ type: 'log', base: 2 });
});
