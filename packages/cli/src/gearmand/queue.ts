import type { JobStore } from '@wirewright/gearman';

import { mistake } from './read-arguments.ts';

/** Where background jobs are kept: in memory, in a folder, in a database under a name. */
export type Queue =
  | { readonly type: 'builtin' }
  | { readonly type: 'level'; readonly path: string }
  | { readonly type: 'postgres'; readonly connection: string; readonly name: string };

/**
 * What keeps the jobs of a queue. Its library is loaded only now: whoever keeps jobs in memory does not have to install it.
 *
 * @throws {Exit} the library is not installed
 */
export async function storeOf(queue: Queue): Promise<JobStore | undefined> {
  if (queue.type === 'builtin') return undefined;
  if (queue.type === 'level') {
    const { levelStore } = await installed(() => import('@wirewright/gearman/store-level'), 'classic-level');
    return levelStore({ location: queue.path });
  }
  const { postgresStore } = await installed(() => import('@wirewright/gearman/store-postgres'), 'pg');
  return postgresStore({ connection: queue.connection, server: queue.name });
}

async function installed<Module>(load: () => Promise<Module>, library: string): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw mistake(`this queue needs ${library}: npm install ${library}`);
  }
}
