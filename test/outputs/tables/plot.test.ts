import { expect, it } from 'vitest';
import { linearAxis, logAxis } from '../../../src/outputs/tables/axis.js';
import { lineSvg, scatterSvg } from '../../../src/outputs/tables/plot.js';

const point = (x: number, y: number, label: string, filled = false, group = 'g') => ({ x, y, label, filled, group });
const PLOT = { title: 't', x: { title: 'x', scale: 'log' as const }, y: { title: 'y' } };
/** Marks of points in the drawing: symbols of the legend are in a group of their own. */
const symbols = (svg: string) =>
  [...svg.matchAll(/<g class="mark-symbol role-mark[^>]*>(.*?)<\/g>/gs)].flatMap(
    ([, inner]) => inner.match(/<path/g) ?? [],
  );

it('an axis has the domain of its data and a few round marks', () => {
  for (const [values, domain] of [
    [
      [547, 1332],
      [500, 1500],
    ],
    [
      [100, 10_000],
      [60, 17_000],
    ],
    [[1000], [900, 1100]],
  ] as const) {
    const { scale, axis, pixel, value } = logAxis(values, [0, 700]);
    expect(scale.domain[0]).toBeGreaterThan(domain[0]);
    expect(scale.domain[1]).toBeLessThan(domain[1]);
    expect(axis.values?.length).toBeGreaterThanOrEqual(1);
    expect(axis.values?.length).toBeLessThanOrEqual(14);
    for (const each of values) {
      expect(pixel(each)).toBeGreaterThan(0);
      expect(pixel(each)).toBeLessThan(700);
      expect(value(pixel(each))).toBeCloseTo(each, 6);
    }
  }
  expect(linearAxis([97, 97], [440, 0]).pixel(97)).toBeCloseTo(220, 6);
});

it('a study: horizontal labels, names of all that lie in one place, a ring for each kind, and a front', async () => {
  const points = [
    point(547, 98, 'int4-minmax', true, 'four'),
    point(547, 98, 'int4-mse', true, 'four'),
    point(1142, 98, 'int8', false, 'eight'),
    point(1142, 98, 'e4m3fn', false, 'floats'),
    point(1332, 97, 'e5m2', false, 'floats'),
  ];
  const svg = await scatterSvg({ ...PLOT, points });
  expect(svg).toBe(await scatterSvg({ ...PLOT, points }));
  for (const text of ['int4-minmax, int4-mse', 'int8, e4m3fn', 'e5m2', 'four', 'eight', 'floats', '>600<', '>1,000<'])
    expect(svg).toContain(text);
  expect(svg).not.toContain('>10,000<');
  // Three places, one of them with two kinds.
  expect(symbols(svg)).toHaveLength(4);
  expect(svg).not.toMatch(/rotate\((?!-90)/);
  expect(svg).toMatch(/<g class="mark-line role-mark[^>]*><path[^>]*d="M[^"]*L/);
});

it('what an axis cannot show is counted', async () => {
  const points = [
    [1, 1],
    [2, -3],
    [4, Infinity],
  ] as const;
  const axis = { title: 'n', log: true };
  const svg = await lineSvg({ title: 't', x: axis, y: axis, series: [{ name: 'a', points }] });
  expect(svg).toContain('2 points not drawn: not finite, or not positive on a logarithmic axis');
  const whole = await lineSvg({
    title: 't',
    x: axis,
    y: { title: 'y' },
    series: [{ name: 'a', points: points.slice(0, 2) }],
  });
  expect(whole).not.toContain('not drawn');
});

it('names in a legend are whole', async () => {
  const name = 'a name that is a great deal longer than what a legend usually takes before it is cut';
  expect(
    await lineSvg({ title: 't', x: { title: 'x' }, y: { title: 'y' }, series: [{ name, points: [[1, 2]] }] }),
  ).toContain(name);
});
