/** Where labels of points go, so that none lies on another or on a point. Pixels, y downwards. */
export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Mean width of a letter, in units of the font's size. */
const LETTER = 0.64;
const BESIDE = 9;
/** Beyond this a line leads from the label to its point. */
const NEAR = 16;

export function textBox(left: number, middle: number, text: string, font: number): Box {
  return { left, right: left + LETTER * font * text.length, top: middle - 0.6 * font, bottom: middle + 0.6 * font };
}

/** The nearest free place: beside the point, above or below, and further off where those are taken; else the freest. */
export function freePlace(
  x: number,
  y: number,
  text: string,
  font: number,
  taken: readonly Box[],
  frame: { width: number; height: number },
): { left: number; middle: number; far: boolean } {
  const long = LETTER * font * text.length;
  const candidates = [0, 1, 2, 3, 4, 6, 8, 10, 13, 16].flatMap((step) =>
    [-step, step].flatMap((rows) => {
      const middle = y + rows * 1.3 * font;
      const beside = Math.abs(rows) > 1 ? [x - long / 2] : [];
      return [x + BESIDE, x - BESIDE - long, ...beside].map((left) => ({
        left,
        middle,
        far: Math.abs(middle - y) > NEAR,
      }));
    }),
  );
  const costs = candidates.map(({ left, middle }) => {
    const box = textBox(left, middle, text, font);
    const outside = box.left < 0 || box.right > frame.width || box.top < 0 || box.bottom > frame.height;
    return (outside ? 1e6 : 0) + taken.reduce((sum, other) => sum + overlap(box, other), 0);
  });
  return candidates[costs.indexOf(Math.min(...costs))];
}

function overlap(one: Box, other: Box): number {
  const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
  const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
  return wide > 0 && high > 0 ? wide * high : 0;
}
