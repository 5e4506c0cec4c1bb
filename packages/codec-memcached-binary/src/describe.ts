import { bodyLength, ByteView, type Description, type FrameBody } from '@wirewright/core/codec';

import type { Cas } from './cas.ts';
import { Frame } from './frame.ts';
import type { ItemResponse } from './item-response.ts';
import { Extras, extrasOf, hasKeyInAnswer } from './opcode-rules.ts';
import { Opcode, opcodeName } from './opcode.ts';
import { BinaryRequest, type RequestFields } from './request.ts';
import { BinaryResponse, type ResponseFields } from './response.ts';
import { Status, statusText } from './status.ts';

/** A request in words. Credentials are not among them: the SASL requests that have some are secret. */
export function describeRequest(request: RequestFields): Description {
  const { opcode } = request;
  const problem = request instanceof BinaryRequest ? request.problem?.code : undefined;
  const secret = opcode === Opcode.SaslAuth || opcode === Opcode.SaslStep;
  return { text: inWords(request, [], requestParts(request), problem), secret };
}

/** A response in words. */
export function describeResponse(response: ResponseFields): Description {
  const problem = response instanceof BinaryResponse ? response.problem : undefined;
  return {
    text: inWords(response, [statusInWords(response.status ?? 0)], answerParts(response), problem),
    secret: false,
  };
}

/** A hit from a store in words. */
export function describeHit(response: ItemResponse): Description {
  const { item, opcode, opaque } = response;
  if (item === undefined) return { text: 'no item', secret: false };
  const { buffer, keyStart, keyEnd, valueStart, valueEnd, flags } = item;
  return describeResponse({
    opcode,
    opaque,
    flags,
    cas: item,
    key: hasKeyInAnswer(opcode) ? new ByteView(buffer, keyStart, keyEnd) : undefined,
    value: new ByteView(buffer, valueStart, valueEnd),
  });
}

function inWords(message: RequestFields | ResponseFields, status: string[], extras: string[], problem = ''): string {
  const { opcode, opaque = 0, cas = 0 } = message;
  const key = textOf(message.key);
  const length = valueLength(message);
  const version = casOf(cas);
  return [
    opcodeName(opcode),
    ...status,
    ...(key === '' ? [] : [JSON.stringify(key)]),
    ...extras,
    ...(length === 0 ? [] : [`${length} bytes`]),
    ...(version === 0n ? [] : [`cas ${version}`]),
    ...(opaque === 0 ? [] : [`opaque ${opaque}`]),
    ...(problem === '' ? [] : [problem]),
  ].join(', ');
}

function statusInWords(status: number): string {
  return status === Status.Success ? 'ok' : statusText(status) || `status 0x${status.toString(16).padStart(2, '0')}`;
}

function requestParts(request: RequestFields): string[] {
  const { flags = 0, exptime = 0, delta = 0, initial = 0, level = 0 } = request;
  const expires = exptime === 0 ? [] : [`exptime ${exptime}`];
  switch (extrasOf(request.opcode)) {
    case Extras.Store:
      return [`flags ${flags}`, ...expires];
    case Extras.Counter:
      return [`delta ${delta}`, `initial ${initial}`, ...expires];
    case Extras.Exptime:
    case Extras.Flush:
      return expires;
    case Extras.Level:
      return [`level ${level}`];
    default:
      return [];
  }
}

function answerParts({ flags = 0, counter = 0 }: ResponseFields): string[] {
  return [...(flags === 0 ? [] : [`flags ${flags}`]), ...(BigInt(counter) === 0n ? [] : [`counter ${counter}`])];
}

function valueLength(message: RequestFields | ResponseFields): number {
  if (message instanceof Frame) return message.valueLength;
  return message.value === undefined ? 0 : bodyLength(message.value, 'utf8');
}

function casOf(cas: Cas): bigint {
  return typeof cas === 'object' ? (BigInt(cas.casHigh) << 32n) | BigInt(cas.casLow) : BigInt(cas);
}

function textOf(body: FrameBody = ''): string {
  if (typeof body === 'string') return body;
  return (body instanceof ByteView ? body : new ByteView(body)).toString();
}
