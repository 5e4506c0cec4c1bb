import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, describe, expect, test } from 'vitest';

import { readResults } from '../../bench/src/report/results-file.ts';
import type { ResultsFile } from '../../bench/src/report/results-file.ts';

const main = fileURLToPath(new URL('../../bench/dist/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'wirewright-run-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const quick = ['--pairs', '1', '--processes', '1', '--seconds', '0.05', '--warm', '0.05'];

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** `npm run bench -- ...` without npm. */
function bench(args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  const child = spawn(process.execPath, [main, ...args], { env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, output })));
  return { child, ended, said: () => output };
}

/** The processes that have this in their environment, this one's children in it or not. */
function processesWith(mark: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark);
    } catch {
      return false;
    }
  });
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 600 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 25));
  expect(holds()).toBe(true);
}

describe('npm run bench', () => {
  test('lists what there is', async () => {
    const { code, output } = await bench(['--help']).ended;
    expect(code).toBe(0);
    for (const name of ['echo', 'memcached-server', 'gearman-client', 'publish']) expect(output).toContain(name);
  });

  test.each([
    ['a name that is none', ['ecko'], /ecko/],
    ['a case that is none', ['echo', '--cases', '64'], /"64" is not <connections>x<requests in flight>/],
    ['a number that is none', ['echo', '--pairs', 'many'], /It takes a number from 1 to 1000/],
    [
      'rows that are none',
      ['echo', '--only', 'nothing', '--json', join(folder, 'no-rows.json')],
      /no row has that in its name/,
    ],
  ])('refuses %s', async (_what, args, message) => {
    const { code, output } = await bench(args).ended;
    expect(code).not.toBe(0);
    expect(output).toMatch(message);
  });

  test('keeps what it measured, and says what became slower than before', async () => {
    const file = join(folder, 'results.json');
    const args = ['echo', '--cases', '1x1', '--only', 'line-view', '--json', file, ...quick];
    const { code, output } = await bench(args).ended;
    expect(output).toMatch(/1x1 line-view +bare node:net/);
    expect(code).toBe(0);
    const measured = readResults(file);
    expect(measured.reports[0]!.results[0]!.ours.value).toBeGreaterThan(0);
    // Nothing of where it was measured.
    expect(readFileSync(file, 'utf8')).not.toContain(process.execPath);

    const older = join(folder, 'older.json');
    // Rows are compared when both are by the same time, of the clock or of the CPU: which one is up to how busy the machine was.
    const bases = [undefined, 'cpu', undefined, 'cpu', undefined, 'cpu'] as const;
    let compared: Awaited<ReturnType<typeof bench>['ended']> | undefined;
    for (const basis of bases) {
      writeFileSync(older, JSON.stringify(changed(measured, { by: 1000, basis })));
      // An option counts in front of the name as well.
      compared = await bench(['--compare', older, ...args]).ended;
      if (!compared.output.includes('were compared by something else')) break;
    }
    expect(compared?.output).toMatch(/1x1 line-view +bare node:net.*slower/);
    expect(compared?.code).toBe(1);
  });

  test('names a peer that is missing with the command that installs it', async () => {
    const bin = mkdtempSync(join(folder, 'bin-'));
    symlinkSync(process.execPath, join(bin, 'node'));
    const without = { ...process.env, PATH: bin };
    const { code, output } = await bench(['memcached-server', '--json', join(folder, 'none.json')], without).ended;
    expect(output).toContain('memcached is missing (Debian: apt-get install memcached)');
    expect(code).toBe(0);
  });

  test.skipIf(!existsSync('/proc/self/environ')).each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'leaves no process behind when %s ends it',
    async (signal) => {
      const mark = `WIREWRIGHT_BENCH_MARK=${process.pid}-${signal}`;
      const [name, value] = mark.split('=') as [string, string];
      const args = ['echo', '--cases', '1x1', '--pairs', '1000', '--json', join(folder, 'interrupted.json')];
      const { child, ended } = bench(args, { ...process.env, [name]: value });
      // The benchmark, two servers and a generator.
      await until(() => processesWith(mark).length >= 4);
      child.kill(signal);
      await ended;
      await until(() => processesWith(mark).length === 0);
    },
  );
});

/** The same results with other ratios, of another time. */
function changed(
  { machine, reports }: ResultsFile,
  { by, basis }: { by: number; basis: 'cpu' | undefined },
): ResultsFile {
  const rows = reports.map(({ results, ...report }) => ({
    ...report,
    results: results.map((result) => ({ ...result, basis, ratios: result.ratios.map((ratio) => ratio * by) })),
  }));
  return { machine, reports: rows };
}
