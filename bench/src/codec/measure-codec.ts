// oxlint-disable no-await-in-loop -- what is measured must run alone
import type { Missing } from '../report/report.ts';
import type { Result } from '../report/result.ts';
import { type Contender, contendersOf, type ReadyRow, readyRow } from './contender.ts';
import { measureRow } from './measure-row.ts';
import type { CodecRows } from './row.ts';
import { sink } from './work.ts';

/** How many operations each does before anything is timed, and in how many turns; slow ones stop after so many ms of a turn. */
const WARM_OPERATIONS = 20_000;
const WARM_TURNS = 5;
const WARM_MS = 10;

/** What was found of one codec. */
export interface CodecFindings {
  readonly results: readonly Result[];
  readonly missing: readonly Missing[];
  readonly notes: readonly string[];
}

/** Which rows, and how often each is timed. */
export interface Selection {
  /** Rows whose names have this in them. */
  readonly only: string;
  readonly rounds: number;
}

/** Measures the rows of one codec. All of them are warmed up together first, the ones that are left out as well. */
export async function measureCodec(
  { rows, missing: lacking = [], notes = [] }: CodecRows,
  { only, rounds }: Selection,
  onStep: (title: string) => void,
): Promise<CodecFindings> {
  const missing = [...lacking];
  const ready: ReadyRow[] = [];
  for (const row of rows) ready.push(await readyRow(row, missing));
  const selected = ready.filter(({ row }) => row.name.includes(only));
  const results: Result[] = [];
  if (selected.length > 0) {
    for (let turn = 0; turn < WARM_TURNS; turn++) {
      for (const contender of ready.flatMap(contendersOf)) await warm(contender);
    }
  }
  for (const each of selected) {
    onStep(each.row.name);
    results.push(...(await measureRow(each, rounds)));
  }
  if (!Number.isFinite(sink.sum)) throw new Error('something was read that is not there');
  return { results, missing: missing.filter(({ what }) => what.includes(only)), notes };
}

async function warm({ work, operations }: Contender): Promise<void> {
  const until = performance.now() + WARM_MS;
  for (let done = 0; done < WARM_OPERATIONS && performance.now() < until; done += operations) {
    const working = work();
    if (working !== undefined) await working;
  }
}
