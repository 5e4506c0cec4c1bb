import { InvalidOptionError, WireError } from '../codec/errors.ts';
import { HookError } from '../errors.ts';
import type { CloseReason } from './close-reason.ts';
import type { Connection } from './connection.ts';
import { isThenable } from './is-thenable.ts';

/**
 * What a service does on a connection, declared once for all connections of a server or client. A hook may return anything; a
 * promise, or any other thenable, pauses reading on that connection until it settles. A throw or a rejection closes that connection
 * and no other.
 */
export interface Hooks<In, Out = In, Data = unknown> {
  /** The connection is there. Nothing is read before this hook has settled. */
  onConnect?(connection: Connection<In, Out, Data>): unknown;
  /** A message came. A message that is a view on received bytes is valid until this hook has settled. */
  onRead?(connection: Connection<In, Out, Data>, message: In): unknown;
  /** The peer has ended its side and all that it sent was read. Afterwards the connection closes, unless `halfOpen` is set. */
  onEnd?(connection: Connection<In, Out, Data>): unknown;
  /** What was sent has drained below the low-water mark, after `send` had returned false. */
  onDrain?(connection: Connection<In, Out, Data>): unknown;
  /** Something failed, once for each connection at most. A last message can still be sent; then the connection closes. */
  onError?(connection: Connection<In, Out, Data>, error: WireError): unknown;
  /** The connection is gone. */
  onClose?(connection: Connection<In, Out, Data>, reason: CloseReason): unknown;
}

/** A hook of a connection, by name. */
export type HookName = keyof Hooks<unknown>;

/** What a hook threw, as what closes the connection: errors of ours say themselves what went wrong. */
export function hookError(name: string, error: unknown): WireError {
  return error instanceof WireError ? error : new HookError(name, error);
}

/**
 * A hook as it is declared, once.
 *
 * @param before the one that was declared under this name
 * @throws {InvalidOptionError} it is none, or there is one already
 */
export function declared<Hook>(name: string, before: Hook | undefined, hook: Hook): Hook {
  if (typeof hook !== 'function') throw new InvalidOptionError(`${name} takes a function`);
  if (before !== undefined) throw new InvalidOptionError(`${name} is declared already`);
  return hook;
}

/** Calls a hook that nothing can fail for any more: what it throws or rejects with becomes a process warning. */
export function callUnheard(name: string, hook: () => unknown): void {
  const warn = (error: unknown): void => process.emitWarning(new HookError(name, error));
  try {
    const result = hook();
    if (isThenable(result)) result.then(undefined, warn);
  } catch (error) {
    warn(error);
  }
}
