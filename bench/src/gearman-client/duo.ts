import { join } from 'node:path';

import { BackgroundProcess } from '../process/background-process.ts';
import { numberIn } from '../process/json-line-process.ts';
import type { MeasuredProcess } from '../process/measured-process.ts';
import { SliceProcess, type SliceTimes } from '../process/slice-process.ts';
import { runGenerator } from '../side-by-side/run-generator.ts';
import type { Contender, SideKind } from './contender.ts';
import type { JobCase } from './job-case.ts';

/** For how long the generator in C polls before it sleeps, in microseconds; where the other end is on the same core, it would be in its way. */
const SPIN_US = 50;

/** What the process of a client is told. */
export interface JobOrder extends SliceTimes {
  /** Jobs in flight. */
  readonly callers: number;
}

/** Where clients and workers are, and how they are started. */
export interface Field {
  readonly server: MeasuredProcess;
  /** The command that runs Node, with what goes before it. */
  readonly node: readonly string[];
  /** The same of the generator in C. */
  readonly generator: readonly string[];
}

/** A client and a worker in one case, with a function of their own; each in a process of its own, started once. */
export class Duo {
  readonly #field: Field;
  readonly #contender: Contender;
  readonly #case: JobCase;
  readonly #function: string;
  #worker: BackgroundProcess | undefined;
  #client: SliceProcess<JobOrder> | undefined;

  constructor(field: Field, contender: Contender, jobCase: JobCase) {
    this.#field = field;
    this.#contender = contender;
    this.#case = jobCase;
    this.#function = `${contender.client}/${contender.worker}/${jobCase.callers}/${jobCase.jobs}`;
  }

  /**
   * Runs a slice.
   *
   * @param onMeasuring called when what is done begins to count
   * @returns jobs a second
   */
  async run({ warm, seconds }: SliceTimes, onMeasuring: () => void): Promise<number> {
    const { client, worker } = this.#contender;
    // In C, both are in one process.
    if (client !== 'C' || worker !== 'C') this.#worker ??= this.#startWorker(worker);
    if (client === 'C') return this.#generate(worker === 'C' ? this.#case.jobs : 0, { warm, seconds }, onMeasuring);
    this.#client ??= new SliceProcess(this.#entry('run-client.js', client), isNoisy(client));
    return this.#client.run({ callers: this.#case.callers, warm, seconds }, onMeasuring);
  }

  /** Ends its processes. The next slice begins with others. */
  async stop(): Promise<void> {
    await Promise.all([this.#client?.stop(), this.#worker?.stop()]);
    this.#client = undefined;
    this.#worker = undefined;
  }

  #startWorker(kind: SideKind): BackgroundProcess {
    if (kind === 'C') return new BackgroundProcess(this.#generator('work', 0, 0, this.#case.jobs, 0, 0, 0));
    return new BackgroundProcess([...this.#entry('run-worker.js', kind), String(this.#case.jobs)], isNoisy(kind));
  }

  async #generate(workers: number, { warm, seconds }: SliceTimes, onMeasuring: () => void): Promise<number> {
    const spin = workers === 0 ? 0 : SPIN_US;
    const command = this.#generator('foreground', 1, this.#case.callers, workers, warm, seconds, spin);
    let perSecond = 0;
    await runGenerator(this.#contender.name, command, {
      onMeasuring,
      onDone: (line) => {
        perSecond = numberIn(line, 'replies') / numberIn(line, 'seconds');
      },
    });
    return perSecond;
  }

  #entry(file: string, kind: SideKind): string[] {
    const { node, server } = this.#field;
    const entry = join(import.meta.dirname, file);
    return [...node, '--no-deprecation', entry, kind, String(server.port), this.#function];
  }

  #generator(mode: string, ...numbers: readonly number[]): string[] {
    const { generator, server } = this.#field;
    return [...generator, String(server.port), mode, ...numbers.map(String), this.#function];
  }
}

/** It warns of each packet that its log goes nowhere. */
function isNoisy(kind: SideKind): boolean {
  return kind === 'gearmanode';
}
