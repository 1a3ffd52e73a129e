import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildIn } from '../../src/simulate/build.js';
import { fingerprintOf, recordDigest } from '../../src/simulate/fingerprint.js';
import { openJournal } from '../../src/simulate/journal.js';
import { exactJson, fromExactJson } from '../../src/training/session/exactJson.js';
import { folderWith } from '../cli/command.js';

const outcome = { images: 10, accuracy: 0.9, sqnrExactDb: Infinity, sqnrFloatDb: -3.5 };

/** A journal with two lines in a folder of its own. */
function begun(): string {
  const path = join(folderWith(), 'journal');
  const journal = openJournal(path, 'build');
  journal.add('one', { 'unit.yaml': 'a', 'net.onnx': 'n' }, outcome);
  journal.add('two', { 'unit.yaml': 'a' }, 0.25);
  journal.close();
  return path;
}

describe('a journal', () => {
  it('has what was added when it is opened again, infinities too', () => {
    const path = begun();
    const again = openJournal(path, 'build');
    expect([again.find('one'), again.find('two'), again.find('three')]).toEqual([outcome, 0.25, undefined]);
    again.add('three', {}, outcome);
    again.close();
    expect(openJournal(path, 'build').find('three')).toEqual(outcome);
  });

  it('whose lines are whole is read and not touched', () => {
    const path = begun();
    const longAgo = new Date(2001, 1, 3);
    utimesSync(path, longAgo, longAgo);
    expect(openJournal(path, 'build').find('two')).toBe(0.25);
    expect(statSync(path).mtimeMs).toBe(longAgo.getTime());
  });

  it('spells an exact result as null and exact', () => {
    const [, first] = readFileSync(begun(), 'utf8').split('\n');
    expect(JSON.parse(first).value).toEqual({ ...outcome, sqnrExactDb: null, exact: true });
  });

  it('makes no file before the first line', () => {
    const path = join(folderWith(), 'journal');
    openJournal(path, 'build').close();
    expect(existsSync(path)).toBe(false);
  });

  it('drops a line torn at any byte, and goes on behind the whole ones', () => {
    const path = begun();
    const whole = readFileSync(path);
    const lines = whole.toString().split('\n');
    const second = Buffer.byteLength(`${lines[0]}\n${lines[1]}\n`);
    for (let length = second; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      const torn = openJournal(path, 'build');
      expect([torn.find('one'), torn.find('two')]).toEqual([outcome, undefined]);
      torn.add('two', { 'unit.yaml': 'a' }, 0.25);
      torn.close();
      expect(readFileSync(path).equals(whole)).toBe(true);
    }
    for (let length = 0; length < Buffer.byteLength(`${lines[0]}\n`); length++) {
      writeFileSync(path, whole.subarray(0, length));
      expect(openJournal(path, 'build').find('one')).toBeUndefined();
    }
  });

  it('names file and line of any damage, whichever byte of a whole line it is in', () => {
    const path = begun();
    const whole = readFileSync(path);
    const starts = [0, ...[...whole.keys()].filter((at) => whole[at] === 0x0a).map((at) => at + 1)];
    for (let at = starts[1]; at < whole.length - 1; at++) {
      if (whole[at] === 0x0a) continue;
      const bytes = Buffer.from(whole);
      bytes[at] ^= 1;
      if (bytes[at] === 0x0a) continue;
      writeFileSync(path, bytes);
      const line = starts.filter((start) => start <= at).length;
      expect(() => openJournal(path, 'build'), String(at)).toThrow(
        `${path}:${line}: the journal is damaged: take --fresh to begin again`,
      );
    }
    writeFileSync(path, 'nonsense\n');
    expect(() => openJournal(path, 'build')).toThrow(`${path}:1: the journal is damaged`);
    writeFileSync(path, 'null\n');
    expect(() => openJournal(path, 'build')).toThrow(`${path}:1: the journal is damaged`);
  });

  it.each([
    [7, {}],
    [null, {}],
    ['one', null],
    ['one', 'text'],
    ['one', undefined],
  ])('refuses a line whose key is %j and whose inputs are %j, though its digest is right', (key, inputs) => {
    const path = begun();
    const check = fingerprintOf([exactJson([key, inputs, 1])]).slice(0, 16);
    appendFileSync(path, `${exactJson({ key, inputs, value: 1, check })}\n`);
    expect(() => openJournal(path, 'build')).toThrow(`${path}:4: the journal is damaged: take --fresh to begin again`);
  });

  it('that is new, empty, or broken off in its first line is no other build’s', () => {
    const path = begun();
    const first = readFileSync(path, 'utf8').split('\n')[0];
    for (const text of [undefined, '', first]) {
      rmSync(path, { force: true });
      if (text !== undefined) writeFileSync(path, text);
      const journal = openJournal(path, 'build');
      expect([journal.foreign, journal.find('one')]).toEqual([false, undefined]);
      journal.add('one', {}, 1);
      journal.close();
      expect(openJournal(path, 'build').find('one')).toBe(1);
    }
  });

  it('of another build, or of a version that named none, is not used and is begun anew', () => {
    const path = begun();
    const other = openJournal(path, 'later');
    expect([other.foreign, other.find('one')]).toEqual([true, undefined]);
    other.add('one', {}, 1);
    other.close();
    expect(openJournal(path, 'later').find('one')).toBe(1);
    writeFileSync(path, '{"fingerprint":"f"}\n{"arithmetic":"one","outcome":{}}\n');
    expect(openJournal(path, 'build').foreign).toBe(true);
  });

  it('says which inputs were other ones when they were last worked on', () => {
    const journal = openJournal(begun(), 'build');
    expect(journal.changed({ 'unit.yaml': 'b', 'net.onnx': 'n', 'new.yaml': 'x' })).toEqual(['unit.yaml']);
    journal.add('three', { 'unit.yaml': 'b' }, 1);
    expect(journal.changed({ 'unit.yaml': 'b' })).toEqual([]);
    expect(journal.changed({ 'unit.yaml': 'a' })).toEqual(['unit.yaml']);
    journal.close();
  });
});

