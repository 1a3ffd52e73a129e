import { parse } from 'csv-parse/sync';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nameOf } from '../src/cli/command.js';
import { COMMANDS } from '../src/cli/commands.js';
import { isVersion } from './programs.js';
import { type Page, pages, proseOf, readme, root, type Step, writeFiles } from './readme.js';

/**
 * Runs the README and the pages of docs/, each in a folder of its own that has the models and the page's files: what
 * commands print is compared to the letter. A `ts` block is run with the package as `lastbit`; what follows `//` after a
 * line that prints is what it prints. A `diff` block must fit the files that it changes. Nothing a page names is missing.
 */
const SECONDS = 110;

const textsOf = ({ blocks }: Page, kind: string): string[] =>
  blocks.filter((block) => block.kind === kind).map(({ text }) => text);

describe.each(pages)('$name', (page) => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lastbit-page-'));
    cpSync(join(root, 'models'), join(folder, 'models'), { recursive: true });
    writeFiles(folder, page);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (command: string, args: string[]) =>
    spawnSync(command, args, { cwd: folder, encoding: 'utf8', timeout: SECONDS * 1000 });

  // What `gates` prints depends on how Yosys maps: held with the version that the page names.
  const known = isVersion('yosys', '0.23');
  const isHeld = ({ command }: Step) => known || !command.startsWith('npx lastbit gates ');
  if (!page.steps.every(isHeld)) it.skip('commands that need Yosys 0.23', () => {});

  it.each(page.steps.filter(isHeld))('$command', ({ command, output }) => {
    const own = command.replaceAll('npx lastbit', `${process.execPath} ${join(root, 'src/cli/lastbit.js')}`);
    const result = run('bash', ['-c', own]);
    expect(`${result.stdout}${result.stderr}`).toBe(output);
  });

  it.each(textsOf(page, 'ts'))('%s', (block) => {
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    if (!existsSync(join(folder, 'node_modules/lastbit'))) symlinkSync(root, join(folder, 'node_modules/lastbit'));
    writeFileSync(join(folder, 'block.mjs'), block);
    const wanted = [...block.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]);
    expect(wanted.length).toBeGreaterThan(0);
    const { stdout, stderr } = run(process.execPath, ['block.mjs']);
    expect(stderr + stdout).toBe(`${wanted.join('\n')}\n`);
  });

  it.each(textsOf(page, 'diff'))('fits the files that it changes: %s', (diff) => {
    for (const [file, before] of changesOf(diff)) {
      if (file === '/dev/null') continue;
      expect(readFileSync(join(root, file), 'utf8'), file).toContain(before);
    }
  });

  it('has blocks of kinds that are held, and no file that no command reads', () => {
    const kinds = /^(console|ts|diff|sh|text|(yaml|csv|json|liberty) \S+)$/;
    const named = page.blocks.map(({ kind, name }) => (name === undefined ? kind : `${kind} ${name}`));
    expect(named.filter((kind) => !kinds.test(kind))).toEqual([]);
    const rest = (file: string) => page.blocks.filter(({ name }) => name !== file).map(({ text }) => text);
    const files = page.blocks.flatMap(({ name }) => name ?? []);
    expect(files.filter((file) => !rest(file).join('\n').includes(file))).toEqual([]);
  });

  it('names only scripts, files, pages, commands and options that exist', async () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const named = [...page.text.matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1]);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
    const prose = proseOf(page);
    const inCode = /(?:`|^)((?:src|test|traces|findings)\/[\w./-]*\w)(?![\w*])/gm;
    const files = [...page.text.matchAll(inCode)].map((match) => join(root, match[1]));
    const linked = [...prose.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].map(([, to]) =>
      join(root, dirname(page.name), to),
    );
    expect([...files, ...linked].filter((path) => !existsSync(path))).toEqual([]);
    expect(await missingOptions(prose)).toEqual([]);
  });

  it('is laid out as the others: what it is for, and where to go next', () => {
    expect(page.text).toMatch(/^# .+\n\n[A-Z*]/);
    if (page.name === 'README.md') return;
    expect(page.text).toMatch(/\n## Where to go next\n\n[^#]*\]\([^#]*$/);
  });
});

/** Each file of a diff with a run of its lines as they are before the change. */
function* changesOf(diff: string): Generator<readonly [string, string]> {
  let file = '';
  for (const part of diff.split(/^(?=--- |@@)/m)) {
    const lines = part.split('\n');
    if (part.startsWith('--- ')) file = lines[0].slice(4).replace(/^a\//, '');
    else yield [file, before(lines.slice(1))];
  }
}

const before = (lines: readonly string[]): string =>
  lines
    .filter((line) => /^[ -]/.test(line))
    .map((line) => `${line.slice(1)}\n`)
    .join('');

/** Options of commands in the text, `lastbit run x --target y`, that the command does not have. */
async function missingOptions(prose: string): Promise<string[]> {
  const missing: string[] = [];
  for (const [, name, rest] of prose.matchAll(/`(?:npx )?lastbit ([a-z]+)([^`]*)`/g)) {
    const entry = COMMANDS.find((command) => nameOf(command) === name);
    const options = Object.entries((await entry?.load())?.options ?? {});
    const known = ['help', ...options.flatMap(([option, { alias }]) => [option, alias].flat())];
    const words = [...rest.matchAll(/(?<= )--([a-z-]+)/g)].map((match) => match[1]);
    if (entry === undefined && name !== 'help') missing.push(name);
    missing.push(...words.filter((word) => !known.includes(word)).map((word) => `${name} --${word}`));
  }
  return missing;
}

describe('the README', () => {
  it('is read in one sitting', () => {
    const lines = readme.split('\n').slice(0, -1);
    expect(lines.length).toBeLessThanOrEqual(180);
    expect(lines.filter((line) => line.length > 170)).toEqual([]);
  });

  it('has the figures of the main job, as traces/six.csv has them', () => {
    const cells = (text: string) => text.split(/ {2,}/);
    const shown = [...readme.matchAll(/^\S+ +digits-\S+ .*\d$/gm)].map(([line]) => cells(line.trim()));
    const rows: Record<string, string>[] = parse(readFileSync(join(root, 'traces/six.csv')), { columns: true });
    const fixed = (text: string, digits: number) => (text === '' ? 'inf' : Number(text).toFixed(digits));
    const wanted = rows.map((row) => [
      row.target,
      row.network,
      fixed(row.accuracyPercent, 1),
      fixed(row.floatAccuracyPercent, 1),
      fixed(row.sqnrExactDb, 1),
      fixed(row.sqnrFloatDb, 1),
      row.cycles,
      (Number(row.energyPj) / 1000).toFixed(0),
      (Number(row.gatesEnergyPj) / 1000).toFixed(0),
    ]);
    expect(shown).toEqual(wanted);
  });

  it('lays out every room of src', () => {
    const rooms = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(rooms.filter(({ name }) => !readme.includes(`\nsrc/${name} `)).map(({ name }) => name)).toEqual([]);
  });

  it('leads to every page', () => {
    const linked = new Set([...readme.matchAll(/\]\((docs\/[\w-]+\.md)/g)].map((match) => match[1]));
    expect(pages.slice(1).filter(({ name }) => !linked.has(name))).toEqual([]);
  });
});
