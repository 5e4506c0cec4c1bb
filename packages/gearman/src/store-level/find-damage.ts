import type { StoredJob, StoreDamage } from '../store/job-store.ts';
import type { Opened } from './database.ts';
import type { LedgerContents } from './ledger.ts';
import { decodeJob } from './record.ts';
import type { TableRecord } from './table-file.ts';

const NOTHING: Findings = { damage: undefined, saved: [] };

/** What is wrong with a store, if anything, and which jobs could be saved out of damaged tables. */
export interface Findings {
  readonly damage: StoreDamage | undefined;
  readonly saved: readonly StoredJob[];
}

/** Compares what a database has with what the ledger says that it should have. */
export function findDamage(
  { jobs, unreadable, commit, repairs, salvaged }: Opened,
  ledger: LedgerContents | undefined,
): Findings {
  const words = [...repairs];
  if (unreadable.length > 0) words.push(`${unreadable.length} records are not as they were written`);
  const has = new Set(jobs.map(({ id }) => id));
  const wrong = words.length > 0;
  if (ledger === undefined) {
    // One that was never used has none yet.
    if (!wrong && commit === 0 && jobs.length === 0) return NOTHING;
    words.push('the ledger is missing or damaged, so nobody knows what else may be missing');
    return { damage: report(words, unreadable, [], true), saved: [] };
  }
  const entries = ledger.entries;
  const last = entries.at(-1)?.commit ?? 0;
  // What the database has done and the ledger does not know: it was not forced to the disk when the power went.
  if (last < commit) {
    if (!wrong) return NOTHING;
    words.push('the ledger ends before the database does, so that more may be missing');
    return { damage: report(words, unreadable, [], true), saved: [] };
  }
  const living = new Set<number>();
  const over = new Set<number>();
  for (const entry of entries) {
    // What the last commit was to do may be done or not, if nobody was told that it is.
    if (entry.commit > Math.max(ledger.done, commit)) break;
    for (const id of entry.kept) living.add(id);
    for (const id of entry.removed) {
      living.delete(id);
      over.add(id);
    }
  }
  const gone = new Set([...living].filter((id) => !has.has(id)));
  const saved = recordsOf(salvaged, gone);
  for (const { id } of saved) gone.delete(id);
  const missing = [...gone];
  const returned = [...over].filter((id) => has.has(id) && !living.has(id));
  const lost = Math.max(0, ledger.done - commit);
  if (lost > 0) words.push(`the last ${lost} commits are missing`);
  if (ledger.done > last) words.push('the ledger is cut short, so that more may be missing');
  if (saved.length > 0) words.push(`${saved.length} jobs were saved out of damaged tables`);
  if (missing.length > 0) words.push(`${missing.length} jobs are missing`);
  if (returned.length > 0) words.push(`${returned.length} jobs that were done are back, and run again`);
  const damage = words.length === 0 ? undefined : report(words, missing, returned, ledger.done > last);
  return { damage, saved };
}

/** The latest record of each of the jobs in `wanted` that there is one of. */
function recordsOf(records: readonly TableRecord[], wanted: ReadonlySet<number>): StoredJob[] {
  const latest = new Map<number, { readonly job: StoredJob; readonly sequence: bigint }>();
  for (const { key, value, sequence } of records) {
    const job = decodeJob(key, value);
    if (job === undefined || !wanted.has(job.id)) continue;
    const before = latest.get(job.id);
    if (before === undefined || before.sequence < sequence) latest.set(job.id, { job, sequence });
  }
  return [...latest.values()].map(({ job }) => job);
}

function report(
  words: readonly string[],
  missing: readonly number[],
  returned: readonly number[],
  incomplete: boolean,
): StoreDamage {
  const known = missing.filter((id) => id >= 0);
  return { detail: words.join('; '), missing: known, returned, incomplete };
}
