import type { Place } from '../connection/socket-options.ts';

/**
 * Reads a place that is a text: `cache1`, `cache1:11211`, `[::1]:11211`, or the path of a unix socket, which has a slash. Undefined when it is none.
 */
export function parsePlace(text: string): Place | undefined {
  if (text.includes('/')) return { path: text };
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) return undefined;
  return port === undefined ? { host } : { host, port: Number(port) };
}
