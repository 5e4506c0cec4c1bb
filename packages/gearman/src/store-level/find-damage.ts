import type { StoreDamage } from '../store/job-store.ts';
import type { Opened } from './database.ts';
import type { LedgerContents } from './ledger.ts';

/**
 * Compares what a database has with what the ledger says that it should have. Undefined when nothing is wrong.
 *
 * @param repairs what was wrong before, and what was done about it
 */
export function findDamage(
  { checksums, unreadable, commit }: Opened,
  ledger: LedgerContents | undefined,
  repairs: readonly string[],
): StoreDamage | undefined {
  const words = [...repairs];
  if (unreadable > 0) words.push(`${unreadable} records are not as they were written`);
  const wrong = words.length > 0;
  const nothingNamed = { missing: [], returned: [], incomplete: true };
  if (ledger === undefined) {
    // One that was never used has none yet.
    if (!wrong && commit === 0 && checksums.size === 0) return undefined;
    words.push('the ledger is missing or damaged, so nobody knows what else may be missing');
    return { detail: words.join('; '), ...nothingNamed };
  }
  const last = ledger.entries.at(-1)?.commit ?? 0;
  // What the database has done and the ledger does not know: it was not forced to the disk when the power went.
  if (last < commit) {
    if (!wrong) return undefined;
    words.push('the ledger ends before the database does, so that more may be missing');
    return { detail: words.join('; '), ...nothingNamed };
  }
  const { living, over } = stateOf(ledger, commit);
  const missing: number[] = [];
  let older = 0;
  for (const [id, checksum] of living) {
    const has = checksums.get(id);
    if (has === undefined) missing.push(id);
    else if (has !== checksum) older++;
  }
  const returned = [...over].filter((id) => checksums.has(id));
  const lost = Math.max(0, ledger.done - commit);
  const incomplete = ledger.done > last;
  if (lost > 0) words.push(`the last ${lost} commits are missing`);
  if (incomplete) words.push('the ledger is cut short, so that more may be missing');
  if (missing.length > 0) words.push(`${missing.length} jobs are missing`);
  if (older > 0) words.push(`${older} jobs are as they were before they changed the last time`);
  if (returned.length > 0) words.push(`${returned.length} jobs that were done are back, and run again`);
  return words.length === 0 ? undefined : { detail: words.join('; '), missing, returned, incomplete };
}

/** The jobs that are not over by the ledger, with their checksums, and those that are. */
function stateOf(
  ledger: LedgerContents,
  commit: number,
): { readonly living: ReadonlyMap<number, number>; readonly over: ReadonlySet<number> } {
  const living = new Map<number, number>();
  const over = new Set<number>();
  for (const entry of ledger.entries) {
    // What the last commit was to do may be done or not, if nobody was told that it is.
    if (entry.commit > Math.max(ledger.done, commit)) break;
    for (const [id, checksum] of entry.kept) {
      living.set(id, checksum);
      over.delete(id);
    }
    for (const id of entry.removed) {
      living.delete(id);
      over.add(id);
    }
  }
  return { living, over };
}
