import { JobServer, type JobServerOptions } from '@wirewright/gearman';

import type { Start } from './server-under-test.ts';

/** Our server. */
export function oursWith(options: JobServerOptions = {}): Start {
  return async () => {
    const server = new JobServer(options).onError(() => {});
    // So is gearmand's, when it is to tell that it listens.
    server.verbosity = 'INFO';
    await server.listen({ port: 0, host: '127.0.0.1' });
    return {
      port: server.port!,
      async close() {
        server.destroy();
        await server.close();
      },
    };
  };
}
