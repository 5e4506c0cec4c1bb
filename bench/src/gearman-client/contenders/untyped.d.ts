// What the benchmark uses of the libraries, which come without types.

declare module 'abraxas' {
  interface Client {
    submitJob(name: string, payload: Buffer): PromiseLike<Buffer>;
    registerWorker(name: string, handler: (task: { readonly payload: Buffer }) => Buffer): void;
  }
  const abraxas: { readonly Client: { connect(options: { host: string; port: number; maxJobs?: number }): Client } };
  export default abraxas;
}

declare module 'gearmanode' {
  interface Job {
    readonly payload: Buffer;
    readonly response: Buffer;
    on(event: string, listener: () => void): this;
    workComplete(result: Buffer): void;
  }
  interface Place {
    readonly host: string;
    readonly port: number;
  }
  const gearmanode: {
    client(place: Place): { submitJob(name: string, payload: Buffer): Job };
    worker(place: Place): { addFunction(name: string, handler: (job: Job) => void): void };
  };
  export default gearmanode;
}

declare module 'node-gearman' {
  interface Job {
    on(event: 'data', listener: (data: Buffer<ArrayBuffer>) => void): this;
    on(event: 'end', listener: () => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
  }
  export default class Gearman {
    constructor(host: string, port: number);
    submitJob(name: string, payload: Buffer): Job;
    registerWorker(name: string, handler: (payload: Buffer, worker: { end(result: Buffer): void }) => void): void;
  }
}
