import { type ClientRequest, MetaRequest, Request } from '@wirewright/codec-memcached-text';

/** Whether a command has the form of those to which a server may say nothing: `noreply`, and flag `q` of the meta commands. */
export function mayBeUnanswered(request: ClientRequest): boolean {
  if (request instanceof MetaRequest) return request.has('q');
  if (request instanceof Request) return request.noreply;
  if ('noreply' in request && request.noreply === true) return true;
  if ('tokens' in request) return request.tokens.at(-1) === 'noreply' || request.tokens.includes('q', 2);
  const flags = request.op.startsWith('m') && 'flags' in request ? request.flags : undefined;
  if (typeof flags === 'string') return flags.split(' ').includes('q');
  return typeof flags === 'object' && 'q' in flags;
}
