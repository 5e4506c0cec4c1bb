import { Buffer } from 'node:buffer';

import { channels, type Connection, type FrameSeen } from '@wirewright/core';

// oxlint-disable-next-line typescript/no-explicit-any -- connections of every protocol
type AnyConnection = Connection<any, any, any>;
type ChannelName = keyof typeof channels;

/** Something that a channel has published. */
export interface Published {
  readonly name: ChannelName;
  readonly connection: AnyConnection | undefined;
  /** The very object that was published. */
  readonly event: Readonly<Record<string, unknown>>;
  /** Of a frame: a copy of its bytes, since they are not valid for long. */
  readonly bytes: Buffer | undefined;
}

export const ALL_CHANNELS: readonly ChannelName[] = Object.keys(channels) as ChannelName[];

/** Writes down what channels publish. Connections of other tests may publish, too: ask for those {@link of} one. */
export class Recorder {
  static readonly #running = new Set<Recorder>();
  readonly published: Published[] = [];
  readonly #subscriptions: (() => void)[] = [];

  constructor(names: readonly ChannelName[] = ALL_CHANNELS) {
    for (const name of names) {
      const subscriber = (event: unknown): void => this.#add(name, event as Published['event']);
      channels[name].subscribe(subscriber);
      this.#subscriptions.push(() => channels[name].unsubscribe(subscriber));
    }
    Recorder.#running.add(this);
  }

  /** Ends the subscriptions of all that a test has made; it must have ended those of its own. */
  static stopAll(): void {
    for (const recorder of Recorder.#running) recorder.stop();
    if (ALL_CHANNELS.some((name) => channels[name].hasSubscribers)) throw new Error('a test has left a subscriber');
  }

  stop(): void {
    for (const unsubscribe of this.#subscriptions.splice(0)) unsubscribe();
    Recorder.#running.delete(this);
  }

  of(connection: unknown, ...names: ChannelName[]): Published[] {
    return this.published.filter(
      (one) => one.connection === connection && (names.length === 0 || names.includes(one.name)),
    );
  }

  /** The bytes of the frames that went one way. */
  frames(connection: unknown, name: 'frameIn' | 'frameOut'): Buffer[] {
    return this.of(connection, name).map(({ bytes }) => bytes!);
  }

  #add(name: ChannelName, event: Published['event']): void {
    const { connection, bytes } = event as Partial<FrameSeen>;
    this.published.push({ name, connection, event, bytes: bytes === undefined ? undefined : Buffer.from(bytes) });
  }
}

/** What happened, in a word or two. */
export function told({ name, event }: Published): string {
  const { message, reason, error } = event;
  if (typeof message === 'string') return `${name} ${message}`;
  if (typeof reason === 'string') return `${name} ${reason}`;
  return error instanceof Error ? `${name} ${(error as Error & { code: string }).code}` : name;
}
