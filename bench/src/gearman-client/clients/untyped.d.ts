// What the benchmark uses of the packages that come without types.

declare module 'abraxas' {
  interface AbraxasClient {
    submitJob(name: string, payload: Uint8Array): PromiseLike<Uint8Array | string>;
    registerWorker(name: string, handler: (task: { payload: Uint8Array }) => unknown): void;
  }
  const abraxas: { Client: { connect(options: { servers: string[]; maxJobs?: number }): AbraxasClient } };
  export default abraxas;
}

declare module 'gearmanode' {
  interface GearmanodeJob {
    readonly response: Uint8Array | string;
    readonly payload: Uint8Array | string;
    on(event: 'complete' | 'failed', listener: () => void): void;
    workComplete(result: Uint8Array | string): void;
  }
  const gearmanode: {
    client(options: { host: string; port: number }): { submitJob(name: string, payload: Uint8Array): GearmanodeJob };
    worker(options: { host: string; port: number }): {
      addFunction(name: string, handler: (job: GearmanodeJob) => void): void;
    };
  };
  export default gearmanode;
}

declare module 'node-gearman' {
  interface NodeGearmanJob {
    on(event: 'data', listener: (piece: Buffer) => void): void;
    on(event: 'end', listener: () => void): void;
    on(event: 'error', listener: (error: Error) => void): void;
  }
  export default class NodeGearman {
    constructor(host: string, port: number);
    submitJob(name: string, payload: Uint8Array): NodeGearmanJob;
    registerWorker(name: string, handler: (payload: Buffer, worker: { end(result: Buffer): void }) => void): void;
  }
}
