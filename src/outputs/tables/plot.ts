import { counted } from '../../text/plural.js';
import { svgOf, WHOLE_LABELS } from './svg.js';

export { type ScatterPlot, scatterSvg } from './scatter.js';
export { svgOf } from './svg.js';

/** A line plot as data; x and y may be logarithmic. */
export interface LinePlot {
  title: string;
  subtitle?: string;
  x: { title: string; log?: boolean };
  y: { title: string; log?: boolean };
  series: readonly { name: string; dashed?: boolean; points: readonly (readonly [number, number])[] }[];
}

/** Room between the outermost points and the frame, in pixels. */
const PADDING = 8;

/** The plot as SVG text, the same bytes each time. Points that an axis cannot show are counted in the subtitle. */
export async function lineSvg(plot: LinePlot): Promise<string> {
  const all = plot.series.flatMap(({ name, points }) => points.map(([x, y]) => ({ name, x, y })));
  const values = all.filter(({ x, y }) => canShow(plot.x, x) && canShow(plot.y, y));
  const names = plot.series.map(({ name }) => name);
  const dashes = plot.series.map(({ dashed }) => (dashed ? [4, 4] : [1, 0]));
  const axis = ({ title, log }: LinePlot['x'], field: 'x' | 'y') => ({
    field,
    type: 'quantitative' as const,
    title,
    scale: { ...(log ? { type: 'log' as const, base: 2 } : { zero: false }), nice: false, padding: PADDING },
    axis: { tickCount: 8, labelAngle: 0, ...(log && { format: ',~r' }) },
  });
  return svgOf({
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: { text: plot.title, subtitle: subtitles(plot, all.length - values.length), anchor: 'start' },
    width: 560,
    height: 340,
    background: 'white',
    data: { values },
    mark: { type: 'line', point: { size: 25 } },
    encoding: {
      x: axis(plot.x, 'x'),
      y: axis(plot.y, 'y'),
      color: {
        field: 'name',
        type: 'nominal',
        sort: names,
        title: null,
        scale: { domain: names },
        legend: WHOLE_LABELS,
      },
      strokeDash: {
        field: 'name',
        type: 'nominal',
        sort: names,
        title: null,
        scale: { domain: names, range: dashes },
        legend: WHOLE_LABELS,
      },
    },
  });
}

function canShow({ log }: LinePlot['x'], value: number): boolean {
  return Number.isFinite(value) && (log !== true || value > 0);
}

function subtitles({ subtitle }: LinePlot, missing: number): string[] {
  const note = `${counted(missing, 'point')} not drawn: not finite, or not positive on a logarithmic axis`;
  return [...(subtitle === undefined ? [] : [subtitle]), ...(missing === 0 ? [] : [note])];
}
