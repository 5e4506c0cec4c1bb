/**
 * What the benchmark asks of a client. Calls give the promise of the client itself, and what came of it is read by another method: a
 * promise around a promise would cost all of them the same, and so bring them closer together than they are.
 */
export interface CacheClient<Stored = unknown, Got = unknown> {
  set(key: string, value: string | Uint8Array): Promise<Stored>;
  /** Whether the answer to a set says that it was done. */
  isStored(answer: Stored): boolean;
  get(key: string): Promise<Got>;
  /** The value in the answer to a get, as the client gives it; none for a miss. */
  valueIn(answer: Got): string | Uint8Array | null | undefined;
  /** Closes its connections. */
  close(): unknown;
}
