import type { AnyCall } from './call.ts';
import type { CallOptions } from './call-options.ts';
import { BatchError } from './errors.ts';
import type { RemoteServer } from './remote-server.ts';

/** One key of many, or one server. */
interface Part<Key> {
  readonly key: Key;
  result: unknown;
  error: unknown;
}

/**
 * Asks for many things at once, of whichever server each belongs to, and resolves with what `results` makes of those that came.
 *
 * @param make makes the call for a key, and says for which server; what it throws is that key's failure
 * @param results gets keys and results in the order in which they were asked for, failures left out
 * @throws {BatchError} (rejects) some failed; it has the others
 */
export function gather<Key, Results>(
  keys: Iterable<Key>,
  make: (key: Key) => { server: RemoteServer; call: AnyCall },
  results: (parts: readonly { readonly key: Key; readonly result: unknown }[]) => Results,
  options: CallOptions,
): Promise<Results> {
  return new Promise<Results>((resolve, reject) => {
    const parts: Part<Key>[] = [];
    const byServer = new Map<RemoteServer, AnyCall[]>();
    // One more than there are, until all have been asked for.
    let open = 1;
    const settled = (): void => {
      if (--open > 0) return;
      const failed = parts.filter(({ error }) => error !== undefined);
      const done = results(parts.filter(({ error }) => error === undefined));
      if (failed.length === 0) resolve(done);
      else reject(new BatchError(new Map(failed.map(({ key, error }) => [key, error as Error])), done));
    };
    const together = options.signal !== undefined || options.timeout !== undefined;
    for (const key of keys) {
      const part: Part<Key> = { key, result: undefined, error: undefined };
      parts.push(part);
      open++;
      try {
        const { server, call } = make(key);
        call.resolve = (result) => {
          part.result = result;
          settled();
        };
        call.reject = (error) => {
          part.error = error;
          settled();
        };
        if (together) {
          const calls = byServer.get(server);
          if (calls === undefined) byServer.set(server, [call]);
          else calls.push(call);
        } else {
          server.add(call);
        }
      } catch (error) {
        part.error = error;
        settled();
      }
    }
    for (const [server, calls] of byServer) {
      try {
        server.askAll(calls, options);
      } catch (error) {
        for (const call of calls) call.giveUp(error);
      }
    }
    settled();
  });
}
