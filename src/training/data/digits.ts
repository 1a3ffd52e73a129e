import { cos, sin } from '../../networks/elementary.js';
import type { Dataset } from './dataset.js';
import { type Generator, generate } from './generator.js';
import { type Point, type Stroke, WAYS } from './glyphs.js';
import type { Random } from '../../random/random.js';

/**
 * A generator of digits as a hand might write them, 28 x 28 as in MNIST: strokes of a few styles under a random affine
 * map, with wobble, thickness, uneven ink, clutter and noise. It is not MNIST and its accuracies are not MNIST's; it is
 * there so that a network with real errors can be trained with nothing to fetch.
 */
const SIDE = 28;

export const DIGITS: Generator = { name: 'digits', shape: [1, SIDE, SIDE], classes: WAYS.length, draw: drawDigit };

/** `count` digits. @throws RangeError when there would be too many to keep */
export function digits(count: number, seed?: number): Dataset {
  return generate(DIGITS, count, seed);
}

function drawDigit(digit: number, random: Random): Float64Array {
  const ink = new Float64Array(SIDE * SIDE);
  const ways = WAYS[digit];
  const hand = drawHand(random);
  for (const stroke of ways[random.below(ways.length)]) {
    const points = smooth(stroke.map((point) => hand.place(jittered(point, random))));
    const pressure = random.between(0.75, 1);
    trace(ink, points, hand.radius * random.between(0.85, 1.15), hand.darkness * pressure);
  }
  addClutter(ink, random);
  smudge(ink, random);
  addNoise(ink, random);
  return ink;
}

interface Hand {
  /** From the glyph's unit box to pixels. */
  place(point: Point): Point;
  /** Half the thickness of a stroke in pixels. */
  radius: number;
  darkness: number;
}

function drawHand(random: Random): Hand {
  const angle = random.normal() * 0.17;
  const slant = random.normal() * 0.22;
  const width = random.between(10, 19);
  const height = random.between(15, 22);
  const centre: Point = [13.5 + random.normal() * 1.3, 13.5 + random.normal() * 1.3];
  const waves = [0, 1].map(() => ({
    amplitude: random.normal() * 0.7,
    pitch: random.between(2, 7),
    phase: random.between(0, 2 * Math.PI),
  }));
  return {
    radius: random.between(0.55, 1.6),
    darkness: random.between(0.6, 1),
    place([x, y]) {
      const u = (x - 0.5) * width + (0.5 - y) * height * slant;
      const v = (y - 0.5) * height;
      const [across, down] = waves;
      return [
        centre[0] + u * cos(angle) - v * sin(angle) + across.amplitude * sin(across.pitch * y + across.phase),
        centre[1] + u * sin(angle) + v * cos(angle) + down.amplitude * sin(down.pitch * x + down.phase),
      ];
    },
  };
}

function jittered([x, y]: Point, random: Random): Point {
  return [x + random.normal() * 0.035, y + random.normal() * 0.035];
}

/** Catmull-Rom curve through the points, five pieces to a span. */
function smooth(points: readonly Point[]): Point[] {
  if (points.length < 3) return [...points];
  const curve: Point[] = [points[0]];
  for (let i = 0; i + 1 < points.length; i++) {
    const before = points[Math.max(i - 1, 0)];
    const after = points[Math.min(i + 2, points.length - 1)];
    for (let step = 1; step <= 5; step++) {
      const t = step / 5;
      const at = (d: 0 | 1) => catmullRom(before[d], points[i][d], points[i + 1][d], after[d], t);
      curve.push([at(0), at(1)]);
    }
  }
  return curve;
}

function catmullRom(a: number, b: number, c: number, d: number, t: number): number {
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

/** Inks every pixel by its distance to the line, soft over one pixel at the edge; crossing strokes do not add up. */
function trace(ink: Float64Array, points: Stroke, radius: number, darkness: number): void {
  for (let i = 0; i + 1 < points.length; i++) {
    const [x0, y0] = points[i];
    const [x1, y1] = points[i + 1];
    const reach = radius + 0.5;
    const rows = span(Math.min(y0, y1) - reach, Math.max(y0, y1) + reach);
    const cols = span(Math.min(x0, x1) - reach, Math.max(x0, x1) + reach);
    const length2 = (x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0);
    for (let y = rows[0]; y <= rows[1]; y++)
      for (let x = cols[0]; x <= cols[1]; x++) {
        const along = length2 === 0 ? 0 : ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length2;
        const t = Math.min(Math.max(along, 0), 1);
        const dx = x - x0 - t * (x1 - x0);
        const dy = y - y0 - t * (y1 - y0);
        const cover = Math.min(reach - Math.sqrt(dx * dx + dy * dy), 1) * darkness;
        if (cover > ink[y * SIDE + x]) ink[y * SIDE + x] = cover;
      }
  }
}

/** First and last pixel in a range, within the image. */
function span(low: number, high: number): [number, number] {
  return [Math.max(Math.ceil(low), 0), Math.min(Math.floor(high), SIDE - 1)];
}

/** Short stray strokes, as from a form's lines or a neighbour's tail. */
function addClutter(ink: Float64Array, random: Random): void {
  const strokes = random.below(4);
  for (let i = 0; i < strokes; i++) {
    const from: Point = [random.between(0, SIDE), random.between(0, SIDE)];
    const to: Point = [from[0] + random.normal() * 4, from[1] + random.normal() * 4];
    trace(ink, [from, to], random.between(0.4, 0.9), random.between(0.25, 0.8));
  }
}

/** Fades a round patch, in some of the images: a pen that skips. */
function smudge(ink: Float64Array, random: Random): void {
  if (random.unit() > 0.4) return;
  const [x0, y0] = [random.between(6, 22), random.between(5, 23)];
  const radius = random.between(1.5, 4);
  const left = random.between(0.1, 0.7);
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++)
      if ((x - x0) * (x - x0) + (y - y0) * (y - y0) < radius * radius) ink[y * SIDE + x] *= left;
}

function addNoise(ink: Float64Array, random: Random): void {
  const deviation = random.between(0.02, 0.16);
  const paper = random.between(0, 0.12);
  for (let p = 0; p < ink.length; p++) ink[p] += paper + random.normal() * deviation;
}
