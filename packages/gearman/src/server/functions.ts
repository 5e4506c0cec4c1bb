import type { Buffer } from 'node:buffer';

import { readLatin1 } from '@wirewright/core/codec';

import type { FunctionPolicy } from './function-policy.ts';
import { JobFunction } from './job-function.ts';

/** The functions of a server, in the order in which they were first heard of. */
export class Functions implements Iterable<JobFunction> {
  readonly #byName = new Map<string, JobFunction>();
  readonly #policies: ReadonlyMap<string, FunctionPolicy>;
  readonly #usual: FunctionPolicy;
  readonly #max: number;
  /** The one that was asked for last by its bytes. */
  #last: JobFunction | undefined = undefined;

  /** @param max how many there may be */
  constructor(policies: ReadonlyMap<string, FunctionPolicy>, usual: FunctionPolicy, max: number) {
    this.#policies = policies;
    this.#usual = usual;
    this.#max = max;
  }

  get(name: string): JobFunction | undefined {
    return this.#byName.get(name);
  }

  /** The function of that name, made if there is none; undefined when there are as many as there may be. */
  make(name: string): JobFunction | undefined {
    let found = this.#byName.get(name);
    if (found !== undefined) return found;
    if (this.#byName.size >= this.#max) return undefined;
    found = new JobFunction(name, this.#policies.get(name) ?? this.#usual);
    this.#byName.set(name, found);
    return found;
  }

  /** The same of a name where it was received: often that of the one before, and then no text is made of it. */
  makeOf(source: Buffer, start: number, end: number): JobFunction | undefined {
    const last = this.#last;
    if (last !== undefined && isAt(last.bytes, source, start, end)) return last;
    const found = this.make(readLatin1(source, start, end));
    this.#last = found;
    return found;
  }

  /** Forgets a function that has neither jobs nor workers. */
  drop({ name }: JobFunction): void {
    this.#byName.delete(name);
    this.#last = undefined;
  }

  [Symbol.iterator](): IterableIterator<JobFunction> {
    return this.#byName.values();
  }
}

/** Whether `bytes` are what lies from `start` to `end`. */
function isAt(bytes: Buffer, source: Buffer, start: number, end: number): boolean {
  if (end - start !== bytes.length) return false;
  for (let i = 0; i < bytes.length; i++) if (source[start + i] !== bytes[i]) return false;
  return true;
}
