import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  AtomicFile,
  announceTo,
  type BegunEvent,
  checkFile,
  checkFolder,
  discard,
  discardUnfinished,
  forgetInputs,
  ledger,
  makeFolder,
  protectInputs,
  writeChanged,
  writeWhole,
  writingFiles,
} from '../../../src/outputs/files/file.js';
import { shortHost } from '../../../src/outputs/files/holder.js';
import { inLockedFolder, LOCK, lockFolder } from '../../../src/outputs/files/lock.js';
import { folderWith } from '../../cli/command.js';

it('a file appears whole when its writer ends', async () => {
  const folder = folderWith();
  const path = join(folder, 'out.txt');
  const large = 'x'.repeat(600_000);
  await writingFiles([path], ([file]) => {
    file.write('head\n');
    file.write(large);
    expect(existsSync(path)).toBe(false);
  });
  expect(readFileSync(path, 'utf8')).toBe(`head\n${large}`);
  expect(readdirSync(folder)).toEqual(['out.txt']);
});

it('a failure leaves what was there before, for all files of a set', async () => {
  const folder = folderWith({ a: 'old' });
  const failing = writingFiles([join(folder, 'a'), join(folder, 'b')], ([a, b]) => {
    a.write('new');
    b.write('new');
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(readdirSync(folder)).toEqual(['a']);
  expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('old');
});

it('a signal removes what is unfinished', async () => {
  const folder = folderWith();
  const writing = writingFiles([join(folder, 'a')], () => {
    expect(readdirSync(folder)).toHaveLength(1);
    discardUnfinished();
    expect(readdirSync(folder)).toEqual([]);
    throw new Error('stopped');
  });
  await expect(writing).rejects.toThrow('stopped');
});

it('names the file that was asked for', async () => {
  const folder = folderWith();
  mkdirSync(join(folder, 'sub'));
  writeFileSync(join(folder, 'sub', 'x'), '');
  await expect(writeWhole(join(folder, 'none', 'x'), '')).rejects.toMatchObject({
    code: 'ENOENT',
    path: join(folder, 'none', 'x'),
  });
  await expect(writeWhole(join(folder, 'sub'), '')).rejects.toMatchObject({
    code: 'EISDIR',
    path: join(folder, 'sub'),
  });
});

/** A process that has ended: its number is that of none, or of another. */
function deadPid(): number {
  const { pid, status } = spawnSync(process.execPath, ['-e', ''], { timeout: 60_000 });
  expect(status).toBe(0);
  return pid;
}

/** A process that runs until the test ends. */
function livePid(): number {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'ignore', timeout: 60_000 });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child.pid as number;
}

/** What this process says of its start: nothing where there is no /proc. Taking the lock sweeps the folder. */
function ownStart(folder: string): string {
  const release = lockFolder(folder);
  const { start } = JSON.parse(readFileSync(join(folder, LOCK), 'utf8')) as { start: string };
  release();
  return start;
}

describe('leftovers', () => {
  it('of dead processes are swept by the next file in the folder, and no others', async () => {
    const folder = folderWith();
    const [dead, live, here] = [deadPid(), livePid(), shortHost(hostname())];
    const gone = [`.a.${dead}.partial`, `.b.memh.${dead}.${here}-x-0.partial`];
    if (ownStart(folderWith()) !== '') gone.push(`.c.${live}.${here}-begunearlier-0.partial`);
    const kept = [
      `.a.${live}.partial`,
      `.b.${dead}.${shortHost('elsewhere')}-x-0.partial`,
      'a.partial',
      `a.${dead}.partial`,
      '.partial',
    ];
    for (const name of [...gone, ...kept]) writeFileSync(join(folder, name), '');
    await writeWhole(join(folder, 'out'), 'x');
    expect(readdirSync(folder).sort()).toEqual([...kept, 'out'].sort());
  });

  it('a name of 255 bytes can be written', async () => {
    const name = 'x'.repeat(255);
    const folder = folderWith();
    await writeWhole(join(folder, name), 'x');
    expect(readdirSync(folder)).toEqual([name]);
  });
});

