import { describeCause } from '../codec/errors.ts';
import { CertificateError, TlsError } from '../errors.ts';

/** What to do about a certificate, by the code that OpenSSL or Node has for what is wrong with it. */
const CERTIFICATE_ADVICE: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired: its owner has to renew it',
  CERT_NOT_YET_VALID: 'it is not valid yet: look at the clocks of both machines',
  CERT_REVOKED: 'it was revoked',
  CERT_UNTRUSTED: 'it is not trusted: give the authority that signed it in ca',
  CERT_SIGNATURE_FAILURE: 'its signature is wrong',
  CERT_CHAIN_TOO_LONG: 'its chain is too long',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is signed by itself: give it in ca if it is to be trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not known here: give that in ca if it is to be trusted',
  UNABLE_TO_GET_ISSUER_CERT: 'its authority is not known here: give that in ca if it is to be trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not known here: give that in ca if it is to be trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not known here: give that in ca if it is to be trusted',
  INVALID_PURPOSE: 'it was not made for this use',
  INVALID_CA: 'what signed it is no authority',
  HOSTNAME_MISMATCH: 'it is for another name',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'it is for another name: connect to a name that it has, or say in servername which you expect',
};

/** Codes that begin like this are about what was received, before anything was agreed on. */
const NO_TLS: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_HTTPS_PROXY_REQUEST',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_UNKNOWN_PROTOCOL',
]);

/** What made a handshake fail, as an error that says what to do. */
export function handshakeError(cause: unknown): TlsError {
  const code = (cause as NodeJS.ErrnoException | null)?.code ?? '';
  const advice = CERTIFICATE_ADVICE[code];
  if (advice !== undefined) return new CertificateError(advice, cause);
  if (code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE')
    return new CertificateError('there is none, and the server asks for one', cause);
  if (code === 'ECONNRESET' || code === 'EPIPE') return new TlsError('the peer broke off the TLS handshake', cause);
  if (NO_TLS.has(code))
    return new TlsError('what the peer sent is no TLS: does it speak plaintext, or is this another port?', cause);
  return new TlsError(`the TLS handshake failed: ${reasonOf(cause)}`, cause);
}

/** The certificate of the peer was refused, for a reason that Node names. */
export function certificateError(reason: string, cause: unknown): CertificateError {
  return new CertificateError(CERTIFICATE_ADVICE[reason] ?? reason, cause);
}

/** OpenSSL's messages are lines of colons; the reason is apart. */
function reasonOf(cause: unknown): string {
  const { reason } = (cause ?? {}) as { reason?: unknown };
  return typeof reason === 'string' ? reason : describeCause(cause);
}
