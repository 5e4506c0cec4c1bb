import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

import { addToResults, readResults, todaysFile } from '../../bench/src/report/results-file.ts';
import { report, result } from './reports.ts';

const folder = mkdtempSync(join(tmpdir(), 'wirewright-results-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
const newFile = (): string => join(folder, 'deeper', `${count++}.json`);

describe('results are kept', () => {
  test('in a file that is made, with the machine', () => {
    const file = newFile();
    addToResults(file, report([result('x', [1 / 3])]));
    const { machine, reports } = readResults(file);
    expect(machine.cores).toBeGreaterThan(0);
    expect(reports).toHaveLength(1);
    expect(reports[0]!.results[0]!.ratios).toEqual([0.33333]);
  });

  test('a row that was measured again takes the place of the older one, others stay', () => {
    const file = newFile();
    addToResults(file, report([result('x', [1]), result('y', [1]), result('x', [4], { peer: 'Go' })]));
    addToResults(file, report([result('x', [2])], { at: '2026-02-02T00:00:00.000Z' }));
    const { reports } = readResults(file);
    expect(reports).toHaveLength(1);
    expect(reports[0]!.at).toBe('2026-02-02T00:00:00.000Z');
    expect(reports[0]!.results.map(({ name, peer, ratios }) => [name, peer, ratios[0]])).toEqual([
      ['x', 'bare', 2],
      ['y', 'bare', 1],
      ['x', 'Go', 4],
    ]);
  });

  test('other benchmarks, versions of Node and short passes are others', () => {
    const file = newFile();
    const row = [result('x', [1])];
    for (const more of [{}, { benchmark: 'tls' }, { node: 'v22.0.0' }, { short: true }])
      addToResults(file, report(row, more));
    expect(readResults(file).reports).toHaveLength(4);
  });

  test('a file that is something else is left as it is', () => {
    const file = join(folder, 'else.json');
    writeFileSync(file, 'not JSON');
    expect(() => addToResults(file, report([]))).toThrow(/JSON/);
  });

  test('the name is of the machine and the day', () => {
    expect(todaysFile()).toMatch(/results\/[a-z0-9-]+-\d+-cores-\d{4}-\d\d-\d\d\.json$/);
  });
});
