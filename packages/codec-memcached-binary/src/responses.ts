import type { FrameBody } from '@wirewright/core/codec';

import type { Cas } from './cas.ts';
import { Frame } from './frame.ts';
import { hasKeyInAnswer } from './opcode-rules.ts';
import type { RequestFields } from './request.ts';
import type { ResponseFields } from './response.ts';
import { Status, statusText } from './status.ts';
import type { Uint64 } from './uint64.ts';

/** What a response needs of the request that it answers. */
export type Answered = Pick<RequestFields, 'opcode' | 'opaque' | 'key'>;

/**
 * Functions that make the responses of a server. The first argument is the request that is answered. Those to quiet requests are made as
 * well: whether they are sent, `isSilent` tells.
 *
 * ```ts
 * connection.send(item === undefined ? responses.miss(request) : responses.hit(request, item.value, item.flags, item.cas));
 * ```
 */
export const responses = {
  /** The value of an item: to GetK and GatK with the key. */
  hit(to: Answered, value: FrameBody, flags: number = 0, cas: Cas = 0): ResponseFields {
    return make(to, Status.Success, value, flags, cas, hasKeyInAnswer(to.opcode) ? keyOf(to) : undefined);
  },

  /** There is no such item: to GetK and GatK the key alone says so, to others a text. */
  miss(to: Answered): ResponseFields {
    if (!hasKeyInAnswer(to.opcode)) return responses.failure(to, Status.KeyNotFound);
    return make(to, Status.KeyNotFound, undefined, undefined, 0, keyOf(to));
  },

  /** It is done; with the new version of the item, if there is one. */
  success(to: Answered, cas: Cas = 0): ResponseFields {
    return make(to, Status.Success, undefined, undefined, cas);
  },

  /** It is not done; with the text that memcached has for it, or another one. */
  failure(to: Answered, status: number, text: FrameBody = statusText(status)): ResponseFields {
    return make(to, status, text);
  },

  /** What a counter is now. */
  counter(to: Answered, counter: Uint64, cas: Cas = 0): ResponseFields {
    return make(to, Status.Success, undefined, undefined, cas, undefined, counter);
  },

  /** To Touch. */
  touched(to: Answered, flags: number, cas: Cas = 0): ResponseFields {
    return make(to, Status.Success, undefined, flags, cas);
  },

  /** To Version, and to SaslList: a text. */
  text(to: Answered, text: FrameBody): ResponseFields {
    return make(to, Status.Success, text);
  },

  /** One of the statistics; {@link responses.success} says that there are no more. */
  stat(to: Answered, name: FrameBody, value: FrameBody): ResponseFields {
    return make(to, Status.Success, value, undefined, 0, name);
  },

  /** To SaslAuth and SaslStep: the client is who it says. */
  authenticated(to: Answered): ResponseFields {
    return make(to, Status.Success, 'Authenticated');
  },

  /** To SaslAuth and SaslStep: the client has to answer this first. */
  challenge(to: Answered, data: FrameBody): ResponseFields {
    return make(to, Status.AuthContinue, data);
  },
} as const;

function keyOf(to: Answered): FrameBody | undefined {
  return to instanceof Frame ? to.keyView : to.key;
}

/** All responses have the same fields in the same order, so that encoding them sees objects of one shape. */
function make(
  { opcode, opaque = 0 }: Answered,
  status: number,
  value: FrameBody | undefined,
  flags?: number,
  cas: Cas = 0,
  key?: FrameBody,
  counter?: Uint64,
): ResponseFields {
  return { opcode, status, opaque, cas, key, value, flags, counter };
}
