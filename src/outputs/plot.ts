import type { TopLevelSpec } from 'vega-lite';

/** A line plot as data; x and y may be logarithmic. */
export interface LinePlot {
  title: string;
  subtitle?: string;
  x: { title: string; log?: boolean };
  y: { title: string; log?: boolean };
  series: readonly { name: string; dashed?: boolean; points: readonly (readonly [number, number])[] }[];
}

/** The plot as SVG text, the same bytes each time. Points that a logarithmic axis cannot show are left out. */
export async function lineSvg(plot: LinePlot): Promise<string> {
  const values = plot.series.flatMap(({ name, points }) =>
    points
      .filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y) && (!plot.x.log || x > 0) && (!plot.y.log || y > 0))
      .map(([x, y]) => ({ name, x, y })),
  );
  const names = plot.series.map(({ name }) => name);
  const dashes = plot.series.map(({ dashed }) => (dashed ? [4, 4] : [1, 0]));
  const axis = ({ title, log }: LinePlot['x'], field: 'x' | 'y') => ({
    field,
    type: 'quantitative' as const,
    title,
    scale: log ? { type: 'log' as const, base: 2, nice: false } : { zero: false },
    axis: { tickCount: 8, ...(log && { format: ',~r' }) },
  });
  return svgOf({
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: { text: plot.title, subtitle: plot.subtitle ?? '', anchor: 'start' },
    width: 560,
    height: 340,
    background: 'white',
    data: { values },
    mark: { type: 'line', point: { size: 25 }, clip: true },
    encoding: {
      x: axis(plot.x, 'x'),
      y: axis(plot.y, 'y'),
      color: { field: 'name', type: 'nominal', sort: names, title: null, scale: { domain: names } },
      strokeDash: {
        field: 'name',
        type: 'nominal',
        sort: names,
        title: null,
        scale: { domain: names, range: dashes },
      },
    },
  });
}

/** A scatter plot as data: a colour for each group, filled or hollow points with a label beside. */
export interface ScatterPlot {
  title: string;
  subtitle?: string;
  x: { title: string; scale?: 'log' };
  y: { title: string };
  points: readonly { x: number; y: number; group: string; label: string; filled: boolean }[];
}

export async function scatterSvg({ title, subtitle, x, y, points }: ScatterPlot): Promise<string> {
  const encoding = {
    x: {
      field: 'x',
      type: 'quantitative' as const,
      title: x.title,
      scale: x.scale === 'log' ? { type: 'log' as const, padding: 30 } : { zero: false, padding: 30 },
    },
    y: { field: 'y', type: 'quantitative' as const, title: y.title, scale: { zero: false, padding: 20 } },
    color: { field: 'group', type: 'nominal' as const, title: null, legend: { labelLimit: 0 } },
  };
  return svgOf({
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: { text: title, subtitle: subtitle ?? '', anchor: 'start' },
    width: 720,
    height: 440,
    background: 'white',
    data: { values: labelled(points) },
    layer: [
      { transform: [{ filter: 'datum.filled' }], mark: { type: 'circle', size: 70 }, encoding },
      { transform: [{ filter: '!datum.filled' }], mark: { type: 'point', size: 50 }, encoding },
      {
        transform: [{ filter: 'datum.filled' }],
        mark: { type: 'text', align: 'left', angle: 300, dx: 7, dy: 1, fontSize: 9 },
        encoding: { ...encoding, text: { field: 'label', type: 'nominal' } },
      },
    ],
  });
}

/** One label for filled points that lie on each other, with the number of the others. */
function labelled(points: ScatterPlot['points']): ScatterPlot['points'] {
  const placeOf = ({ x, y }: { x: number; y: number }) => `${x.toPrecision(2)} ${y.toPrecision(3)}`;
  const places = new Map<string, number>();
  for (const point of points) if (point.filled) places.set(placeOf(point), (places.get(placeOf(point)) ?? 0) + 1);
  return points.map((point) => {
    const count = places.get(placeOf(point));
    if (!point.filled || count === undefined) return { ...point, label: '' };
    places.delete(placeOf(point));
    return { ...point, label: count > 1 ? `${point.label} +${count - 1}` : point.label };
  });
}

/** Vega is loaded only when something is drawn: it takes longer than most commands. */
export async function svgOf(spec: TopLevelSpec): Promise<string> {
  const [vega, lite] = await Promise.all([import('vega'), import('vega-lite')]);
  const view = new vega.View(vega.parse(lite.compile(spec).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg}\n`;
}
