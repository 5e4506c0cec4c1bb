import type { Codec, CodecFactory, Description } from '@wirewright/core/codec';

import type { Call } from './call.ts';

/** Bytes of values, and commands, that one batch has at most: more leave in the next one, so that backpressure is heeded in between. */
const MAX_SIZE = 64 * 1024;
const MAX_CALLS = 1024;

/**
 * The commands of one turn for one server: one message to the codec, one request to the exchange, and a promise for each command. The
 * answers are told apart by their order, or by what they bear; one that is given up leaves its place, so that its answer is dropped.
 */
export abstract class Batch<Frame, Request> {
  /** What is sent, one behind the other. */
  readonly requests: Request[] = [];
  /** Whether there is a password in it, so that no wire log may show its bytes. */
  secret = false;
  /** Those that have not been answered begin at {@link answered}. */
  protected readonly calls: Call<Frame, Request>[] = [];
  protected answered = 0;
  /** Counts the commands that wait for their answers; of several batches together. */
  load: { waiting: number } = { waiting: 0 };
  #count = 0;
  #size = 0;

  /** Bound, for the exchange: returns true with the last frame of the last answer. */
  readonly collect: (frame: Frame) => true | undefined = (frame) => this.take(frame);

  /** Whether nothing more should be added. */
  get full(): boolean {
    return this.#size >= MAX_SIZE || this.#count >= MAX_CALLS;
  }

  add(call: Call<Frame, Request>): void {
    this.#size += call.size;
    this.#count++;
    if (call.unanswered) this.appendUnanswered(call);
    else this.append(call);
  }

  /** Nothing is added any more: it is sent. */
  abstract seal(): void;

  /** Nobody waits any more for those that are not answered; returns how many that are. Their answers may still come. */
  fail(error: unknown): number {
    let failed = 0;
    for (let i = this.answered; i < this.calls.length; i++) {
      const call = this.calls[i]!;
      failed += call.giveUp(error);
      this.load.waiting -= call.weight;
      call.weight = 0;
    }
    return failed;
  }

  /** The answer to a command is complete. Returns true when it was the last one. */
  protected done({ weight }: Call<Frame, Request>): true | undefined {
    this.load.waiting -= weight;
    return ++this.answered === this.calls.length ? true : undefined;
  }

  protected abstract append(call: Call<Frame, Request>): void;
  /** Adds a command of the form that has no answer. */
  protected abstract appendUnanswered(call: Call<Frame, Request>): void;
  protected abstract take(frame: Frame): true | undefined;
}

/** A batch of whichever protocol. */
// oxlint-disable-next-line typescript/no-explicit-any -- whatever is sent, and received
export type AnyBatch = Batch<any, any>;

/** The codec of a protocol, for batches of its requests. */
export function batchCodec<Frame, Request>(
  commands: CodecFactory<Frame, Request>,
): CodecFactory<Frame, Batch<Frame, Request>> {
  return () => {
    const codec = commands();
    const batches: Codec<Frame, Batch<Frame, Request>> = {
      decode: (input) => codec.decode(input),
      encode({ requests }, output) {
        for (let i = 0; i < requests.length; i++) codec.encode(requests[i]!, output);
      },
      describe: (message) =>
        isBatch<Frame, Request>(message) ? describeBatch(codec, message) : codec.describe!(message),
    };
    return codec.maxFrameLength === undefined ? batches : { ...batches, maxFrameLength: codec.maxFrameLength };
  };
}

function isBatch<Frame, Request>(message: Frame | Batch<Frame, Request>): message is Batch<Frame, Request> {
  return message instanceof Batch;
}

function describeBatch<Frame, Request>(
  codec: Codec<Frame, Request>,
  { requests, secret }: Batch<Frame, Request>,
): Description {
  const parts = requests.map((request) => codec.describe!(request));
  return {
    text: secret ? 'login' : parts.map((part) => (typeof part === 'string' ? part : part.text)).join('; '),
    secret: secret || parts.some((part) => typeof part !== 'string' && part.secret),
  };
}
