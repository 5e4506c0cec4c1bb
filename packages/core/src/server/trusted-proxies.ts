import type { BlockList, Socket } from 'node:net';

import { ByteReader } from '../codec/byte-reader.ts';
import { decodeNext } from '../codec/decode.ts';
import { ProtocolError, TruncatedFrameError } from '../codec/errors.ts';
import { booleanOption, knownOptions } from '../codec/options.ts';
import type { ProxyHeader } from '../codec/proxy/header.ts';
import { proxyHeader } from '../codec/proxy/proxy-header.ts';
import { SocketError, UntrustedProxyError } from '../errors.ts';
import { type Addresses, addressList, isListed, plainAddress } from './address-list.ts';

/** Which proxies are believed when they tell, in a header of the PROXY protocol, for whom they connect. */
export interface ProxyOptions {
  /** Addresses of the proxies that are believed. Whoever else connects is refused: what it says of itself could be forged. */
  readonly from: Addresses;
  /** Whether peers of a unix socket, which have no address, are such proxies. Default false. */
  readonly fromUnix?: boolean | undefined;
}

/**
 * Reads the header of the PROXY protocol that proxies begin their connections with. It is not guessed whether there is one: the
 * protocol forbids that, since any peer could send one then (haproxy doc/proxy-protocol.txt, section 2).
 */
export class TrustedProxies {
  readonly #from: BlockList;
  readonly #fromUnix: boolean;
  readonly #codec = proxyHeader();

  /** @throws {InvalidOptionError} an option is unknown, or no list of addresses */
  constructor(options: ProxyOptions) {
    knownOptions('proxy', options, ['from', 'fromUnix']);
    this.#from = addressList('proxy.from', options.from);
    this.#fromUnix = booleanOption('proxy.fromUnix', options.fromUnix ?? false);
  }

  /**
   * Resolves with the header that `socket` begins with, once it is there; what was received behind it is put back. The stream is paused
   * then and has no listeners of this.
   *
   * @throws {UntrustedProxyError} (rejects) the peer is no proxy that is trusted
   * @throws {ProtocolError} (rejects) what it sends is no header
   * @throws {SocketError} (rejects) the connection broke
   */
  async headerOf(socket: Socket): Promise<ProxyHeader> {
    const { remoteAddress } = socket;
    const trusted = remoteAddress === undefined ? this.#fromUnix : isListed(this.#from, plainAddress(remoteAddress));
    if (!trusted) throw new UntrustedProxyError(remoteAddress ?? 'a peer of a unix socket');
    const codec = this.#codec();
    const reader = new ByteReader();
    reader.maxFrameLength = codec.maxFrameLength ?? reader.maxFrameLength;
    return new Promise((resolve, reject) => {
      const settle = (settled: () => void): void => {
        socket.pause();
        socket.off('data', received).off('end', ended).off('close', ended).off('error', failed);
        // A socket that breaks before somebody else listens must not end the process.
        socket.on('error', ignore);
        settled();
      };
      const received = (chunk: Buffer): void => {
        try {
          reader.push(chunk);
          const header = decodeNext(codec, reader);
          if (header === undefined) return;
          settle(() => {
            while (reader.fill());
            if (reader.length > 0) socket.unshift(reader.take(reader.length));
            resolve(header);
          });
        } catch (error) {
          settle(() => reject(error));
        }
      };
      const ended = (): void => {
        const nothing = new ProtocolError('the peer ended before it sent a PROXY header', { code: 'WIRE_TRUNCATED' });
        settle(() => reject(reader.buffered === 0 ? nothing : new TruncatedFrameError(reader.buffered)));
      };
      const failed = (error: Error): void => settle(() => reject(new SocketError(error)));
      socket.on('data', received).on('end', ended).on('close', ended).on('error', failed);
      // A listener may pause what it accepts.
      socket.resume();
    });
  }
}

function ignore(): void {}
