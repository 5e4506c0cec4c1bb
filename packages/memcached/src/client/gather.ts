import type { CallOptions } from './call-options.ts';
import type { AnyCall } from './call.ts';
import { BatchError } from './errors.ts';
import type { RemoteServer } from './remote-server.ts';

/** One key of many, or one server. */
interface Part<Key> {
  readonly key: Key;
  result: unknown;
  error: unknown;
}

/** Keys that are asked for at a time: more would be refused, or fill the memory while they wait. */
const SLICE = 4096;

/**
 * Asks for many things at once, of whichever server each belongs to, and resolves with what `results` makes of those that came.
 *
 * @param make makes the call for a key, and says for which server; what it throws is that key's failure
 * @param results gets keys and results in the order in which they were asked for, failures left out
 * @throws {BatchError} (rejects) some failed; it has the others
 */
export async function gather<Key, Results>(
  keys: Iterable<Key>,
  make: (key: Key) => { server: RemoteServer; call: AnyCall },
  results: (parts: readonly { readonly key: Key; readonly result: unknown }[]) => Results,
  options: CallOptions,
): Promise<Results> {
  const parts = Array.from(keys, (key): Part<Key> => ({ key, result: undefined, error: undefined }));
  for (let at = 0; at < parts.length; at += SLICE) {
    // oxlint-disable-next-line no-await-in-loop -- one slice at a time is the point
    await askTogether(parts.slice(at, at + SLICE), make, options);
  }
  const failed = parts.filter(({ error }) => error !== undefined);
  const done = results(parts.filter(({ error }) => error === undefined));
  if (failed.length === 0) return done;
  throw new BatchError(new Map(failed.map(({ key, error }) => [key, error as Error])), done);
}

/** Asks for all of them, and resolves when each has its result or its error. */
function askTogether<Key>(
  parts: readonly Part<Key>[],
  make: (key: Key) => { server: RemoteServer; call: AnyCall },
  options: CallOptions,
): Promise<void> {
  return new Promise<void>((resolve) => {
    let open = parts.length;
    const settle = (part: Part<Key>, result: unknown, error: unknown): void => {
      part.result = result;
      part.error = error;
      if (--open === 0) resolve();
    };
    // With a deadline or signal of their own, those for one server are one batch.
    const together = options.signal !== undefined || options.timeout !== undefined;
    const byServer = new Map<RemoteServer, AnyCall[]>();
    for (const part of parts) {
      try {
        const { server, call } = make(part.key);
        call.resolve = (result) => settle(part, result, undefined);
        call.reject = (error) => settle(part, undefined, error);
        const calls = byServer.get(server);
        if (!together) server.add(call);
        else if (calls === undefined) byServer.set(server, [call]);
        else calls.push(call);
      } catch (error) {
        settle(part, undefined, error);
      }
    }
    for (const [server, calls] of byServer) {
      try {
        server.askAll(calls, options);
      } catch (error) {
        for (const call of calls) call.giveUp(error);
      }
    }
  });
}
