import type { FunctionPolicy } from './function-policy.ts';
import { JobFunction } from './job-function.ts';

/** The functions of a server, in the order in which they were first heard of. */
export class Functions implements Iterable<JobFunction> {
  readonly #byName = new Map<string, JobFunction>();
  readonly #policies: ReadonlyMap<string, FunctionPolicy>;
  readonly #usual: FunctionPolicy;
  readonly #max: number;

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

  /** Forgets a function that has neither jobs nor workers. */
  drop({ name }: JobFunction): void {
    this.#byName.delete(name);
  }

  [Symbol.iterator](): IterableIterator<JobFunction> {
    return this.#byName.values();
  }
}
