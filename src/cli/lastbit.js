#!/usr/bin/env node
// The command's entry: builds when the sources are newer than the build, then hands over.
import { build, isBuilt } from './build.js';

try {
  if (!isBuilt()) build();
} catch (error) {
  console.error(`lastbit: ${error.message}`);
  process.exit(1);
}
await import('../../dist/cli/main.js');
