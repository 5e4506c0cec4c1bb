/** A client or worker of Gearman under the benchmark. */
interface JobClient {
  /** Has a job of a function done; resolves with its result. */
  submit(name: string, payload: Buffer): PromiseLike<Uint8Array | string>;
}

/** What opens the two ends of a package. */
export interface Contender {
  open(port: number): JobClient;
  /** Has a worker return the payload of each job. */
  work(port: number, name: string, concurrency: number): void;
}
