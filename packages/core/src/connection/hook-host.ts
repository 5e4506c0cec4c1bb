import type { WireError } from '../codec/errors.ts';
import type { CloseReason } from './close-reason.ts';
import type { Connection } from './connection.ts';
import { callUnheard, declared, type HookName, type Hooks } from './hooks.ts';

/** What a server and a client have in common: hooks that are declared once, for all their connections. */
export abstract class HookHost<In, Out, Data> {
  protected readonly hooks: Hooks<In, Out, Data> = {};

  /** The connection is there; nothing is read before `hook` has settled. */
  onConnect(hook: (connection: Connection<In, Out, Data>) => unknown): this {
    return this.#declare('onConnect', hook);
  }

  /** A message came. The next one waits until what `hook` returns has settled. */
  onRead(hook: (connection: Connection<In, Out, Data>, message: In) => unknown): this {
    return this.#declare('onRead', hook);
  }

  /** The peer has ended its side and all it sent was read; unless `halfOpen` is set, the connection closes after `hook`. */
  onEnd(hook: (connection: Connection<In, Out, Data>) => unknown): this {
    return this.#declare('onEnd', hook);
  }

  /** What was sent has drained below the low-water mark, after `send` had returned false. */
  onDrain(hook: (connection: Connection<In, Out, Data>) => unknown): this {
    return this.#declare('onDrain', hook);
  }

  /** Something failed on a connection, once for each at most; a last message can still be sent. */
  onError(hook: (connection: Connection<In, Out, Data>, error: WireError) => unknown): this {
    return this.#declare('onError', hook);
  }

  /** The connection is gone. */
  onClose(hook: (connection: Connection<In, Out, Data>, reason: CloseReason) => unknown): this {
    return this.#declare('onClose', hook);
  }

  /** Tells `onError` of something that failed on a connection which goes on; what the hook throws is a process warning. */
  protected tellError(connection: Connection<In, Out, Data>, error: WireError): void {
    callUnheard('onError', () => this.hooks.onError?.(connection, error));
  }

  #declare<Name extends HookName>(name: Name, hook: NonNullable<Hooks<In, Out, Data>[Name]>): this {
    this.hooks[name] = declared(name, this.hooks[name], hook);
    return this;
  }
}
