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
  x: { title: string };
  y: { title: string };
  points: readonly { x: number; y: number; group: string; label: string; filled: boolean }[];
}

export async function scatterSvg({ title, subtitle, x, y, points }: ScatterPlot): Promise<string> {
  const encoding = {
    x: { field: 'x', type: 'quantitative' as const, title: x.title, scale: { zero: false, padding: 30 } },
    y: { field: 'y', type: 'quantitative' as const, title: y.title, scale: { zero: false, padding: 20 } },
    color: { field: 'group', type: 'nominal' as const, title: null },
  };
  return svgOf({
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: { text: title, subtitle: subtitle ?? '', anchor: 'start' },
    width: 640,
    height: 400,
    background: 'white',
    data: { values: [...points] },
    layer: [
      { transform: [{ filter: 'datum.filled' }], mark: { type: 'circle', size: 70 }, encoding },
      { transform: [{ filter: '!datum.filled' }], mark: { type: 'point', size: 50 }, encoding },
      {
        transform: [{ filter: 'datum.filled' }],
        mark: { type: 'text', align: 'left', dx: 7, dy: -5, fontSize: 9 },
        encoding: { ...encoding, text: { field: 'label', type: 'nominal' } },
      },
    ],
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
