/** What the benchmark asks of a client. */
export interface JobClient {
  /** Has the job of a payload done. Gives the promise of the client itself, where it has one: another around it would cost all of them the same. */
  submit(payload: Buffer): PromiseLike<Uint8Array>;
}

/** A library with clients and workers. */
export interface Library {
  openClient(port: number, name: string): JobClient;
  /** Starts a worker that gives each payload back, with up to so many jobs at once if it can. */
  startWorker(port: number, name: string, jobs: number): void;
}
