import type { MemcachedConnection } from './handlers.ts';

/** A connection, whatever the user keeps with it. */
// oxlint-disable-next-line typescript/no-explicit-any -- the services do not look at it
export type Client = MemcachedConnection<any>;
