import type { Commands } from '@wirewright/quasizero';

/** The commands that the tests of the Go original have, for whoever tries a client. */
export const demoCommands: Commands = {
  1: (_request, response) => response.setString('PONG'),
  2: (request, response) => {
    response.set(request.payload);
    for (const [key, value] of request.metadata) response.setMeta(key, value);
  },
  3: (_request, response) => response.setError('something went wrong'),
};
