/**
 * Whether `value` is a promise, or anything else with a `then` method: what a hook has to return for reading to wait. It never throws:
 * what cannot even be asked for its `then` is one that rejects.
 */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return false;
  try {
    return typeof (value as PromiseLike<unknown>).then === 'function';
  } catch {
    return true;
  }
}
