// oxlint-disable no-await-in-loop -- what is measured must run alone
import type { MeasuredProcess } from '../process/measured-process.ts';

/** What one client did in one slice. */
export interface ClientSlice {
  readonly perSecond: number;
  /** CPU time of the server over the time it took: near 1, it is the server that was measured. */
  readonly serverBusy: number;
}

/** The slices of each client, by round, or why it has none. */
export type ClientSlices<Kind> = ReadonlyMap<Kind, readonly ClientSlice[] | string>;

/** How a client is measured, and what is done when that fails. */
export interface RoundsSettings<Kind> {
  readonly server: MeasuredProcess;
  readonly rounds: number;
  /** Runs a slice, calls `onMeasuring` when what is done begins to count, and resolves with operations a second. */
  readonly run: (kind: Kind, onMeasuring: () => void) => Promise<number>;
  readonly onSlice: (kind: Kind, round: number) => void;
  /** Its processes are of no more use. */
  readonly onFailure: (kind: Kind) => Promise<void>;
}

/**
 * Measures clients of one server: a slice of each in every round, so that all see the same phases of the machine, each round from
 * another one on. A round before the first does not count: in it, what the case needs is compiled. A client that fails is left out of what
 * remains.
 */
export async function measureRounds<Kind>(
  kinds: readonly Kind[],
  { server, rounds, run, onSlice, onFailure }: RoundsSettings<Kind>,
): Promise<ClientSlices<Kind>> {
  const slices = new Map<Kind, ClientSlice[]>(kinds.map((kind) => [kind, []]));
  const failures = new Map<Kind, string>();
  for (let round = 0; round <= rounds; round++) {
    for (let turn = 0; turn < kinds.length; turn++) {
      const kind = kinds[(round + turn) % kinds.length]!;
      if (failures.has(kind)) continue;
      onSlice(kind, round);
      try {
        let before = [0, 0n] as readonly [number, bigint];
        const perSecond = await run(kind, () => {
          before = [server.usage().cpuNs, process.hrtime.bigint()];
        });
        const serverBusy = (server.usage().cpuNs - before[0]) / Number(process.hrtime.bigint() - before[1]);
        if (round > 0) slices.get(kind)!.push({ perSecond, serverBusy });
      } catch (error) {
        failures.set(kind, error instanceof Error ? error.message : String(error));
        await onFailure(kind);
      }
    }
  }
  return new Map(kinds.map((kind) => [kind, failures.get(kind) ?? slices.get(kind)!]));
}
