/** Bytes of a payload, one character for each, so many times over. */
interface Payload {
  readonly text: string;
  readonly times?: number;
}

/** A task that a client is to submit. */
export interface TaskRequest {
  readonly function: string;
  readonly payload: Payload;
  readonly unique?: string;
  readonly priority?: 'high' | 'low' | undefined;
  readonly background?: boolean;
}

/** What has become of a task: one character for each byte; results of more than 64 KiB as `told` says. */
export interface Outcome {
  readonly handle?: string;
  readonly result?: string;
  readonly data: readonly string[];
  readonly warnings: readonly string[];
  readonly statuses: readonly string[];
  readonly exception?: string;
  readonly failed: boolean;
  /** What the client says of a task that it could not submit or follow. */
  readonly error?: string;
}

/** A client of some kind, with a connection to a server. */
export interface ClientUnderTest {
  /** Submits tasks in this order, and follows them to their ends: those in the background until the server has them. */
  run(tasks: readonly TaskRequest[]): Promise<readonly Outcome[]>;
  close(): Promise<void>;
}
