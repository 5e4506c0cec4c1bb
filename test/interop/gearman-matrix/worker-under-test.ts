/** A worker that runs. Its functions are named after it: `perl.echo`. */
export interface WorkerUnderTest {
  close(): Promise<void>;
}
