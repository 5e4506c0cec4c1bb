import { readFileSync } from 'node:fs';

import { afterEach, expect, test } from 'vitest';

import { ExampleProcess } from './example-process.ts';

afterEach(() => ExampleProcess.endAll());

/** Without what is different each time. */
const steady = (log: string): string =>
  log.replaceAll(/^\d\d:\d\d:\d\d\.\d{3} /gm, 'TIME ').replaceAll(/ port \d+$/gm, ' port PORT');

test('it logs what docs/observing.md shows, and measures', async () => {
  const page = readFileSync(new URL('../../docs/observing.md', import.meta.url), 'utf8');
  const [, shown] = /^```text\n(.*?)^```$/ms.exec(page)!;
  const example = new ExampleProcess('observing');
  expect(await example.exited()).toEqual({ status: 0, signal: null });
  const logged = steady(example.stdout);
  expect(logged.slice(0, logged.indexOf('server {'))).toBe(steady(shown!));
  expect(example.stdout).toMatch(/^p50 \d+\.\d{3} ms, max \d+\.\d{3} ms\nlogin: answered after .* ms\ntime: answered/m);
  expect(example.stdout).not.toContain('hunter2');
  expect(example.stderr).toBe('');
});
