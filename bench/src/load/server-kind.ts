/** The servers that are measured. */
const serverKinds = [
  'bare',
  'handwritten',
  'line-string',
  'line-bytes',
  'line-view',
  'frames',
  'guarded',
  'unguarded',
  'tls-bare',
  'tls-line-string',
  'tls-line-bytes',
  'tls-line-view',
  'quasizero',
  'quasizero-handwritten',
] as const;

/**
 * - `bare`: `node:net` that writes every chunk back as it came, the ceiling for anything on Node
 * - `handwritten`: the usual loop with `split('\n')` and one write per line
 * - `line-*`: Wirewright with the line codec, as strings, bytes of their own or views
 * - `frames`: Wirewright with length-prefixed frames
 * - `guarded`, `unguarded`: `line-string` with every deadline on and its counters read, and with all deadlines off
 * - `tls-bare`, `tls-line-*`: `bare` with `node:tls`, and `line-*` on TLS
 * - `quasizero`: QuasizeroServer with a command that echoes payloads
 * - `quasizero-handwritten`: the same on bare `node:net` with the same codec and one write per read, and nothing else
 */
export type ServerKind = (typeof serverKinds)[number];

export function isServerKind(name: string): name is ServerKind {
  return (serverKinds as readonly string[]).includes(name);
}
