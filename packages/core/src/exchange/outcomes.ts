import { type AnyConnection, channels } from '../connection/channels.ts';
import { type LatencyRecorder, recordLatency } from '../observe/latency.ts';
import type { Slot } from './slot.ts';

/** What an exchange has done so far. `requests` is the sum of `replies`, `failures`, `timeouts`, `aborts`, `lost` and those still open. */
export interface ExchangeCounters {
  /** Requests that a reply was asked for. */
  readonly requests: number;
  /** Of these: answered. */
  readonly replies: number;
  /** Answered with what `collect` threw; or never sent: refused, or not to be encoded. */
  readonly failures: number;
  /** Given up because of their deadline. */
  readonly timeouts: number;
  /** Given up because of their signal. */
  readonly aborts: number;
  /** Rejected because the connection closed. */
  readonly lost: number;
  /** Replies that came too late and were dropped. */
  readonly late: number;
  /** Messages that the peer sent on its own, as `isPush` tells. */
  readonly pushes: number;
}

/** Tells callers, counters and subscribers what has become of a request. Messages that expect no reply are not counted. */
export class Outcomes<In, Out> {
  readonly latency: LatencyRecorder | undefined;
  readonly counters = { requests: 0, replies: 0, failures: 0, timeouts: 0, aborts: 0, lost: 0, late: 0, pushes: 0 };
  readonly #connection: AnyConnection;

  constructor(connection: AnyConnection, latency: LatencyRecorder | undefined) {
    this.#connection = connection;
    this.latency = latency;
  }

  /** A request was made. */
  begin(slot: Slot<In, Out>): void {
    this.counters.requests++;
    const observed = channels.requestStart.hasSubscribers || channels.requestEnd.hasSubscribers;
    if (observed || this.latency !== undefined) slot.startedAt = performance.now();
    if (!observed) return;
    slot.seen = { connection: this.#connection, message: slot.message, startedAt: slot.startedAt };
    channels.requestStart.publish(slot.seen);
  }

  /** It was answered. */
  reply(slot: Slot<In, Out>, result: unknown): void {
    this.counters.replies++;
    if (this.latency !== undefined) recordLatency(this.latency, slot.startedAt);
    if (slot.seen !== undefined) publishEnd(slot);
    slot.resolve(result);
  }

  /** It came to nothing. */
  reject(slot: Slot<In, Out>, as: 'failures' | 'timeouts' | 'aborts' | 'lost', error: unknown): void {
    if (slot.collect !== undefined) this.counters[as]++;
    if (slot.seen !== undefined) {
      slot.seen.error = error;
      publishEnd(slot);
    }
    slot.reject(error);
  }
}

function publishEnd<In, Out>({ seen }: Slot<In, Out>): void {
  seen!.duration = performance.now() - seen!.startedAt;
  channels.requestEnd.publish(seen!);
}
