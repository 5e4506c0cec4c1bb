import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import { Running } from '../../support/programs.ts';
import { oursWith } from '../gearman/ours.ts';
import { scripts } from './scripts.ts';
import { SIDES } from './sides.ts';

/** Workers in Perl are slow to notice what has changed. */
const PATIENCE = { timeout: 120_000 };

const there = scripts();

/** Perl's timeouts are seconds, its jobs fail by them, and what a worker says too late is to be no error, of which it would die. */
const PERLISH = oursWith({ timeoutUnit: 's', lateResults: 'ignore', defaults: { retries: { timeout: 0 } } });

const rows = SIDES.flatMap((side) =>
  there.map((script) => ({ side, script, title: `${script.name} with ${side.name}` })),
);

describe.concurrent('clients and workers of other languages', () => {
  test.for(rows)('$title', PATIENCE, async ({ side, script }, { onTestFinished }) => {
    const flags = script.flags[side.name];
    const server = await (flags.includes('timeouts=yes') ? PERLISH : side.start)();
    const folder = mkdtempSync(join(tmpdir(), 'wirewright-gearman-'));
    const file = fileURLToPath(new URL(script.file, import.meta.url));
    const args = [`servers=127.0.0.1:${server.port}`, `folder=${folder}`, ...flags];
    const running = new Running(script.interpreter, [file, ...args]);
    onTestFinished(async () => {
      running.destroy();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    });
    const code = await running.ended;
    const lines = running.output.split('\n').filter((line) => line !== '');
    expect(lines.filter((line) => !line.startsWith('ok ')).join('\n')).toBe('');
    expect([lines.length, code]).toEqual([script.checks, 0]);
  });
});
