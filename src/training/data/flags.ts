import { cos, sin } from '../../networks/elementary.js';
import type { Random } from '../../random/random.js';
import type { Dataset } from './dataset.js';
import { type Generator, generate } from './generator.js';

/**
 * A generator of signal flags as a camera might see them, 3 x 24 x 24 in red, green and blue: ten flags of the
 * International Code of Signals, chosen so that neither their patterns nor their colours alone tell them apart. They wave
 * in coloured light before any sky, far or near, turned, with a rope or a haze before them.
 */
const SIDE = 24;
const PIXELS = SIDE * SIDE;

type Colour = readonly [red: number, green: number, blue: number];

const WHITE: Colour = [0.95, 0.95, 0.95];
const BLACK: Colour = [0.08, 0.08, 0.08];
const RED: Colour = [0.8, 0.1, 0.12];
const YELLOW: Colour = [0.95, 0.8, 0.1];
const BLUE: Colour = [0.1, 0.2, 0.65];

/** The colour at a place of the cloth, in [0, 1] x [0, 1] from the mast and from above. */
type Pattern = (u: number, v: number) => Colour;

const halves =
  (first: Colour, second: Colour): Pattern =>
  (u) =>
    u < 1 / 2 ? first : second;
const quarters =
  (first: Colour, second: Colour): Pattern =>
  (u, v) =>
    u < 1 / 2 === v < 1 / 2 ? first : second;
const saltire =
  (cross: Colour, field: Colour): Pattern =>
  (u, v) =>
    Math.min(Math.abs(u - v), Math.abs(u + v - 1)) < 1 / 8 ? cross : field;
const square =
  (inner: Colour, outer: Colour): Pattern =>
  (u, v) =>
    Math.max(Math.abs(u - 1 / 2), Math.abs(v - 1 / 2)) < 1 / 6 ? inner : outer;
const diamond =
  (inner: Colour, outer: Colour): Pattern =>
  (u, v) =>
    Math.abs(u - 1 / 2) + Math.abs(v - 1 / 2) < 1 / 2 ? inner : outer;

/** A (without its tails), H, K, U, L, M, V, P, S and F. */
const PATTERNS: readonly Pattern[] = [
  halves(WHITE, BLUE),
  halves(WHITE, RED),
  halves(YELLOW, BLUE),
  quarters(RED, WHITE),
  quarters(YELLOW, BLACK),
  saltire(WHITE, BLUE),
  saltire(RED, WHITE),
  square(WHITE, BLUE),
  square(BLUE, WHITE),
  diamond(RED, WHITE),
];

export const FLAGS: Generator = { name: 'flags', shape: [3, SIDE, SIDE], classes: PATTERNS.length, draw: drawFlag };

/** `count` flags. @throws RangeError when there would be too many to keep */
export function flags(count: number, seed?: number): Dataset {
  return generate(FLAGS, count, seed);
}

/** Red, green and blue planes of light, in which 1 is the most that the camera holds. */
function drawFlag(label: number, random: Random): Float64Array {
  const light = drawSky(random);
  hang(light, clothOf(PATTERNS[label], random));
  stretchRopes(light, random);
  expose(light, random);
  return light;
}

const drawColour = (random: Random) => [0, 1, 2].map(() => random.between(0.1, 0.9));

/** One colour that runs into another from above to below. */
function drawSky(random: Random): Float64Array {
  const [above, below] = [drawColour(random), drawColour(random)];
  return Float64Array.from({ length: 3 * PIXELS }, (_, i) => {
    const c = Math.floor(i / PIXELS);
    const down = Math.floor((i % PIXELS) / SIDE) / (SIDE - 1);
    return above[c] * (1 - down) + below[c] * down;
  });
}

/** The colour of the cloth at a point of the image, and how much light its fold leaves; undefined beside the cloth. */
type Cloth = (x: number, y: number) => { colour: Colour; shade: number } | undefined;

function clothOf(pattern: Pattern, random: Random): Cloth {
  const angle = random.normal() * 0.25;
  const [along, across] = [cos(angle), sin(angle)];
  const width = random.between(11, 22);
  const height = width * random.between(0.65, 1.05);
  const centre = [0, 1].map(() => SIDE / 2 + random.normal() * 2);
  const wave = { height: random.between(0, 0.12), pitch: random.between(3, 9), phase: random.between(0, 2 * Math.PI) };
  const depth = random.between(0, 0.4);
  return (x, y) => {
    const [dx, dy] = [x - centre[0], y - centre[1]];
    const u = (dx * along + dy * across) / width + 0.5;
    if (u < 0 || u >= 1) return undefined;
    const fold = sin(wave.pitch * u + wave.phase);
    const v = (dy * along - dx * across) / height + 0.5 + wave.height * fold;
    if (v < 0 || v >= 1) return undefined;
    return { colour: pattern(u, v), shade: 1 - depth * (0.5 + 0.5 * fold) };
  };
}

/** Where a pixel is looked at; it is the mean of what is seen there. */
const POINTS = [0.25, 0.75].flatMap((down) => [0.25, 0.75].map((right) => [right, down] as const));

/** Puts the cloth before what is there. */
function hang(light: Float64Array, cloth: Cloth): void {
  for (let p = 0; p < PIXELS; p++) {
    const seen = POINTS.flatMap(([right, down]) => cloth((p % SIDE) + right, Math.floor(p / SIDE) + down) ?? []);
    for (let c = 0; c < 3; c++) {
      const behind = light[c * PIXELS + p] * (1 - seen.length / POINTS.length);
      light[c * PIXELS + p] = seen.reduce(
        (sum, { colour, shade }) => sum + (colour[c] * shade) / POINTS.length,
        behind,
      );
    }
  }
}

/** Dark or light lines from edge to edge, in some of the images. */
function stretchRopes(light: Float64Array, random: Random): void {
  const ropes = random.below(3);
  for (let rope = 0; rope < ropes; rope++) {
    const colour = random.between(0.05, 0.9);
    const half = random.between(0.3, 1);
    const [from, to] = [random.between(0, SIDE), random.between(0, SIDE)];
    const level = random.below(2) === 0;
    for (let p = 0; p < PIXELS; p++) {
      const [x, y] = [p % SIDE, Math.floor(p / SIDE)];
      const [at, beside] = level ? [x, y] : [y, x];
      const cover = Math.min(Math.max(half + 0.5 - Math.abs(beside - from - ((to - from) * at) / SIDE), 0), 1);
      for (let c = 0; c < 3; c++) light[c * PIXELS + p] += cover * (colour - light[c * PIXELS + p]);
    }
  }
}

/** The lamp's colour, haze, and the noise of the camera. */
function expose(light: Float64Array, random: Random): void {
  const lamp = random.between(0.5, 1.1);
  const tint = [0, 1, 2].map(() => lamp * (1 + random.normal() * 0.15));
  const haze = random.between(0, 0.5);
  const grey = random.between(0.3, 0.8);
  const deviation = random.between(0.01, 0.08);
  for (let i = 0; i < light.length; i++) {
    const lit = light[i] * tint[Math.floor(i / PIXELS)];
    light[i] = lit + haze * (grey - lit) + random.normal() * deviation;
  }
}
