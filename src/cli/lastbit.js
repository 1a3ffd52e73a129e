#!/usr/bin/env node
// The command's entry. A package has its build; in a checkout, what is older than its sources is built first.
import { existsSync, readFileSync } from 'node:fs';

const [first] = process.argv.slice(2);
if (first === '--version' || first === '-V' || first === 'version') {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  console.log(version);
} else {
  if (existsSync(new URL('./main.ts', import.meta.url))) {
    const { build, isBuilt } = await import('./build.js');
    try {
      if (!isBuilt()) await build();
    } catch (error) {
      console.error(`lastbit: ${error.message}`);
      process.exit(2);
    }
  }
  await import('../../dist/cli/main.js');
}
