import { type LibraryKind, PEERS } from './library-kind.ts';

/** The generator in C: what can be got out of the server. */
export type SideKind = LibraryKind | 'C';

/** A client and a worker that belong together. */
export interface Contender {
  /** Of its column. */
  readonly name: string;
  readonly client: SideKind;
  readonly worker: SideKind;
}

const both = (kind: SideKind): Contender => ({ name: kind, client: kind, worker: kind });

export const OURS: Contender = both('ours');

export const NPM: readonly Contender[] = PEERS.map((kind) => both(kind));

/** Client and workers in one process, which spares it some waking up. */
export const NATIVE: Contender = both('C');

/** What the two sides of ours come to, each with an end in C. */
export const MIXED: readonly Contender[] = [
  { name: 'our client, C', client: 'ours', worker: 'C' },
  { name: 'our worker, C', client: 'C', worker: 'ours' },
];
