import { AdminClient, GearmanClient, type Job, JobServer, Worker } from '@wirewright/gearman';

import { LOOPBACK } from './loopback.ts';
import type { Stand } from './stand.ts';

/** A job server, and a worker of it that goes on working: it reverses text. */
export function gearman(): Stand {
  let worker: Worker | undefined;
  return {
    name: 'gearman',
    server: new JobServer(),
    usualPort: 4730,

    async converse(port, transcript) {
      const place = `${LOOPBACK}:${port}`;

      transcript.connecting('worker');
      // Its pings would be most of what is shown later.
      worker = new Worker(place, { heartbeat: false }).handle('reverse', reverse);
      await transcript.ask(`worker.handle('reverse', reverse)`, () => worker!.ready());

      transcript.connecting('client');
      await using client = new GearmanClient(place);
      await transcript.ask(`client.submit('reverse', 'hello')`, async () =>
        (await client.submit('reverse', 'hello')).toString(),
      );
      transcript.stop();

      await using admin = new AdminClient(place);
      await transcript.ask('admin.status()', () => admin.status());
    },

    shellLines: (port) => [
      `gearman -h ${LOOPBACK} -p ${port} -f reverse hello`,
      `gearadmin -h ${LOOPBACK} -p ${port} --status`,
      `node examples/dist/reverse-client.js hello ${LOOPBACK}:${port}`,
    ],

    close: async () => worker?.close(),
  };
}

function reverse({ payload }: Job): Uint8Array {
  return Uint8Array.from(payload, (_, index) => payload.at(-1 - index)!);
}
