import { ListenError } from '@wirewright/core';

import { LOOPBACK } from './loopback.ts';
import type { Stand } from './stand.ts';

/** Has the server of a stand listen: on its usual port if that can be had and is wanted, else on a free one. Returns which it is. */
export async function openStand({ server, usualPort }: Stand, usual: boolean): Promise<number> {
  try {
    await server.listen({ port: usual ? usualPort : 0, host: LOOPBACK });
  } catch (error) {
    if (!usual || !(error instanceof ListenError)) throw error;
    await server.listen({ port: 0, host: LOOPBACK });
  }
  return server.port!;
}
