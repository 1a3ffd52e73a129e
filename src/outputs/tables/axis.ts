/** Axes with a domain of their own data: its place in pixels is known, so that labels can be laid out. */
export interface Axis {
  pixel(value: number): number;
  value(pixel: number): number;
  /** As Vega-Lite takes them. */
  scale: { type: 'log' | 'linear'; domain: [number, number]; nice: false; zero?: false };
  axis: { labelAngle: 0; values?: number[]; tickCount?: number; format?: string; grid: true };
}

/** The share of the data's span that is left free at either end. */
const MARGIN = 0.06;
/** Marks that an axis takes without crowding. */
const [FEWEST, MOST] = [4, 9];

export function linearAxis(values: readonly number[], pixels: readonly [number, number]): Axis {
  const domain = widened(Math.min(...values), Math.max(...values), 1);
  return {
    ...mapping(domain, pixels),
    scale: { type: 'linear', domain, nice: false, zero: false },
    axis: { labelAngle: 0, tickCount: 8, grid: true },
  };
}

/** @param values all positive */
export function logAxis(values: readonly number[], pixels: readonly [number, number]): Axis {
  const logs = widened(Math.log10(Math.min(...values)), Math.log10(Math.max(...values)), 0.1);
  const { pixel, value } = mapping(logs, pixels);
  const domain: [number, number] = [10 ** logs[0], 10 ** logs[1]];
  return {
    pixel: (at) => pixel(Math.log10(at)),
    value: (at) => 10 ** value(at),
    scale: { type: 'log', domain, nice: false },
    axis: { labelAngle: 0, values: logTicks(domain), format: ',~r', grid: true },
  };
}

/** @param least span of data that lie in one point */
function widened(low: number, high: number, least: number): [number, number] {
  const span = Math.max(high - low, least);
  return [low - MARGIN * span, high + MARGIN * span];
}

function mapping([low, high]: readonly [number, number], [from, to]: readonly [number, number]) {
  return {
    pixel: (value: number) => from + ((value - low) / (high - low)) * (to - from),
    value: (pixel: number) => low + ((pixel - from) / (to - from)) * (high - low),
  };
}

/** Round numbers of a logarithmic axis, as many as it takes. */
function logTicks([low, high]: readonly [number, number]): number[] {
  const series = [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 5, 7], [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 4, 5, 6, 7, 8, 9]];
  const ticks = series.map((digits) => {
    const found: number[] = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
      for (const digit of digits) found.push(Number((digit * 10 ** power).toPrecision(3)));
    return found.filter((tick) => tick >= low && tick <= high);
  });
  const found = ticks.find(({ length }) => length >= FEWEST && length <= MOST);
  if (found !== undefined) return found;
  const [powers] = ticks;
  const each = Math.ceil(powers.length / MOST);
  return each > 1 ? powers.filter((_, i) => i % each === 0) : ticks[ticks.length - 1];
}
