import type { ServerStatus } from '@wirewright/core';
import type { Sample } from '@wirewright/core/prometheus';

/** Which servers of a client or worker are up (1), and which are not (0). */
export function upByServer({ servers }: { readonly servers: readonly ServerStatus[] }): readonly Sample[] {
  return servers.map(({ name, up }) => [up ? 1 : 0, { server: name }]);
}
