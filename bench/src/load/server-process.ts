import { join } from 'node:path';
import { JsonLineProcess, numberIn } from '../json-line-process.ts';
import type { ServerKind } from './server-kind.ts';

/** Two of these give the busy share of the time between them. */
export interface CpuSample {
  /** CPU time of the process so far, user and system, in microseconds. */
  readonly cpuUs: number;
  /** Its monotonic clock at that moment, in microseconds. */
  readonly wallUs: number;
  /** Resident memory, in bytes. */
  readonly rssBytes: number;
}

/** One server in a process of its own. */
export class ServerProcess {
  readonly kind: ServerKind;
  readonly port: number;
  readonly nodeVersion: string;
  readonly #process: JsonLineProcess;

  private constructor(process: JsonLineProcess, kind: ServerKind, port: number, nodeVersion: string) {
    this.#process = process;
    this.kind = kind;
    this.port = port;
    this.nodeVersion = nodeVersion;
  }

  /**
   * Starts `kind` under the binary `node`, with `prefix` before the command. Throws when it does not come up.
   *
   * @param tlsFolder the folder with the certificate, for a kind that speaks TLS
   */
  static async start(
    kind: ServerKind,
    node: string,
    prefix: readonly string[],
    tlsFolder?: string,
  ): Promise<ServerProcess> {
    const process = new JsonLineProcess(`server ${kind}`, [
      ...prefix,
      node,
      join(import.meta.dirname, 'serve.js'),
      kind,
      ...(tlsFolder === undefined ? [] : [tlsFolder]),
    ]);
    try {
      const ready = await process.next();
      return new ServerProcess(process, kind, numberIn(ready, 'port'), String(ready['node']));
    } catch (error) {
      await process.stop();
      throw error;
    }
  }

  /** Asks the server for its CPU time; it answers between two turns of its event loop. */
  async sample(): Promise<CpuSample> {
    this.#process.send('cpu');
    const line = await this.#process.next();
    return { cpuUs: numberIn(line, 'cpuUs'), wallUs: numberIn(line, 'wallUs'), rssBytes: numberIn(line, 'rssBytes') };
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }
}
