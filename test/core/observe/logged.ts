import { line } from '@wirewright/codec-line';
import { channels, type WireError, type WireLog, wireLog, type WireLogOptions } from '@wirewright/core';
import type { CodecFactory, FrameBody } from '@wirewright/core/codec';
import { expect, vi } from 'vitest';

/** Logs that are to be stopped when the test is over. */
export const logs: WireLog[] = [];

/** To be called after each test. */
export function stopLogs(): void {
  for (const log of logs.splice(0)) log.stop();
  vi.restoreAllMocks();
  if (listenedTo().length > 0) throw new Error('a test has left a log on');
}

/** The channels that somebody has subscribed to. */
export function listenedTo(): string[] {
  return Object.entries(channels)
    .filter(([, channel]) => channel.hasSubscribers)
    .map(([name]) => name);
}

const TIME = /^\d\d:\d\d:\d\d\.\d{3} /;
/** Lines, which describe themselves. */
export const lines: CodecFactory<string, FrameBody> = line();

export interface Logged {
  readonly log: WireLog;
  /** What was written, call by call, without the time of day. */
  readonly calls: string[];
  /** The same as one text. */
  text(): string;
}

/** A wire log that writes into an array. */
export function logged(options: WireLogOptions): Logged {
  const calls: string[] = [];
  const write = (text: string): void => {
    expect(text).toMatch(TIME);
    expect(text.endsWith('\n')).toBe(true);
    calls.push(text.replace(TIME, ''));
  };
  const log = wireLog({ write, ...options });
  logs.push(log);
  return { log, calls, text: () => calls.join('') };
}

/** The heads of what was logged: without dumps. */
export function heads({ calls }: Logged): string[] {
  return calls.map((text) => text.split('\n')[0]!);
}

/** The warnings of the process from now on, which are not printed. */
export function warnings(): WireError[] {
  const seen: WireError[] = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((warning) => void seen.push(warning as WireError));
  return seen;
}
