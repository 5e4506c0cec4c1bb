/*
 * The value of the TLV 0x20 (haproxy doc/proxy-protocol.txt, section 2.2.6):
 *
 *   +--------+---------------+--------------------+
 *   | client |    verify     |  TLVs 0x21 to 0x25 |
 *   +--------+---------------+--------------------+
 *       1            4
 *
 *   client: 0x01 over TLS, 0x02 with a certificate, 0x04 with one earlier in the TLS session
 */
import { ProtocolError } from '../errors.ts';
import type { ProxyHeader } from './header.ts';
import { findTlv, ProxyTlvType, readTlvs, SSL_HEAD } from './tlvs.ts';

/** What a proxy says of the TLS between the client and itself. */
export interface ProxyTls {
  /** Whether the client has connected over TLS at all. */
  readonly secure: boolean;
  /** Whether the client has shown a certificate, on this connection or earlier in its TLS session. */
  readonly certificate: boolean;
  /** Whether there is a certificate and the proxy has verified it. */
  readonly verified: boolean;
  /** `'TLSv1.3'` ... */
  readonly version?: string;
  /** The common name in the certificate of the client. Believe it only when `verified`. */
  readonly commonName?: string;
  /** `'ECDHE-RSA-AES128-GCM-SHA256'` ... */
  readonly cipher?: string;
  /** What the certificate of the proxy is signed with: `'SHA256'` ... */
  readonly signatureAlgorithm?: string;
  /** What the key of the certificate of the proxy is: `'RSA2048'` ... */
  readonly keyAlgorithm?: string;
}

const OVER_TLS = 0x01;
const CERTIFICATE = 0x02 | 0x04;

const TEXTS = {
  version: ProxyTlvType.SslVersion,
  commonName: ProxyTlvType.SslCommonName,
  cipher: ProxyTlvType.SslCipher,
  signatureAlgorithm: ProxyTlvType.SslSignatureAlgorithm,
  keyAlgorithm: ProxyTlvType.SslKeyAlgorithm,
} as const;

/**
 * What `header` says of the TLS between the client and the proxy, or undefined when it says nothing.
 *
 * @throws {ProtocolError} what it says is malformed; never for a header that was received
 */
export function proxyTls(header: ProxyHeader): ProxyTls | undefined {
  const value = findTlv(header, ProxyTlvType.Ssl);
  if (value === undefined) return undefined;
  if (value.length < SSL_HEAD) throw new ProtocolError('the TLV 0x20 of a PROXY header is too short');
  const client = value[0]!;
  const certificate = (client & CERTIFICATE) !== 0;
  const inner = { tlvs: readTlvs(value, SSL_HEAD) };
  const texts: Partial<Record<keyof typeof TEXTS, string>> = {};
  for (const [name, type] of Object.entries(TEXTS)) {
    const text = findTlv(inner, type);
    if (text !== undefined) texts[name as keyof typeof TEXTS] = text.toString();
  }
  // Proxies say 0, all is well, of certificates that are not there, too.
  const verified = certificate && value.readUInt32BE(1) === 0;
  return { secure: (client & OVER_TLS) !== 0, certificate, verified, ...texts };
}
