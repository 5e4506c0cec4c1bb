import type { CloseReason } from '../connection/close-reason.ts';
import type { ConnectionCounters } from '../connection/connection.ts';

/** What the connections of a server or client have carried so far, closed ones included. */
export interface TrafficCounters extends ConnectionCounters {
  /** Connections that are open now. */
  readonly open: number;
  /** How many have closed, by reason; a reason that did not occur is missing. */
  readonly closed: Readonly<Partial<Record<CloseReason, number>>>;
}

/** What {@link Traffic} needs of a connection. */
interface Counted {
  readonly counters: ConnectionCounters;
  readonly closeReason: CloseReason | undefined;
}

/** Adds up what connections have counted: closed ones when they close, open ones only when somebody asks. */
export class Traffic {
  readonly #carried: ConnectionSums = { bytesIn: 0, bytesOut: 0, messagesIn: 0, messagesOut: 0 };
  readonly #closed: Partial<Record<CloseReason, number>> = {};

  /** Counts a connection that has closed. To be called once for each. */
  add(connection: Counted): void {
    sum(this.#carried, connection.counters);
    const reason = connection.closeReason!;
    this.#closed[reason] = (this.#closed[reason] ?? 0) + 1;
  }

  /** @param open the connections that were not {@link add | added} yet */
  counters(open: ReadonlySet<Counted>): TrafficCounters {
    const carried = { ...this.#carried };
    for (const connection of open) sum(carried, connection.counters);
    return { ...carried, open: open.size, closed: { ...this.#closed } };
  }
}

type ConnectionSums = { -readonly [Name in keyof ConnectionCounters]: ConnectionCounters[Name] };

function sum(to: ConnectionSums, counters: ConnectionCounters): void {
  to.bytesIn += counters.bytesIn;
  to.bytesOut += counters.bytesOut;
  to.messagesIn += counters.messagesIn;
  to.messagesOut += counters.messagesOut;
}
