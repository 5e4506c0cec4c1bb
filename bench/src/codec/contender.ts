import { isDeepStrictEqual } from 'node:util';

import type { Missing } from '../report/report.ts';
import type { Doer, MakeDoer, Row, Work } from './row.ts';

/** Something that is measured. */
export interface Contender {
  readonly name: string;
  readonly work: Work;
  /** Operations of one call of `work`. */
  readonly operations: number;
}

/** A row with all that do its work, each of which was found to do it right. */
export interface ReadyRow {
  readonly row: Row;
  readonly ours: Contender;
  readonly byHand: Contender | undefined;
  readonly peers: readonly Contender[];
  readonly also: readonly Contender[];
}

/**
 * Makes what does the work of a row. Peers that cannot or that give something else are told in `missing`.
 *
 * @throws when ours, or what is by hand, does not give what it has to
 */
export async function readyRow(row: Row, missing: Missing[]): Promise<ReadyRow> {
  const peers: Contender[] = [];
  for (const [name, make] of Object.entries(row.peers ?? {})) {
    try {
      peers.push(await contender(row, name, make));
    } catch (error) {
      missing.push({ what: `${row.name}: ${name}`, why: (error as Error).message });
    }
  }
  const also: Contender[] = [];
  for (const [name, make] of Object.entries(row.also ?? {})) also.push(await contender(row, name, make));
  return {
    row,
    also,
    ours: await contender(row, 'ours', row.ours),
    byHand: row.byHand && (await contender(row, 'by hand', row.byHand)),
    peers,
  };
}

async function contender(row: Row, name: string, make: MakeDoer): Promise<Contender> {
  const doer: Doer = await make();
  const given = doer.gives();
  if (!isDeepStrictEqual(given, row.gives)) {
    throw new Error(`${name} gives something else for ${row.name}: ${JSON.stringify(given, printable).slice(0, 300)}`);
  }
  return { name, work: doer.work, operations: doer.operations ?? 1 };
}

/** Bigints as text, for JSON. */
function printable(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

/** All of a row, in the order in which they are measured. */
export function contendersOf({ ours, byHand, peers, also }: ReadyRow): Contender[] {
  return [ours, ...(byHand === undefined ? [] : [byHand]), ...peers, ...also];
}
