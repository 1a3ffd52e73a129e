/** A table of the non-linear delay model: values over an input's transition and an output's load, each axis rising. */
export interface DelayTable {
  /** Of each axis of `values`, outermost first: what it is of, and its points in SI units. */
  axes: { of: 'slew' | 'load'; points: readonly number[] }[];
  /** Row by row. */
  values: readonly number[];
}

/** The interval of points that a value lies in, or is nearest to, and where in it: 0 to 1, or beyond. */
function place(points: readonly number[], x: number): { at: number; share: number } {
  let at = 0;
  while (at < points.length - 2 && x > points[at + 1]) at++;
  return { at, share: (x - points[at]) / (points[at + 1] - points[at]) };
}

/** Bilinear between the points and linear beyond them. @param load of constraints the other pin's transition */
export function lookUp({ axes, values }: DelayTable, slew: number, load: number): number {
  let corners = [{ at: 0, weight: 1 }];
  let stride = values.length;
  for (const { of, points } of axes) {
    stride /= points.length;
    const step = stride;
    const { at, share } = place(points, of === 'slew' ? slew : load);
    const sides =
      points.length < 2
        ? [[0, 1]]
        : [
            [at, 1 - share],
            [at + 1, share],
          ];
    corners = corners.flatMap((corner) =>
      sides.map(([point, part]) => ({ at: corner.at + point * step, weight: corner.weight * part })),
    );
  }
  return corners.reduce((sum, { at, weight }) => sum + weight * values[at], 0);
}
