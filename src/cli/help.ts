import type { Argv } from 'yargs';
import { type Command, positionalsOf } from './command.js';
import { COMMANDS } from './commands.js';
import { modeLines } from './modes.js';
import { terminalWidth } from './terminal.js';

const WIDEST = 120;

/** yargs lays out the help; it is loaded for that alone, as it takes longer to load than most commands to run. */
async function page(): Promise<Argv> {
  const { default: yargs } = await import('yargs');
  return yargs()
    .locale('en')
    .scriptName('lastbit')
    .version(false)
    .help(false)
    .wrap(Math.min(terminalWidth(), WIDEST))
    .option('help', { type: 'boolean', alias: 'h', describe: 'show this' });
}

/** All commands, a line each. */
export async function generalHelp(): Promise<string> {
  const help = (await page())
    .usage('lastbit <command> [options]\n\nThe bits that MAC hardware gives, and the cycles it takes.')
    .option('version', { type: 'boolean', alias: 'V', describe: 'show the version' })
    .epilogue('lastbit help <command> shows examples; lastbit init writes samples to begin with.');
  for (const { usage, summary } of COMMANDS) help.command(usage, summary);
  return help.getHelp();
}

/** A command's options, with examples. */
export async function commandHelp(command: Command): Promise<string> {
  const help = (await page()).usage(`lastbit ${command.usage}\n\n${command.summary}`);
  const positionals = positionalsOf(command);
  for (const [name, option] of Object.entries(command.options)) {
    const { demandOption: _demand, ...rest } = option;
    if (positionals.includes(name)) help.positional(name, rest as Parameters<typeof help.positional>[1]);
    else help.option(name, option);
  }
  for (const [line, purpose] of command.examples) help.example(`lastbit ${line}`, purpose);
  const modes = modeLines(command);
  if (modes.length > 0) help.epilogue(`Which options go together:\n${modes.map((line) => `  ${line}`).join('\n')}\n`);
  return help.epilogue('lastbit help lists all commands.').getHelp();
}