describe('what was begun', () => {
  it('is announced before it is there and after it is gone, and can be cleaned up from that alone', async () => {
    const folder = folderWith();
    const events: (BegunEvent & { there: boolean })[] = [];
    const other = ledger();
    announceTo((event) => {
      events.push({ ...event, there: existsSync(event.path) });
      other.note(event);
    });
    onTestFinished(() => announceTo(undefined));
    const out = join(folder, 'a', 'b');
    await expect(
      inLockedFolder(out, async () => {
        const file = new AtomicFile(join(out, 'x'));
        file.write('half');
        expect(readdirSync(out)).toHaveLength(2);
        other.discard();
        expect(readdirSync(folder)).toEqual([]);
        file.discard();
        throw new Error('stopped');
      }),
    ).rejects.toThrow('stopped');
    expect(events.some(({ kind }) => kind === 'file')).toBe(true);
    expect(
      events.filter(({ kind, path }) => kind === 'folder' && path.startsWith(folder)).map(({ path }) => path),
    ).toEqual([out, join(folder, 'a')]);
    // A lock that another process has may be there when ours is begun.
    expect(events.filter(({ there }) => there)).toEqual([]);
    const open = ledgerOf(events.filter(({ kind }) => kind !== 'folder'));
    expect(open).toEqual([]);
  });

  it('leaves folders that are not empty, and the locks of others', () => {
    const folder = folderWith();
    makeFolder(join(folder, 'made'));
    writeFileSync(join(folder, 'made', LOCK), JSON.stringify({ pid: process.pid, host: 'elsewhere', start: '' }));
    discard([
      { kind: 'lock', path: join(folder, 'made', LOCK) },
      { kind: 'folder', path: join(folder, 'made') },
      { kind: 'folder', path: join(folder, 'none') },
      { kind: 'file', path: join(folder, 'none', 'x') },
    ]);
    expect(readdirSync(join(folder, 'made'))).toEqual([LOCK]);
  });
});

/** What a listener still knows as begun. */
function ledgerOf(events: readonly BegunEvent[]): string[] {
  const open = new Set<string>();
  for (const { kind, path, begun } of events) open[begun ? 'add' : 'delete'](`${kind} ${path}`);
  return [...open];
}

describe('a lock', () => {
  it('is held by one, names it, and can be taken when it is free', () => {
    const folder = folderWith();
    const release = lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow(
      `${folder} is in use by process ${process.pid} on ${hostname()}: wait for it, or take another --out`,
    );
    release();
    lockFolder(folder)();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of a dead process is taken over; also where its number is another’s now', () => {
    const folder = folderWith();
    const start = ownStart(folder);
    const holders = [{ pid: deadPid(), host: hostname(), start: 'x' }];
    if (start !== '') holders.push({ pid: process.pid, host: hostname(), start: 'earlier' });
    for (const holder of holders) {
      writeFileSync(join(folder, LOCK), JSON.stringify(holder));
      // A process that died while it took over what another left.
      writeFileSync(join(folder, `${LOCK}.77x`), JSON.stringify(holders[0]));
      const release = lockFolder(folder);
      expect(JSON.parse(readFileSync(join(folder, LOCK), 'utf8'))).toMatchObject({ pid: process.pid, start });
      release();
      expect(readdirSync(folder)).toEqual([]);
    }
  });

  it('of a live process, of another host, or of nobody that it names is left alone', () => {
    const folder = folderWith();
    const path = join(folder, LOCK);
    const [live, dead] = [livePid(), deadPid()];
    const cases: [string, string][] = [
      [
        JSON.stringify({ pid: live, host: hostname(), start: '' }),
        `is in use by process ${live} on ${hostname()}: wait`,
      ],
      [
        JSON.stringify({ pid: dead, host: 'elsewhere', start: '' }),
        `is in use by process ${dead} on elsewhere: take another --out, or remove ${path} if that process is gone`,
      ],
      ['', `${path} says nothing of who holds it: remove it if no lastbit works in ${folder}`],
      ...['-1', '0', '1.5', '"7"', '2e99'].map((pid): [string, string] => [
        `{"pid":${pid},"host":"x","start":""}`,
        `${path} says nothing of who holds it`,
      ]),
    ];
    for (const [content, message] of cases) {
      writeFileSync(path, content);
      expect(() => lockFolder(folder)).toThrow(message);
      expect(readFileSync(path, 'utf8')).toBe(content);
      expect(readdirSync(folder)).toEqual([LOCK]);
    }
  });

  it('of a dead process is taken over by one of many that come at once', { timeout: 120_000 }, async () => {
    const folder = folderWith();
    const built = new URL('../../../dist/outputs/files/lock.js', import.meta.url).href;
    const code = `
      import { lockFolder } from ${JSON.stringify(built)};
      const wait = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
      wait(Number(process.argv[1]) - Date.now());
      try { lockFolder(${JSON.stringify(folder)}); console.log('won'); wait(1000); } catch (error) { console.log(error.message); }
      process.kill(process.pid, 'SIGKILL');`;
    for (let round = 0; round < 3; round++) {
      writeFileSync(join(folder, LOCK), JSON.stringify({ pid: deadPid(), host: hostname(), start: `x${round}` }));
      const at = Date.now() + 1000;
      const said = await Promise.all(
        Array.from({ length: 6 }, () => outputOf(['--input-type=module', '-e', code, String(at)])),
      );
      expect(said.filter((line) => line === 'won\n')).toHaveLength(1);
      expect(said.filter((line) => line.includes('is in use by process'))).toHaveLength(5);
    }
  });
});

