import { describe, expect, test } from 'vitest';

import { ratioPlot } from '../../bench/dist/plot/ratio-plot.js';
import { latestReports } from '../../bench/src/publish/latest-reports.ts';
import { barsTable, benchmarkTable } from '../../bench/src/publish/tables.ts';
import { renderReport } from '../../bench/src/report/render-report.ts';
import { report, result } from './reports.ts';

const rows = [
  result('fast', [0.7, 0.8, 0.9], { bar: 0.6 }),
  result('slow', [0.3, 0.4, 0.5], { bar: 0.6 }),
  result('small', [1.4], { ratio: 'cost', bar: 1.5 }),
  result('idle', [2], { basis: 'cpu' }),
];

describe('a terminal gets a table', () => {
  const text = renderReport(
    report(rows, { missing: [{ what: 'peers in Go', why: 'no Go', install: 'apt-get install golang-go' }] }),
  );

  test('with the verdict on each bar', () => {
    expect(text).toMatch(/fast +bare +>= 0.6 +met +0.80 +0.70\.\.0.90/);
    expect(text).toMatch(/slow +bare +>= 0.6 +MISSED +0.40/);
    expect(text).toMatch(/small +bare +<= 1.5 +met +1.40/);
  });

  test('that marks ratios of CPU time', () => expect(text).toMatch(/idle +bare +2.00\*/));

  test('without columns that nobody fills', () => expect(text).not.toMatch(/p99 us|heap B/));

  test('and what is missing, with the command that installs it', () => {
    expect(text).toContain('not measured: peers in Go: no Go (Debian: apt-get install golang-go)');
  });
});

describe('the README gets', () => {
  const node20 = report(rows);
  const node26 = report([result('fast', [0.5], { bar: 0.6 })], { node: 'v26.1.0' });

  test('a column for each version of Node', () => {
    const text = benchmarkTable([node20, node26]);
    expect(text).toMatch(/\| Node v20\.19\.0 +\| Node v26\.1\.0 +\|/);
    expect(text).toMatch(/\| fast +\| bare +\| >= 0.6 +\| 0.80 \(0.70 to 0.90\) +\| 0.50 \*\*missed\*\* +\|/);
    expect(text).toMatch(/\| idle +\| bare +\| +\| 2.00\\\* +\| +\|/);
  });

  test('one table of all bars', () => {
    const text = barsTable([node20, node26, report([result('other', [3], { bar: 2 })], { benchmark: 'tls' })]);
    expect(text.split('\n')).toHaveLength(2 + 4);
    expect(text).toMatch(/\| tls +\| other +\| bare +\| >= 2 +\| 3.00 +\| +\|/);
    expect(text).not.toContain('idle');
  });

  test('the newest full run on each major version', () => {
    const newer = report(rows, { at: '2026-03-01T00:00:00.000Z', node: 'v20.20.0' });
    const short = report(rows, { at: '2026-04-01T00:00:00.000Z', short: true });
    const machine = { cpu: 'x', cores: 2, system: 'linux', node: 'v20.0.0' };
    const latest = latestReports([
      { machine, reports: [newer, node26] },
      { machine, reports: [node20, short] },
    ]);
    expect([...latest.keys()]).toEqual(['echo']);
    expect(latest.get('echo')).toEqual([newer, node26]);
  });

  test('with the rows of an older run that the newest did not measure, of one machine', () => {
    const machine = { cpu: 'x', cores: 2, system: 'linux', node: 'v20.0.0' };
    const partial = report([result('fast', [0.1])], { at: '2026-05-01T00:00:00.000Z' });
    const elsewhere = { machine: { ...machine, cpu: 'y' }, reports: [report([result('alien', [1])])] };
    const [merged] = latestReports([elsewhere, { machine, reports: [partial, node20] }]).get('echo')!;
    expect(merged!.results.map(({ name, ratios }) => [name, ratios[0]])).toEqual([
      ['fast', 0.1],
      ['slow', 0.3],
      ['small', 1.4],
      ['idle', 2],
    ]);
  });

  test('a plot with a label for each row and a name for each version', () => {
    const svg = ratioPlot([node20, node26]);
    expect(svg).toMatch(/^<svg /);
    for (const label of ['fast / bare', 'small / bare', 'Node v20.19.0', 'Node v26.1.0']) expect(svg).toContain(label);
    expect(svg).not.toContain('NaN');
  });
});
