import { CommandError, QuasizeroClient, QuasizeroServer } from '@wirewright/quasizero';

import { LOOPBACK } from './loopback.ts';
import type { Stand } from './stand.ts';

/** A command server: 1 answers PONG, 2 what it was sent, and 3 always fails. */
export function quasizero(): Stand {
  return {
    name: 'quasizero',
    server: new QuasizeroServer({
      1: (_request, response) => response.setString('PONG'),
      2: (request, response) => response.set(request.payload),
      3: () => {
        throw new Error('command 3 always fails');
      },
    }),
    usualPort: 11_300,

    async converse(port, transcript) {
      await using client = new QuasizeroClient({ port, host: LOOPBACK });
      const call = async (code: number, payload = ''): Promise<string> => {
        try {
          return (await client.call({ code, payload })).text();
        } catch (error) {
          if (error instanceof CommandError) return `failed: ${error.message}`;
          throw error;
        }
      };
      await transcript.ask('client.call({ code: 1 })', () => call(1));
      await transcript.ask(`client.call({ code: 2, payload: 'hello' })`, () => call(2, 'hello'));
      await transcript.ask('client.call({ code: 3 })', () => call(3));
    },

    shellLines: (port) => [
      `node examples/dist/quasizero-call.js ${port} 1`,
      `node examples/dist/quasizero-call.js ${port} 2 hello`,
    ],
  };
}
