// Adds up the closing lines of vitest runs in a log and prints `N passed, N failed, N skipped`.
import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

const totals = { passed: 0, failed: 0, skipped: 0 };
const log = stripVTControlCharacters(readFileSync(process.argv[2], 'utf8'));
for (const [, line] of log.matchAll(/^\s*Tests\s+(.+)$/gm)) {
  for (const [, count, outcome] of line.matchAll(/(\d+) (passed|failed|skipped)/g)) totals[outcome] += Number(count);
}
if (totals.passed === 0) throw new Error('no test ran');
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
if (totals.failed > 0) process.exitCode = 1;
