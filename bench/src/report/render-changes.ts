import type { Comparison } from './compare.ts';
import { ratioText } from './number-text.ts';
import { table } from './table.ts';

/** What changed, for a terminal: the rows that did, the worst first, and how many did not. */
export function renderChanges({ changes, incomparable }: Comparison, file: string): string {
  const changed = changes.filter(({ verdict }) => verdict !== 'same');
  changed.sort((a, b) => a.factor - b.factor);
  const rows = changed.map(({ benchmark, result, before, after, factor, verdict }) => [
    benchmark,
    result.name,
    result.peer,
    ratioText(before),
    ratioText(after),
    `${factor < 1 ? '-' : '+'}${(Math.abs(factor - 1) * 100).toFixed(0)} %`,
    verdict,
  ]);
  const head = ['benchmark', 'what', 'against', 'before', 'now', '', ''];
  return [
    `compared with ${file}: ${changes.length} rows, ${changed.length} changed beyond noise\n`,
    incomparable === 0 ? '' : `${incomparable} rows are not there, or were compared by something else\n`,
    rows.length === 0 ? '' : `\n${table(head, rows, [0, 1, 2, 6])}\n`,
  ].join('');
}
