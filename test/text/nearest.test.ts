import { expect, it } from 'vitest';
import { didYouMean, nearest } from '../../src/text/nearest.js';

/** Optimal string alignment by its recursive definition. */
function distance(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  const [restA, restB] = [a.slice(0, -1), b.slice(0, -1)];
  const least = [
    distance(restA, b) + 1,
    distance(a, restB) + 1,
    distance(restA, restB) + (a.at(-1) === b.at(-1) ? 0 : 1),
  ];
  if (a.length > 1 && b.length > 1 && a.at(-1) === b.at(-2) && a.at(-2) === b.at(-1))
    least.push(distance(a.slice(0, -2), b.slice(0, -2)) + 1);
  return Math.min(...least);
}

/** All words of three letters up to a length. */
function words(length: number): string[] {
  const all = [''];
  for (const word of all) if (word.length < length) all.push(...['a', 'b', 'c'].map((letter) => word + letter));
  return all;
}

it('a name is near where no more than two letters differ, or a third of them', () => {
  // What two words begin with alike adds nothing to their distance.
  const tails = words(3);
  for (const prefix of ['', 'qrs', 'qrstuvw'])
    for (const a of tails)
      for (const b of tails) {
        const [name, candidate] = [`${prefix}${a}`, `${prefix}${b}`];
        const near = distance(a, b) <= Math.max(2, Math.floor(name.length / 3));
        const begins = name.length > 1 && candidate.startsWith(name);
        expect(nearest(name, [candidate]), `${name}, ${candidate}`).toBe(near || begins ? candidate : undefined);
      }
});

it('the nearest of all is taken, the first of those alike, whatever the case', () => {
  expect(nearest('abcd', ['axyd', 'abxd', 'abyd'])).toBe('abxd');
  expect(nearest('ABCD', ['zzzz', 'abcx'])).toBe('abcx');
  expect(nearest('abcd', ['abxd', 'abcd'])).toBe('abcd');
  expect(nearest('abdc', ['abxx', 'abcd'])).toBe('abcd');
  expect(nearest('x', ['xylophone'])).toBeUndefined();
  expect(nearest('xy', ['qq', 'xylophone'])).toBe('xylophone');
  expect(nearest('xy', ['aaaaa', 'xylophone', 'xz'])).toBe('xylophone');
  expect(nearest('abc', [])).toBeUndefined();
});

it('what may have been meant is asked, or nothing is said', () => {
  expect(didYouMean('rnee', ['rtz', 'rne'])).toBe('; did you mean "rne"?');
  expect(didYouMean('something else', ['rtz', 'rne'])).toBe('');
});
