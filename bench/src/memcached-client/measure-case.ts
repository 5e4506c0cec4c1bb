import { join } from 'node:path';

import type { MeasuredProcess } from '../process/measured-process.ts';
import { SliceProcess, type SliceTimes } from '../process/slice-process.ts';
import { Contest } from '../side-by-side/contest.ts';
import { measureRounds } from '../side-by-side/measure-rounds.ts';
import type { ClientCase } from './client-case.ts';
import { type ClientKind, CLIENTS } from './client-kind.ts';

/** What the process of a client is told: to run a slice of a case. */
export interface CaseOrder extends SliceTimes {
  readonly caseName: string;
}

/** Where the clients are, and how they are started. */
export interface Field {
  readonly server: MeasuredProcess;
  /** The command that runs Node, with what goes before it. */
  readonly node: readonly string[];
  /** Those that have been started. */
  readonly processes: Map<ClientKind, SliceProcess<CaseOrder>>;
}

/** Measures all clients in one case. */
export async function measureCase(
  { server, node, processes }: Field,
  { name: caseName }: ClientCase,
  { rounds, warm, seconds }: SliceTimes & { readonly rounds: number },
  onSlice: (kind: ClientKind, round: number) => void,
): Promise<Contest<ClientKind>> {
  return new Contest(
    await measureRounds(CLIENTS, {
      server,
      rounds,
      run: (kind, onMeasuring) => clientOf(kind).run({ caseName, warm, seconds }, onMeasuring),
      onSlice,
      onFailure: async (kind) => {
        // The next case begins with another process: who knows what is left in this one.
        await processes.get(kind)?.stop();
        processes.delete(kind);
      },
    }),
    (kind) => kind,
  );

  function clientOf(kind: ClientKind): SliceProcess<CaseOrder> {
    let client = processes.get(kind);
    if (client === undefined) {
      const entry = join(import.meta.dirname, 'run-client.js');
      client = new SliceProcess([...node, '--no-deprecation', entry, kind, String(server.port)]);
      processes.set(kind, client);
    }
    return client;
  }
}