function outputOf(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, args, { timeout: 60_000, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  return new Promise((resolve) => child.once('close', () => resolve(text)));
}

describe('an output', () => {
  it('is never an input, by whatever name', () => {
    onTestFinished(forgetInputs);
    const folder = folderWith({ a: 'x', 't10k-images-idx3-ubyte': 'y' });
    symlinkSync(join(folder, 'a'), join(folder, 'soft'));
    linkSync(join(folder, 'a'), join(folder, 'hard'));
    symlinkSync(folder, join(folder, 'here'));
    protectInputs([join(folder, 'a'), folder, join(folder, 'none'), '/dev/null']);
    for (const name of ['a', './a', 'soft', 'hard', 'here/a', 'here/hard', 't10k-images-idx3-ubyte']) {
      const path = `${folder}/${name}`;
      expect(() => checkFile(path), name).toThrow(`cannot write ${path}: `);
      expect(() => new AtomicFile(path), name).toThrow('take another name');
    }
    const [own, soft] = ['a', 'soft'].map((name) => join(folder, name));
    expect(() => checkFile(own)).toThrow(`cannot write ${own}: this command reads it; take another name`);
    expect(() => checkFile(soft)).toThrow(
      `cannot write ${soft}: it is the same file as ${own}, which this command reads; take another name`,
    );
    for (const path of [join(folder, 'b'), join(folder, 'none'), '/dev/null'])
      expect(() => checkFile(path)).not.toThrow();
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('x');
  });

  it('is looked at before the work', () => {
    const folder = folderWith({ file: '' });
    const failing = (check: () => void) => {
      try {
        check();
        return 'fine';
      } catch (error) {
        return (error as NodeJS.ErrnoException).code;
      }
    };
    expect(failing(() => checkFile(join(folder, 'no', 'x')))).toBe('ENOENT');
    expect(failing(() => checkFile(folder))).toBe('EISDIR');
    expect(failing(() => checkFile(join(folder, 'file', 'x')))).toBe('ENOTDIR');
    expect(failing(() => checkFile(join(folder, 'x')))).toBe('fine');
    expect(failing(() => checkFolder(join(folder, 'file')))).toBe('EEXIST');
    expect(failing(() => checkFolder(join(folder, 'file', 'x')))).toBe('ENOTDIR');
    expect(failing(() => checkFolder(join(folder, 'a', 'b')))).toBe('fine');
    expect(failing(() => checkFile('/proc/x'))).not.toBe('fine');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('that is there with the same bytes is left as it is', async () => {
    const path = join(folderWith({ a: 'same' }), 'a');
    const before = statSync(path, { bigint: true });
    await writeChanged(path, 'same');
    expect(statSync(path, { bigint: true })).toMatchObject({ ino: before.ino, mtimeNs: before.mtimeNs });
    await writeChanged(path, Uint8Array.of(1, 2));
    expect([...readFileSync(path)]).toEqual([1, 2]);
  });
});

it('each file is begun once and ended once, committed or not', async () => {
  const folder = folderWith();
  const events: string[] = [];
  announceTo(({ begun, kind }) => events.push(`${kind} ${begun}`));
  onTestFinished(() => announceTo(undefined));
  await writeWhole(join(folder, 'a'), 'x');
  expect(events.splice(0)).toEqual(['file true', 'file false']);
  const failing = writingFiles([join(folder, 'a'), join(folder, 'b')], () => {
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(events).toEqual(['file true', 'file true', 'file false', 'file false']);
});
