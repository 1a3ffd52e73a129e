// Answers one command line after another in one process, as the command's own thread does: most of what a short command takes is
// its start. Standard output and error are files, named in the arguments, that are emptied before each.
import { ftruncateSync, readFileSync, rmSync } from 'node:fs';
import { answer, report } from '../../dist/cli/shell.js';
import { announceTo, discardUnfinished } from '../../dist/outputs/files/begun.js';

announceTo(() => {});
const [folder, out, error] = process.argv.slice(2);

async function statusOf(words) {
  try {
    await answer(words);
    return 0;
  } catch (thrown) {
    discardUnfinished();
    return report(thrown);
  }
}

process.on('message', async ({ folder: at, words }) => {
  process.chdir(at);
  for (const descriptor of [1, 2]) ftruncateSync(descriptor, 0);
  const status = await statusOf(words);
  process.chdir('/');
  process.send({ status, stdout: readFileSync(out, 'utf8'), stderr: readFileSync(error, 'utf8') });
});
process.on('disconnect', () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit();
});
