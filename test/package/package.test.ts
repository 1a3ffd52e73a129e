import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { program } from '../programs.js';
import { pages, root, writeFiles } from '../readme.js';

/**
 * The package as a user gets it: packed in a fresh clone, installed into empty folders of another account that has
 * nothing else. It asks npm's registry for the dependencies, so it is run by .ci/run and not by `npm test`.
 */
const NOBODY = 65534;
const home = mkdtempSync(join(tmpdir(), 'lastbit-package-'));
const clone = join(home, 'clone');
let tarball = '';
/** Of the machine, so that npm reaches its registry: a prefix of one's own would move the machine's settings out of sight. */
const ENVIRONMENT = {
  ...process.env,
  npm_config_globalconfig: program('npm', ['config', 'get', 'globalconfig']).stdout.trim(),
};

/** Another account where tests run as root, which alone may change accounts; else the same. */
const account = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** A folder that belongs to the account. */
function ownFolder(name: string): string {
  const folder = join(home, name);
  mkdirSync(folder);
  if (account.uid !== undefined) chownSync(folder, account.uid, account.gid);
  return folder;
}

function as(user: typeof account | object, folder: string, command: string, minutes = 3) {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command], {
    cwd: folder,
    encoding: 'utf8',
    timeout: minutes * 60_000,
    env: { ...ENVIRONMENT, HOME: join(home, 'home'), npm_config_cache: join(home, 'home', 'cache') },
    ...user,
  });
  return { status, stdout, stderr };
}

function succeeds(user: typeof account | object, folder: string, command: string): string {
  const result = as(user, folder, command);
  expect(result, result.stderr).toMatchObject({ status: 0 });
  return result.stdout;
}

beforeAll(() => {
  chmodSync(home, 0o755);
  ownFolder('home');
  succeeds({}, home, `git clone --quiet ${JSON.stringify(root)} clone`);
  succeeds({ env: process.env }, clone, 'npm pack');
  tarball = join(clone, readdirSync(clone).find((name) => name.endsWith('.tgz')) as string);
}, 300_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('installed into an empty folder', () => {
  let folder = '';
  const lastbit = (words: string) => succeeds(account, folder, `./node_modules/.bin/lastbit ${words}`);
  beforeAll(() => {
    folder = ownFolder('local');
    succeeds(account, folder, `npm install --no-fund --no-audit ${tarball}`);
    for (const page of pages) writeFiles(folder, page);
  }, 300_000);

  it('runs the main job, which finds the networks of the package', () => {
    expect(lastbit('demo --images 20')).toContain('wrote traces/six.csv, traces/six.layers.csv');
    expect(existsSync(join(folder, 'traces/six.csv'))).toBe(true);
  });

  it.each(pages.flatMap(({ steps }) => steps))('$command', ({ command, output }) => {
    const own = command.replaceAll('npx lastbit', './node_modules/.bin/lastbit');
    const result = as(account, folder, own);
    expect(`${result.stdout}${result.stderr}`).toBe(output);
  });

  it('holds neither sources nor maps, and builds nothing', () => {
    const files = readdirSync(join(folder, 'node_modules/lastbit'), { recursive: true }) as string[];
    expect(files.filter((name) => /(?<!\.d)\.ts$|\.map$|cli\/build\.js$/.test(name))).toEqual([]);
    expect(files.filter((name) => name === 'LICENSE' || name === 'CHANGELOG.md').length).toBe(2);
  });

  it.each(['nodenext', 'bundler'])('has types for a strict project, %s', (resolution) => {
    writeFileSync(
      join(folder, 'own.ts'),
      "import { minMax, quantizeValues } from 'lastbit';\nexport const codes: ArrayLike<number> = quantizeValues([1, 2], 'int8', minMax).codes;\n",
    );
    const module = resolution === 'nodenext' ? 'nodenext' : 'esnext';
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          module,
          moduleResolution: resolution,
          target: 'es2023',
          noEmit: true,
          types: [],
        },
        files: ['own.ts'],
      }),
    );
    expect(succeeds({}, folder, `node ${join(root, 'node_modules/typescript/bin/tsc')} -p .`)).toBe('');
    writeFileSync(join(folder, 'wrong.ts'), "import { quantizeValues } from 'lastbit';\nquantizeValues(1);\n");
    expect(
      as(
        {},
        folder,
        `node ${join(root, 'node_modules/typescript/bin/tsc')} --noEmit --strict --module ${module} wrong.ts`,
      ).status,
    ).not.toBe(0);
  });
});

it('installed for a whole machine', () => {
  const folder = ownFolder('global');
  succeeds(account, folder, `npm install --no-fund --no-audit --global --prefix ./prefix ${tarball}`);
  const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version as string;
  expect(succeeds(account, folder, './prefix/bin/lastbit --version')).toBe(`${version}\n`);
  expect(succeeds(account, folder, './prefix/bin/lastbit demo --images 10 --out out')).toContain('wrote out/six.csv');
});

it('run by npx from the tarball', () => {
  expect(succeeds(account, ownFolder('npx'), `npx --yes --package ${tarball} lastbit list formats`)).toContain(
    'e4m3fn',
  );
});

it('a second account runs a shared checkout that the first has built', () => {
  expect(succeeds(account, clone, 'node src/cli/lastbit.js list formats')).toContain('e4m3fn');
});

it('is clean for publint and for arethetypeswrong, whose profile is that of ESM alone', () => {
  const folder = ownFolder('lint');
  expect(succeeds(account, folder, `npx --yes publint@0.3.25 ${tarball} --strict`)).toContain('All good!');
  succeeds(account, folder, `npx --yes @arethetypeswrong/cli@0.18.5 ${tarball} --profile esm-only`);
});
