import type { AnyTask } from './task.ts';

/**
 * The tasks that are under way, the oldest first. A Set would keep many that are over: when it is emptied and filled again and again, its old
 * tables refer to the new ones, and once one of them is old to the garbage collector, so is all that later ones have had.
 */
export class TaskList {
  #first: AnyTask | undefined = undefined;
  #last: AnyTask | undefined = undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @param task that is in no list */
  add(task: AnyTask): void {
    task.previous = this.#last;
    if (this.#last === undefined) this.#first = task;
    else this.#last.next = task;
    this.#last = task;
    this.#size++;
  }

  /** @param task that is in this list */
  delete(task: AnyTask): void {
    const { previous, next } = task;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    task.previous = undefined;
    task.next = undefined;
    this.#size--;
  }

  /** All that are there now: they may be deleted meanwhile. */
  all(): AnyTask[] {
    const tasks: AnyTask[] = [];
    for (let task = this.#first; task !== undefined; task = task.next) tasks.push(task);
    return tasks;
  }
}
