import type { ProxyTlv } from './tlvs.ts';

/** One end of a connection, as a proxy tells it. */
export interface ProxyEndpoint {
  /**
   * An IP address as Node writes it in `remoteAddress`; of a unix socket the path, empty when it has none, beginning with `\0` when it
   * is an abstract one.
   */
  readonly address: string;
  /** 0 to 65535; a unix socket has none. */
  readonly port?: number | undefined;
}

/** What a proxy says of the connection that it relays. */
export interface ProxyHeader {
  /** 1 is a line of text, 2 is binary. */
  readonly version: 1 | 2;
  /**
   * `'proxy'`: the connection is relayed for somebody. `'local'`: there is nobody to tell of, and the connection itself says where it
   * comes from; the proxy opened it for itself, to see whether the server is well, or, in version 1 (`UNKNOWN`), does not know more.
   */
  readonly command: 'proxy' | 'local';
  /** Missing when the addresses are not told: always with `'local'`, and in version 2 for a family that the protocol has no place for. */
  readonly family?: 'ipv4' | 'ipv6' | 'unix' | undefined;
  /** Missing like the family. To send it may be left out: `'stream'`. */
  readonly transport?: 'stream' | 'datagram' | undefined;
  /** Who has connected to the proxy. There when the family is. */
  readonly source?: ProxyEndpoint | undefined;
  /** Where to. There when the family is. */
  readonly destination?: ProxyEndpoint | undefined;
  /** What else a version 2 header says, in order; there when there is any. The bytes last. */
  readonly tlvs?: readonly ProxyTlv[] | undefined;
}

/** Both ends, where a family is told. */
export interface ProxyEndpoints {
  readonly source: ProxyEndpoint;
  readonly destination: ProxyEndpoint;
}

/** @throws {RangeError} an end is missing in a header that is to be sent */
export function endpointsOf({ family, source, destination }: ProxyHeader): ProxyEndpoints {
  if (source === undefined || destination === undefined) {
    throw new RangeError(`a header with the family ${family} needs both a source and a destination`);
  }
  return { source, destination };
}

/** @throws {RangeError} a header that is to be sent says something that has no place without a family: the peer would not see it */
export function checkUntold({ command, family, transport, source, destination, tlvs = [] }: ProxyHeader): void {
  if (family === undefined && (source ?? destination ?? transport) === undefined && tlvs.length === 0) return;
  throw new RangeError(
    command === 'local'
      ? "a 'local' header says nothing: leave out family, transport, source, destination and tlvs, or make it 'proxy'"
      : 'a header with a transport, a source, a destination or tlvs needs a family, too',
  );
}

/** @throws {RangeError} `port` is no port that a header could tell */
export function checkPort(port: number | undefined): number {
  if (port === undefined || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`a port must be an integer from 0 to 65535, not ${String(port)}`);
  }
  return port;
}
