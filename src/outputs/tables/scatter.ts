import { type Axis, linearAxis, logAxis } from './axis.js';
import { type Box, freePlace, textBox } from './labels.js';
import { svgOf, WHOLE_LABELS } from './svg.js';

/** A scatter plot as data: a colour for each group, filled or hollow points with a label beside. */
export interface ScatterPlot {
  title: string;
  subtitle?: string;
  x: { title: string; scale?: 'log' };
  y: { title: string };
  points: readonly ScatterPoint[];
}

interface ScatterPoint {
  x: number;
  y: number;
  group: string;
  label: string;
  filled: boolean;
}

/** Points that lie on each other, to the pixel. */
interface Place {
  x: number;
  y: number;
  points: ScatterPoint[];
}

const [WIDTH, HEIGHT] = [760, 460];
/** With more places than this, hollow points have no names. */
const FEW = 24;
/** Names that one label takes. */
const NAMES = 3;
const FONT = 9;

const NOTES = 'line: the most accurate for that energy or less; a ring for each kind of method in one place';

/** As SVG text, the same bytes each time: no point hides another, and the front is a line of steps. */
export async function scatterSvg({ title, subtitle, x, y, points }: ScatterPlot): Promise<string> {
  const across = (x.scale === 'log' ? logAxis : linearAxis)(
    points.map((point) => point.x),
    [0, WIDTH],
  );
  const up = linearAxis(
    points.map((point) => point.y),
    [HEIGHT, 0],
  );
  const places = placesOf(points, across, up);
  const encodings = {
    x: { field: 'x', type: 'quantitative' as const, title: x.title, scale: across.scale, axis: across.axis },
    y: { field: 'y', type: 'quantitative' as const, title: y.title, scale: up.scale, axis: up.axis },
  };
  const groups = [...new Set(points.map(({ group }) => group))];
  const color = {
    field: 'group',
    type: 'nominal' as const,
    title: null,
    scale: { domain: groups },
    legend: WHOLE_LABELS,
  };
  const size = { field: 'size', type: 'quantitative' as const, scale: null };
  const labels = labelsOf(places, across, up);
  return svgOf({
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: { text: title, subtitle: [...(subtitle === undefined ? [] : [subtitle]), NOTES], anchor: 'start' },
    width: WIDTH,
    height: HEIGHT,
    background: 'white',
    layer: [
      {
        data: { values: frontOf(points, across.value(WIDTH)) },
        mark: { type: 'line', interpolate: 'step-after', color: '#999', strokeWidth: 1, strokeDash: [4, 3] },
        encoding: encodings,
      },
      {
        data: { values: labels.filter(({ far }) => far) },
        mark: { type: 'rule', color: '#bbb', strokeWidth: 0.6 },
        encoding: {
          x: encodings.x,
          y: encodings.y,
          x2: { field: 'labelX' },
          y2: { field: 'labelY' },
        },
      },
      {
        data: { values: ringsOf(places).filter(({ filled }) => filled) },
        mark: { type: 'circle', opacity: 1 },
        encoding: { ...encodings, color, size },
      },
      {
        data: { values: ringsOf(places).filter(({ filled }) => !filled) },
        mark: { type: 'point', opacity: 1, strokeWidth: 1.5 },
        encoding: { ...encodings, color, size },
      },
      {
        data: { values: labels },
        mark: { type: 'text', align: 'left', baseline: 'middle', fontSize: FONT },
        encoding: {
          x: { ...encodings.x, field: 'labelX' },
          y: { ...encodings.y, field: 'labelY' },
          text: { field: 'text', type: 'nominal' },
        },
      },
    ],
  });
}

function placesOf(points: readonly ScatterPoint[], across: Axis, up: Axis): Place[] {
  const places = new Map<string, Place>();
  for (const point of points) {
    const key = [Math.round(across.pixel(point.x)), Math.round(up.pixel(point.y))].join(' ');
    const place = places.get(key) ?? { x: point.x, y: point.y, points: [] };
    place.points.push(point);
    places.set(key, place);
  }
  return [...places.values()];
}

/** A ring for each group of a place, the first innermost; filled where one of the group's points is. */
function ringsOf(places: readonly Place[]) {
  const rings = places.flatMap(({ x, y, points }) =>
    [...new Set(points.map(({ group }) => group))].map((group, ring) => ({
      x,
      y,
      group,
      size: (7 + 5 * ring) ** 2,
      filled: ring === 0 && points.some((point) => point.group === group && point.filled),
    })),
  );
  // What is wide lies below what is narrow.
  return rings.toSorted((one, other) => other.size - one.size);
}

/** The points that none of at most their x surpasses in y, and on to the end of the axis. */
function frontOf(points: readonly ScatterPoint[], end: number): { x: number; y: number }[] {
  const front: { x: number; y: number }[] = [];
  for (const { x, y } of points.toSorted((one, other) => one.x - other.x || other.y - one.y))
    if (front.length === 0 || y > front[front.length - 1].y) front.push({ x, y });
  return [...front, { x: end, y: front[front.length - 1].y }];
}

interface Label {
  text: string;
  x: number;
  y: number;
  labelX: number;
  labelY: number;
  /** So far from its place that a line leads to it. */
  far: boolean;
}

/** Names of filled places, and of all where they are few; of the others their number where it is not one. */
function labelsOf(places: readonly Place[], across: Axis, up: Axis): Label[] {
  const taken: Box[] = places.map(({ x, y }) => {
    const [px, py] = [across.pixel(x), up.pixel(y)];
    return { left: px - 5, right: px + 5, top: py - 5, bottom: py + 5 };
  });
  return places.flatMap((place) => {
    const text = textOf(place, places.length <= FEW);
    if (text === '') return [];
    const [px, py] = [across.pixel(place.x), up.pixel(place.y)];
    const { left, middle, far } = freePlace(px, py, text, FONT, taken, { width: WIDTH, height: HEIGHT });
    taken.push(textBox(left, middle, text, FONT));
    return [{ text, x: place.x, y: place.y, labelX: across.value(left), labelY: up.value(middle), far }];
  });
}

function textOf({ points }: Place, all: boolean): string {
  const named = points.some(({ filled }) => filled) || all;
  if (!named) return points.length > 1 ? `${points.length}x` : '';
  const names = [...new Set(points.map(({ label }) => label))];
  const more = names.length - NAMES;
  return `${names.slice(0, NAMES).join(', ')}${more > 0 ? ` +${more}` : ''}`;
}
