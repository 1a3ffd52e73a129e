import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { randomFrom } from '../../src/random/random.js';
import { THOROUGH } from '../programs.js';
import { answered } from './answered.js';
import { lastbit, launcher } from './command.js';

/** Twice each: how often a command is killed before it has to end as one that was not. */
export const KILLS = THOROUGH ? 3 : 1;

/** Runs the real command and kills it after some time. @returns whether it was killed: it may have ended before */
export async function killedAfter(folder: string, args: readonly string[], milliseconds: number): Promise<boolean> {
  const child = spawn(process.execPath, [launcher, ...args], { cwd: folder, stdio: 'ignore', timeout: 300_000 });
  const ended = new Promise<string | null>((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
  const timer = setTimeout(() => child.kill('SIGKILL'), milliseconds);
  const signal = await ended;
  clearTimeout(timer);
  expect([null, 'SIGKILL'], 'the command did not end').toContain(signal);
  return signal === 'SIGKILL';
}

/** Every file below a folder with its bytes in base64, but those named. */
export function contentsOf(folder: string, without: readonly string[] = []): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => !without.includes(name));
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name)).toString('base64')]));
}

/**
 * Kills a command at moments drawn from a seed, twice in a row in the same folder, and lets it end: it must leave what the
 * same command leaves that was not disturbed. A moment at which it had ended already does not count: an earlier one is
 * drawn.
 */
export async function expectSameAfterKills(
  folder: string,
  args: readonly string[],
  { kills, seed, without }: { kills: number; seed: number; without?: readonly string[] },
): Promise<void> {
  const start = performance.now();
  const whole = lastbit(folder, [...args, '--out', 'whole']);
  expect(whole).toMatchObject({ status: 0 });
  const duration = performance.now() - start;
  const expected = contentsOf(join(folder, 'whole'), without);
  const random = randomFrom(seed, 0);
  let earlier = 1;
  for (let done = 0; done < kills; ) {
    const out = join(folder, 'killed');
    const moment = () => duration * earlier * (0.2 + 0.7 * random.unit());
    const killed = [
      await killedAfter(folder, [...args, '--out', 'killed'], moment()),
      await killedAfter(folder, [...args, '--out', 'killed'], moment() / 2),
    ];
    const again = lastbit(folder, [...args, '--out', 'killed']);
    expect([again.status, again.stdout]).toEqual([0, whole.stdout.replaceAll('whole', 'killed')]);
    expect(contentsOf(out, without)).toEqual(expected);
    expectNothingTwice(join(out, 'journal.ndjson'));
    rmSync(out, { recursive: true });
    if (killed[0]) done++;
    else earlier *= 0.8;
    expect(earlier, 'the command ends before it can be killed: give it more work').toBeGreaterThan(0.05);
  }
}

/** A journal has one line for each piece of work: what was done before a kill was not done again. */
function expectNothingTwice(journal: string): void {
  if (!existsSync(journal)) return;
  const [, ...lines] = readFileSync(journal, 'utf8').trimEnd().split('\n');
  const keys = lines.map((line) => (JSON.parse(line) as { key: string }).key);
  expect(new Set(keys).size).toBe(keys.length);
}

/** Runs a finished command again: every file keeps its bytes and its time, and the output is the same. */
export function expectNothingChanges(folder: string, args: readonly string[], out: string): void {
  const first = answered(folder, args);
  expect(first).toMatchObject({ status: 0 });
  const timesOf = () => readdirSync(join(folder, out)).map((name) => [name, lastModified(join(folder, out, name))]);
  const [contents, times] = [contentsOf(join(folder, out)), timesOf()];
  expect(answered(folder, args)).toEqual({ status: 0, stdout: first.stdout, stderr: expect.any(String) });
  expect(contentsOf(join(folder, out))).toEqual(contents);
  expect(timesOf()).toEqual(times);
}

function lastModified(path: string): bigint {
  return statSync(path, { bigint: true }).mtimeNs;
}
