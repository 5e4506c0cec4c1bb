import type { Contender } from './clients/job-client.ts';

/** The packages of npm that are measured next to ours. */
export const PEERS = ['abraxas', 'gearmanode', 'node-gearman'] as const;

/** Who is measured: `ours` and the rest in the order of the columns. */
export const CONTENDERS = ['ours', 'abraxas', 'gearmanode', 'node-gearman'] as const;

export type ContenderName = (typeof CONTENDERS)[number];

const loaders: Readonly<Record<ContenderName, () => Promise<Contender>>> = {
  ours: async () => (await import('./clients/ours.ts')).ours,
  abraxas: async () => (await import('./clients/abraxas.ts')).abraxasContender,
  gearmanode: async () => (await import('./clients/gearmanode.ts')).gearmanodeContender,
  'node-gearman': async () => (await import('./clients/node-gearman.ts')).nodeGearmanContender,
};

/** Loads one, and nothing of the others. */
export function loadContender(name: ContenderName): Promise<Contender> {
  return loaders[name]();
}
