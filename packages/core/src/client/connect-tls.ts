import { clientContext } from '../tls/tls-connect.ts';
import type { TlsClientOptions } from '../tls/tls-options.ts';

/** What TLS is made with for `tls: true`. */
const DEFAULT_TLS: TlsClientOptions = {};

/**
 * What TLS to a place is made with; undefined for none.
 *
 * @throws {InvalidOptionError} TLS cannot be made with the options
 */
export function connectTls(tls: boolean | TlsClientOptions | undefined): TlsClientOptions | undefined {
  if (tls === undefined || tls === false) return undefined;
  const options = tls === true ? DEFAULT_TLS : tls;
  clientContext(options);
  return options;
}
