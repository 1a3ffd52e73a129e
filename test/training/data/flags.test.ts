import { expect, it } from 'vitest';
import type { Random } from '../../../src/random/random.js';
import { FLAGS } from '../../../src/training/data/flags.js';

/**
 * The flags of the letters A, H, K, U, L, M, V, P, S and F as the International Code of Signals has them, by the colours at
 * six places across and six down: W, B, R, Y and K for black. The tails of A are left out.
 */
const PICTURES = [
  'WWWBBB WWWBBB WWWBBB WWWBBB WWWBBB WWWBBB',
  'WWWRRR WWWRRR WWWRRR WWWRRR WWWRRR WWWRRR',
  'YYYBBB YYYBBB YYYBBB YYYBBB YYYBBB YYYBBB',
  'RRRWWW RRRWWW RRRWWW WWWRRR WWWRRR WWWRRR',
  'YYYKKK YYYKKK YYYKKK KKKYYY KKKYYY KKKYYY',
  'WBBBBW BWBBWB BBWWBB BBWWBB BWBBWB WBBBBW',
  'RWWWWR WRWWRW WWRRWW WWRRWW WRWWRW RWWWWR',
  'BBBBBB BBBBBB BBWWBB BBWWBB BBBBBB BBBBBB',
  'WWWWWW WWWWWW WWBBWW WWBBWW WWWWWW WWWWWW',
  'WWRRWW WRRRRW RRRRRR RRRRRR WRRRRW WWRRWW',
];
const PLACES = [0.1, 0.3, 0.44, 0.56, 0.7, 0.9];

/** A near flag that hangs still and straight in a dim white light: nothing is drawn but its size. */
const still: Random = {
  word: () => 0,
  unit: () => 0,
  below: () => 0,
  normal: () => 0,
  between: (low, high) => (low > 0.6 ? high : low),
};
const LAMP = 0.5;
const [WIDTH, HEIGHT] = [22, 22 * 1.05];

/** Which of the colours is seen there: of red, green and blue those that are bright. */
const COLOURS: Readonly<Record<string, string>> = { '111': 'W', '000': 'K', '100': 'R', '110': 'Y', '001': 'B' };

it.each(PICTURES.map((picture, label) => [picture, label] as const))('%s', (picture, label) => {
  const light = FLAGS.draw(label, still);
  const seen = PLACES.map((v) =>
    PLACES.map((u) => {
      const [x, y] = [12 + (u - 0.5) * WIDTH, 12 + (v - 0.5) * HEIGHT].map(Math.floor);
      const bright = [0, 1, 2].map((plane) => Number(light[(24 * plane + y) * 24 + x] > 0.5 * LAMP));
      return COLOURS[bright.join('')];
    }).join(''),
  );
  expect(seen.join(' ')).toBe(picture);
});
