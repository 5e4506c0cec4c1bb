import { type Channel, channel } from 'node:diagnostics_channel';

import type { ServerSeen } from '@wirewright/core';

/** What `wirewright:memcached:command` publishes when a command is settled; of a batch, each of its keys. */
export interface CommandSeen {
  /** The name of the server, as `servers` of the client has it. */
  readonly server: string;
  /** What was sent, as the codec of the protocol takes it. */
  readonly request: unknown;
  /** When it was made: `performance.now()`. */
  readonly startedAt: number;
  /** Milliseconds from then to the result. */
  readonly duration: number;
  /** What it has resolved with. */
  readonly result?: unknown;
  /** What it was rejected with; undefined when it has succeeded, a miss included. */
  readonly error?: unknown;
}

interface Channels {
  /** A command is settled. */
  readonly command: Channel<unknown, CommandSeen>;
  /** A server was ejected. */
  readonly serverDown: Channel<unknown, ServerSeen>;
  /** A server that was ejected answers again. */
  readonly serverUp: Channel<unknown, ServerSeen>;
}

/** The `node:diagnostics_channel` channels that clients publish to. While nobody subscribes nothing is computed for them. */
export const memcachedChannels: Channels = {
  command: channel('wirewright:memcached:command') as Channel<unknown, CommandSeen>,
  serverDown: channel('wirewright:memcached:server:down') as Channel<unknown, ServerSeen>,
  serverUp: channel('wirewright:memcached:server:up') as Channel<unknown, ServerSeen>,
};
