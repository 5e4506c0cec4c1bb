import { type Channel, channel } from 'node:diagnostics_channel';

import type { ServerSeen } from '@wirewright/core';

/** What `wirewright:gearman:task` publishes when a task of a client is over, and `wirewright:gearman:job` when a job of a worker is. */
export interface TaskSeen {
  /** The function that it was for. */
  readonly function: string;
  /** What the server calls the job; undefined when none has got it. */
  readonly handle: string | undefined;
  /** The server, as `servers` has it. */
  readonly server: string | undefined;
  /** When it was submitted, or came: `performance.now()`. */
  readonly startedAt: number;
  /** Milliseconds from then to its end. */
  readonly duration: number;
  /** Why it came to nothing; undefined when it did not. */
  readonly error?: unknown;
}

interface Channels {
  /** A task of a client is over. */
  readonly task: Channel<unknown, TaskSeen>;
  /** A job of a worker is over. */
  readonly job: Channel<unknown, TaskSeen>;
  /** A server cannot be reached any more. */
  readonly serverDown: Channel<unknown, ServerSeen>;
  /** A server can be reached, again or for the first time. */
  readonly serverUp: Channel<unknown, ServerSeen>;
}

/** The `node:diagnostics_channel` channels that clients and workers publish to. While nobody subscribes nothing is computed for them. */
export const gearmanChannels: Channels = {
  task: channel('wirewright:gearman:task') as Channel<unknown, TaskSeen>,
  job: channel('wirewright:gearman:job') as Channel<unknown, TaskSeen>,
  serverDown: channel('wirewright:gearman:server:down') as Channel<unknown, ServerSeen>,
  serverUp: channel('wirewright:gearman:server:up') as Channel<unknown, ServerSeen>,
};

/** Publishes that a task or job is over, if somebody wants to know. */
export function publishOver(
  to: Channel<unknown, TaskSeen>,
  { function: name, handle, server, startedAt }: Omit<TaskSeen, 'duration'>,
  error: unknown,
): void {
  if (!to.hasSubscribers) return;
  to.publish({ function: name, handle, server, startedAt, duration: performance.now() - startedAt, error });
}