it('numbers that JSON has not come back, at any depth', () => {
  const value = { list: [{ db: -Infinity, sqnrExactDb: NaN }], sqnrExactDb: Infinity, plain: 1.5, none: null };
  expect(fromExactJson(exactJson(value))).toEqual(value);
  expect(exactJson(value)).not.toMatch(/:(NaN|-?Infinity)/);
});

it('digests tell parts, numbers and fields apart that plain JSON would not', () => {
  expect(fingerprintOf(['a', 'bc'])).not.toBe(fingerprintOf(['ab', 'c']));
  const values = [0, -0, NaN, Infinity, -Infinity, null, 'NaN', 1, 1n, '1n', [], {}, new Map([[1, 2]])];
  expect(new Set(values.map((value) => recordDigest({ value }))).size).toBe(values.length);
  expect(recordDigest(Float32Array.of(1))).not.toBe(recordDigest(Float32Array.of(2)));
});

it('the build is told by its code, not by its place', () => {
  const folder = folderWith();
  for (const name of ['a', 'a/room']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'a', 'index.js'), 'export {};\n');
  writeFileSync(join(folder, 'a', 'room', 'x.js'), '1;\n');
  const first = buildIn(join(folder, 'a'));
  writeFileSync(join(folder, 'a', 'room', 'x.js.map'), '{}');
  writeFileSync(join(folder, 'a', 'room', 'x.d.ts'), '');
  cpSync(join(folder, 'a'), join(folder, 'b'), { recursive: true });
  expect([buildIn(join(folder, 'a')), buildIn(join(folder, 'b'))]).toEqual([first, first]);
  appendFileSync(join(folder, 'b', 'room', 'x.js'), '2;\n');
  expect(buildIn(join(folder, 'b'))).not.toBe(first);
});
