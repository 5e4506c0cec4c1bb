import { type MetaRequest, Request } from '@wirewright/codec-memcached-text';

import type { Client } from './client.ts';
import { type Login, withOutcome } from './login.ts';
import type { ServerState } from './server-state.ts';

/**
 * Lets in who logs in with a `set` whose value is `<user> <password>` and whose key, flags and exptime mean nothing (proto_text.c,
 * `try_read_command_asciiauth`). To everything else there is one answer.
 */
export class TextLogin {
  readonly #state: ServerState;
  readonly #login: Login;

  constructor(state: ServerState, login: Login) {
    this.#state = state;
    this.#login = login;
  }

  /** @param enter is called when the client has logged in */
  answer(connection: Client, request: Request | MetaRequest, enter: () => void): unknown {
    if (request.op === 'set' && request.tooLarge) {
      connection.send('CLIENT_ERROR auth token too long');
      return undefined;
    }
    if (!(request instanceof Request) || request.op !== 'set' || request.valueStart === request.start) {
      if (request.op === 'close' || request.op === 'quit') void connection.close();
      else connection.send('CLIENT_ERROR unauthenticated');
      return undefined;
    }
    if (request.error !== undefined) {
      connection.send('CLIENT_ERROR bad command line termination');
      return undefined;
    }
    const [user, password] = request.value
      .toString('utf8')
      .split(' ')
      .filter((word) => word !== '');
    if (user === undefined || password === undefined) {
      connection.send('CLIENT_ERROR bad authentication token format');
      return undefined;
    }
    const { counters } = this.#state;
    counters.authCmds++;
    return withOutcome(this.#login(user, password), (good) => {
      if (good) {
        connection.send('STORED');
        enter();
      } else {
        counters.authErrors++;
        connection.send('CLIENT_ERROR authentication failure');
      }
    });
  }
}
