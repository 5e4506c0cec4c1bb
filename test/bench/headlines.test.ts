import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** The rows of the table that a page has between two marks, and its head. */
function table(page: string, name: string): { head: readonly string[]; rows: readonly (readonly string[])[] } {
  const text = page.slice(page.indexOf(`<!-- ${name} -->`), page.indexOf(`<!-- /${name} -->`));
  const [head = [], , ...rows] = text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return { head, rows };
}

/** The ratios of a row of bench/README.md by version of Node, as the front page has them: without their spread. */
function ratios(bench: string, benchmark: string, row: string): string[] {
  const { head, rows } = table(bench, benchmark);
  const versions = ['v20.', 'v26.'].map((version) => head.findIndex((title) => title.includes(version)));
  return rows
    .filter(([what]) => what === row)
    .map((cells) => versions.map((at) => cells[at]!.split(' ')[0]).join(', '));
}

test('every ratio on the front page is that of the row of bench/README.md that it names', () => {
  const bench = read('bench/README.md');
  const { rows } = table(read('README.md'), 'headlines');
  expect(rows.length).toBeGreaterThan(10);
  for (const [what, , node20, node26, named] of rows) {
    const [, benchmark, row] = /^`(.+?)`, (.+)$/.exec(named!)!;
    expect(ratios(bench, benchmark!, row!), what).toContain(`${node20}, ${node26}`);
  }
});
