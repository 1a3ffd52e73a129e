import yargs, { type Argv } from 'yargs';
import { didYouMean } from '../formats/nearest.js';
import { discardUnfinished } from '../outputs/file.js';
import { type Command, nameOf, positionalsOf } from './command.js';
import { accumulateCommand } from './accumulate.js';
import { checkCommand } from './check.js';
import { convertCommand } from './convert.js';
import { cyclesCommand } from './cycles.js';
import { demoCommand } from './demo.js';
import { exitCodeOf, explain, UsageError, Verdict } from './errors.js';
import { evalCommand } from './eval.js';
import { listCommand } from './list.js';
import { modelsCommand } from './models.js';
import { quantizeCommand } from './quantize.js';
import { rtlCommand } from './rtl.js';
import { runCommand } from './run.js';
import { schemaCommand } from './schema.js';
import { showCommand } from './show.js';
import { studyCommand } from './study.js';
import { sweepCommand } from './sweep.js';
import { print, remark } from './terminal.js';
import { traceCommand } from './trace.js';
import { trainCommand } from './train.js';
import { vectorsCommand } from './vectors.js';
import { VERSION } from './version.js';

/** Every command, in the order of the help. */
const COMMANDS: readonly Command[] = [
  runCommand,
  sweepCommand,
  studyCommand,
  trainCommand,
  cyclesCommand,
  traceCommand,
  demoCommand,
  modelsCommand,
  quantizeCommand,
  convertCommand,
  evalCommand,
  checkCommand,
  accumulateCommand,
  vectorsCommand,
  rtlCommand,
  listCommand,
  showCommand,
  schemaCommand,
];

/** Refuses an option that the command has not, before the parser finds others missing. */
function refuseUnknownOptions(argv: readonly string[], entry: Command): void {
  const aliases = Object.values(entry.options).flatMap(({ alias }) => alias ?? []);
  const known = [...Object.keys(entry.options), ...aliases, 'help', 'version'];
  for (const word of argv) {
    const name = /^--(?:no-)?([^=]+)/.exec(word)?.[1];
    if (name === undefined || known.includes(name)) continue;
    const near = didYouMean(name, known).replace(/"(.*)"/, '--$1');
    throw new UsageError(
      `${nameOf(entry)} has no option --${name}${near || `; see "lastbit ${nameOf(entry)} --help"`}`,
    );
  }
}

/** The parser takes a lone `-` (standard input or output) for an argument of its own: it is tied to its option. */
function tieDashes(argv: readonly string[]): string[] {
  return argv.flatMap((word, i) => {
    if (word === '-' && (argv[i - 1] ?? '').startsWith('--')) return [];
    return argv[i + 1] === '-' && word.startsWith('--') ? [`${word}=-`] : [word];
  });
}

/** The parser's complaint in one line that teaches. */
function complaint(message: string, entry: Command | undefined): string {
  const help = `see "lastbit ${entry === undefined ? '' : `${nameOf(entry)} `}--help"`;
  const shown = (option: string) =>
    entry !== undefined && positionalsOf(entry).includes(option) ? `<${option}>` : `--${option}`;
  const choice = /Argument: (\S+), Given: "(.*)", Choices: (.*)$/s.exec(message);
  if (choice !== null) {
    const choices = choice[3].replaceAll('"', '').split(', ');
    return `${shown(choice[1])} is one of ${choices.join(', ')}, found "${choice[2]}"${didYouMean(choice[2], choices)}`;
  }
  if (entry !== undefined && message.startsWith('Not enough non-option'))
    return `${entry.usage} needs ${positionalsOf(entry).map(shown).join(' ')}; ${help}`;
  const missing = /^Missing required arguments?: (.*)$/.exec(message);
  if (missing !== null) return `${missing[1].replace(/\w[\w-]*/g, shown)} must be given; ${help}`;
  return `${message}; ${help}`;
}

function register(parser: Argv, entry: Command): void {
  const positionals = positionalsOf(entry);
  parser.command(
    entry.usage,
    entry.summary,
    (sub) => {
      for (const [name, option] of Object.entries(entry.options)) {
        const { demandOption: _demand, ...rest } = option;
        if (positionals.includes(name)) sub.positional(name, rest as Parameters<typeof sub.positional>[1]);
        else sub.option(name, option);
      }
      for (const [line, purpose] of entry.examples) sub.example(`lastbit ${line}`, purpose);
    },
    (args) => entry.run(args as never),
  );
}

async function run(argv: readonly string[]): Promise<void> {
  const [first] = argv;
  const name = first === undefined || first.startsWith('-') ? undefined : first;
  const names = COMMANDS.map(nameOf);
  if (name !== undefined && !names.includes(name))
    throw new UsageError(`there is no command "${name}"${didYouMean(name, names) || '; "lastbit --help" lists them'}`);
  const entry = COMMANDS.find((candidate) => nameOf(candidate) === name);
  if (entry !== undefined) refuseUnknownOptions(argv, entry);
  const parser = yargs()
    .locale('en')
    .scriptName('lastbit')
    .usage('$0 <command> [options]\n\nThe bits that MAC hardware gives, and the cycles it takes.')
    .version(VERSION)
    .parserConfiguration({ 'camel-case-expansion': false, 'duplicate-arguments-array': false })
    .strict()
    .wrap(120)
    .exitProcess(false)
    .epilogue('lastbit <command> --help shows examples.')
    .fail((message: string | null, error: Error | undefined) => {
      throw error ?? new UsageError(complaint(message ?? 'it cannot be read', entry));
    });
  for (const entry of COMMANDS) register(parser, entry);
  if (argv.length === 0) print(await parser.getHelp());
  else await parser.parseAsync(tieDashes(argv));
}

/** Ends with the exit code of what was thrown, and one line that says why. */
function fail(thrown: unknown): never {
  // Whoever reads our output has gone away: nothing is wrong, and no one is left to tell.
  if ((thrown as NodeJS.ErrnoException | undefined)?.code === 'EPIPE') process.exit(0);
  if (!(thrown instanceof Verdict)) remark(explain(thrown));
  process.exit(exitCodeOf(thrown));
}

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
for (const [signal, code] of Object.entries(SIGNALS))
  process.once(signal, () => {
    discardUnfinished();
    remark(`stopped by ${signal}; what was not finished has been removed`);
    process.exit(code);
  });
process.on('exit', discardUnfinished);
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

run(process.argv.slice(2)).catch(fail);
