// oxlint-disable no-await-in-loop -- what is measured must run alone
import { join } from 'node:path';

import type { MeasuredProcess } from '../side-by-side/measured-process.ts';
import type { ClientCase } from './client-case.ts';
import { CLIENTS, type ClientKind } from './client-kind.ts';
import { SliceProcess } from '../side-by-side/slice-process.ts';
import type { SliceOrder } from './client-messages.ts';
import type { SliceTimes } from '../side-by-side/slice-process.ts';

/** What one client did in one slice. */
export interface ClientSlice {
  readonly perSecond: number;
  /** CPU time of memcached over the time it took: near 1, it is memcached that was measured. */
  readonly serverBusy: number;
}

/** The slices of each client, by round, or why it has none. */
export type CaseSlices = ReadonlyMap<ClientKind, readonly ClientSlice[] | string>;

/** Where the clients are, and how they are started. */
export interface Field {
  readonly server: MeasuredProcess;
  /** The command that runs Node, with what goes before it. */
  readonly node: readonly string[];
  /** Those that have been started. */
  readonly processes: Map<ClientKind, SliceProcess<SliceOrder>>;
}

/**
 * Measures all clients in one case: a slice of each in every round, so that all see the same phases of the machine, each round from
 * another one on. A round before the first does not count: in it, what the case needs is compiled. A client that fails is left out of the
 * rest of the case.
 */
export async function measureCase(
  field: Field,
  clientCase: ClientCase,
  { rounds, warm, seconds }: SliceTimes & { readonly rounds: number },
  onSlice: (kind: ClientKind, round: number) => void,
): Promise<CaseSlices> {
  const slices = new Map<ClientKind, ClientSlice[]>(CLIENTS.map((kind) => [kind, []]));
  const failures = new Map<ClientKind, string>();
  for (let round = 0; round <= rounds; round++) {
    for (let turn = 0; turn < CLIENTS.length; turn++) {
      const kind = CLIENTS[(round + turn) % CLIENTS.length]!;
      if (failures.has(kind)) continue;
      onSlice(kind, round);
      try {
        const slice = await measureSlice(field, kind, { caseName: clientCase.name, warm, seconds });
        if (round > 0) slices.get(kind)!.push(slice);
      } catch (error) {
        failures.set(kind, error instanceof Error ? error.message : String(error));
        // The next case begins with another process: who knows what is left in this one.
        await field.processes.get(kind)?.stop();
        field.processes.delete(kind);
      }
    }
  }
  return new Map(CLIENTS.map((kind) => [kind, failures.get(kind) ?? slices.get(kind)!]));
}

async function measureSlice(
  { server, node, processes }: Field,
  kind: ClientKind,
  order: SliceTimes & { readonly caseName: string },
): Promise<ClientSlice> {
  let client = processes.get(kind);
  if (client === undefined) {
    const entry = join(import.meta.dirname, 'run-client.js');
    client = new SliceProcess([...node, '--no-deprecation', entry, kind, String(server.port)]);
    processes.set(kind, client);
  }
  let before = [0, 0n] as readonly [number, bigint];
  const perSecond = await client.run(order, () => {
    before = [server.cpuNs(), process.hrtime.bigint()];
  });
  return { perSecond, serverBusy: (server.cpuNs() - before[0]) / Number(process.hrtime.bigint() - before[1]) };
}
