import { interleave, type Timing } from '../interleave.ts';
import { Progress } from '../progress.ts';
import { table } from '../report/table.ts';
import { sink } from './codec-work.ts';
import type { Row } from './row.ts';

/** How often each is run before anything is timed, and in how many turns: a program does not get messages of one kind alone. */
const WARM_TIMES = 20_000;
const WARM_TURNS = 5;

/**
 * Times rows, and returns the table.
 *
 * @param groups rows that are warmed up together: those of one codec
 */
export function runCodecRows(groups: readonly (readonly Row[])[], rounds: number): string {
  const progress = new Progress();
  const lines: string[][] = [];
  for (const rows of groups) {
    progress.begin('warming up');
    for (let turn = 0; turn < WARM_TURNS; turn++) {
      for (const { works } of rows) for (const work of works.values()) work(WARM_TIMES);
    }
    for (const { title, most, works } of rows) {
      progress.begin(title);
      lines.push(render(title, most, interleave(works, rounds)));
    }
  }
  progress.clear();
  if (!Number.isFinite(sink.sum)) throw new Error('something was read that is not there');
  return table(['', 'at most', '', 'ours', 'by hand', 'also'], lines, 3);
}

function render(title: string, most: number | undefined, timings: readonly Timing[]): string[] {
  const [ours, byHand, ...others] = timings;
  const ratio = 1 / byHand!.ratio;
  return [
    title,
    most === undefined ? '' : `${most}`,
    most === undefined ? '' : ratio <= most ? 'met' : 'MISSED',
    `${ours!.ns.toFixed(0)} (${ratio.toFixed(2)}x)`,
    byHand!.ns.toFixed(0),
    others.map(({ name, ns }) => `${name}: ${ns.toFixed(0)}`).join(', '),
  ];
}
