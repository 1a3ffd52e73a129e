import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fingerprintOf, openJournal } from '../../src/simulate/journal.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lastbit-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const outcome = { images: 10, accuracy: 0.9, sqnrExactDb: Infinity, sqnrFloatDb: -3.5 };

it('what was added is there when it is opened again, infinities too', () => {
  const path = join(folder, 'journal');
  const first = openJournal(path, 'x');
  first.add('one', outcome);
  first.close();
  const second = openJournal(path, 'x');
  expect(second.resumed).toBe(1);
  expect(second.find('one')).toEqual(outcome);
  expect(second.find('two')).toBeUndefined();
  second.close();
});

it('a line torn by a kill is dropped and written again', () => {
  const path = join(folder, 'journal');
  const first = openJournal(path, 'x');
  first.add('one', outcome);
  first.close();
  const whole = readFileSync(path, 'utf8');
  appendFileSync(path, '{"arithmetic":"two","outc');
  const second = openJournal(path, 'x');
  expect(second.find('two')).toBeUndefined();
  second.close();
  expect(readFileSync(path, 'utf8')).toBe(whole);
});

it('a journal of other inputs is refused', () => {
  const path = join(folder, 'journal');
  openJournal(path, fingerprintOf(['a', 'bc'])).close();
  expect(() => openJournal(path, fingerprintOf(['ab', 'c']))).toThrow(/belongs to another sweep/);
});
