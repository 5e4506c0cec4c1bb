import { Exit, ExitStatus } from '../shared/exit.ts';

/** Where to listen. */
export interface ListenPlace {
  /** Without, all addresses. */
  readonly host: string | undefined;
  readonly port: number;
  /** Whether TLS is left out, though it is on. */
  readonly plain: boolean;
}

/**
 * The places that `-l` names: `<addr>`, `<addr>:<port>`, `[<addr6>]:<port>`, each with `notls:` in front or without, with commas between.
 *
 * @throws {Exit} one is none
 */
export function readPlaces(list: string, port: number): ListenPlace[] {
  return list
    .split(/[,;\s]+/)
    .filter((part) => part !== '')
    .map((part) => {
      const plain = part.startsWith('notls:');
      const { host, port: its } = readPlace(plain ? part.slice('notls:'.length) : part, port);
      return { host, port: its, plain };
    });
}

function readPlace(text: string, port: number): { host: string; port: number } {
  const bracketed = /^\[([^\]]+)\](?::(.+))?$/.exec(text);
  if (bracketed !== null) return { host: bracketed[1]!, port: portOf(bracketed[2], port) };
  const colons = text.split(':').length - 1;
  // More than one: an address of IPv6, without a port.
  if (colons !== 1) return { host: text, port };
  const [host = '', given] = text.split(':');
  return { host, port: portOf(given, port) };
}

function portOf(text: string | undefined, port: number): number {
  if (text === undefined) return port;
  if (!/^\d+$/.test(text) || Number(text) > 65_535)
    throw new Exit(ExitStatus.Usage, `ERROR: Invalid port number ${text}.`);
  return Number(text);
}
