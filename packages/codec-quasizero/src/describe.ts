import { bodyLength, type Description, type FrameBody } from '@wirewright/core/codec';

import { Message } from './message.ts';
import type { Metadata } from './metadata.ts';
import type { RequestFields } from './request.ts';
import type { Response } from './response.ts';

/** A request in words. */
export function describeRequest(request: RequestFields): Description {
  const { code, metadata } = request;
  return description(`command ${code}`, metadata, request instanceof Message ? request.body : request.payload);
}

/** A response in words. */
export function describeResponse({ errorMessage, metadata, body }: Response): Description {
  return description(errorMessage === '' ? 'ok' : `error ${JSON.stringify(errorMessage)}`, metadata, body);
}

function description(what: string, metadata: Metadata = {}, payload: FrameBody = ''): Description {
  const entries = Array.from(metadata instanceof Map ? metadata : Object.entries(metadata), ([key, value]) =>
    [key, value].map((text) => JSON.stringify(text)).join(': '),
  );
  const length = bodyLength(payload, 'utf8');
  const parts = [what, ...(entries.length === 0 ? [] : [`{ ${entries.join(', ')} }`]), `${length} bytes`];
  return { text: parts.join(', '), secret: false };
}
