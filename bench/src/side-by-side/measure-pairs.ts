// oxlint-disable no-await-in-loop -- what is measured must run alone
import type { MeasuredProcess } from '../process/measured-process.ts';
import type { ServerSlice } from './measure-slice.ts';

/** Load of a new process before its first slice, in seconds: until then its code is not compiled. */
const SETTLE = 0.5;

/** Something of ours, and of the server that it is compared with. */
export interface Sides<T> {
  readonly ours: T;
  readonly peer: T;
}

/** Slices of both, one right after the other. */
export type Pair = Sides<ServerSlice>;

export interface PairSettings {
  readonly pairs: number;
  /** Of each server, that the pairs are spread over: two processes of the same code differ by how they happened to be compiled. */
  readonly processes: number;
  /** Starts a server. */
  readonly start: (side: keyof Sides<unknown>) => Promise<MeasuredProcess>;
  /** Load before a slice is measured, in seconds. */
  readonly warm: number;
  /** Puts it under load, for so long before it is measured. */
  readonly slice: (server: MeasuredProcess, warm: number) => Promise<ServerSlice>;
  readonly onPair: (done: number) => void;
}

/** Runs both servers in alternation, and in alternating order, after a slice of each that does not count. */
export async function measurePairs(settings: PairSettings): Promise<Pair[]> {
  const { pairs, processes, start, warm, slice, onPair } = settings;
  const measured: Pair[] = [];
  const perProcess = Math.ceil(pairs / processes);
  while (measured.length < pairs) {
    await withServers(start, async ({ ours, peer }) => {
      await slice(peer, Math.max(warm, SETTLE));
      await slice(ours, Math.max(warm, SETTLE));
      for (let i = 0; i < perProcess && measured.length < pairs; i++) {
        const first = measured.length % 2 === 0 ? await slice(peer, warm) : undefined;
        const oursNow = await slice(ours, warm);
        measured.push({ ours: oursNow, peer: first ?? (await slice(peer, warm)) });
        onPair(measured.length);
      }
    });
  }
  return measured;
}

/** Starts both servers, uses them, and stops them, whatever happens. */
export async function withServers<T>(
  start: PairSettings['start'],
  use: (servers: Sides<MeasuredProcess>) => Promise<T>,
): Promise<T> {
  const peer = await start('peer');
  try {
    const ours = await start('ours');
    try {
      return await use({ ours, peer });
    } finally {
      await ours.stop();
    }
  } finally {
    await peer.stop();
  }
}
