import type { Library } from './contenders/library.ts';

/** Others, by the name of their npm package. */
export const PEERS = ['abraxas', 'gearmanode', 'node-gearman'] as const;

/** A library that is measured. */
export type LibraryKind = 'ours' | (typeof PEERS)[number];

const loaders: Readonly<Record<LibraryKind, () => Promise<{ readonly library: Library }>>> = {
  ours: () => import('./contenders/ours.ts'),
  abraxas: () => import('./contenders/abraxas.ts'),
  gearmanode: () => import('./contenders/gearmanode.ts'),
  'node-gearman': () => import('./contenders/node-gearman.ts'),
};

/** Loads a library, and nothing of the others. */
export async function loadLibrary(kind: LibraryKind): Promise<Library> {
  return (await loaders[kind]()).library;
}
