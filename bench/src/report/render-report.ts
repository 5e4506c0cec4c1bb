import { numberText, ratioText } from './number-text.ts';
import type { Missing, Report } from './report.ts';
import type { Figures, Result } from './result.ts';
import { spreadOf } from './spread.ts';
import { table } from './table.ts';
import { barText, isMet } from './verdict.ts';

/** A column of the table, left out when no row has anything in it. */
interface Column {
  readonly title: string;
  readonly left?: boolean;
  readonly cell: (result: Result) => string;
}

const COLUMNS: readonly Column[] = [
  { title: 'what', left: true, cell: ({ name }) => name },
  { title: 'against', left: true, cell: ({ peer }) => peer },
  { title: 'bar', cell: barText },
  { title: '', left: true, cell: (result) => ({ true: 'met', false: 'MISSED', undefined: '' })[`${isMet(result)}`] },
  { title: 'ratio', cell: (result) => ratioCell(result) },
  { title: 'range', cell: rangeCell },
  { title: 'ours', cell: ({ ours }) => numberText(ours.value) },
  { title: 'theirs', cell: ({ theirs }) => numberText(theirs.value) },
  { title: '', left: true, cell: ({ unit }) => unit },
  { title: 'busy', cell: both('busy', (value) => value.toFixed(2)) },
  { title: 'p50 us', cell: both('p50Us', numberText) },
  { title: 'p99 us', cell: both('p99Us', numberText) },
  { title: 'CPU us', cell: both('cpuUs', numberText) },
  { title: 'RSS MB', cell: both('rssBytes', (value) => (value / 1e6).toFixed(0)) },
  { title: 'heap B', cell: both('heapBytes', numberText) },
  {
    title: 'others',
    left: true,
    cell: ({ also = [] }) => also.map(({ name, value }) => `${name} ${numberText(value)}`).join(', '),
  },
];

const LEGEND =
  'ratio: median of the pairs or rounds, and between what they lie; other figures are medians, ours / theirs. >= how many times as fast,\n' +
  '<= how many times as much. *: operations for each second of CPU time of the server, since one of the two had time left. CPU: of one operation.\n';

/** A report for a terminal. */
export function renderReport(report: Report): string {
  const { benchmark, what, node, setting, results, notes = [], missing } = report;
  const columns = COLUMNS.filter(({ cell }) => results.some((result) => cell(result) !== ''));
  const left = columns.flatMap((column, index) => (column.left === true ? [index] : []));
  const rows = results.map((result) => columns.map(({ cell }) => cell(result)));
  const titles = columns.map(({ title }) => title);
  return [
    `${benchmark}: ${what}; Node ${node}\n`,
    ...setting.map((line) => `${line}\n`),
    rows.length === 0 ? '' : `\n${table(titles, rows, left)}\n\n${LEGEND}`,
    ...notes.map((line) => `${line}\n`),
    ...missing.map((each) => `not measured: ${missingText(each)}\n`),
  ].join('');
}

function missingText({ what, why, install }: Missing): string {
  return `${what}: ${why}${install === undefined ? '' : ` (Debian: ${install})`}`;
}

/** A ratio, with a star when it is of operations for each second of CPU time. */
export function ratioCell({ ratios, basis }: Result): string {
  return `${ratioText(spreadOf(ratios).median)}${basis === 'cpu' ? '*' : ''}`;
}

function rangeCell({ ratios }: Result): string {
  if (ratios.length === 1) return '';
  const { low, high } = spreadOf(ratios);
  return `${ratioText(low)}..${ratioText(high)}`;
}

function both(figure: keyof Figures, text: (value: number) => string): Column['cell'] {
  return ({ ours, theirs }) => {
    const [a, b] = [ours[figure], theirs[figure]];
    if (a === undefined && b === undefined) return '';
    return `${a === undefined ? '-' : text(a)} / ${b === undefined ? '-' : text(b)}`;
  };
}
