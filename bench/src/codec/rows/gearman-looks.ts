import { type gearmanServer, Packet, PacketType } from '@wirewright/codec-gearman';

import { decodeAnswer, decodeAssign, decodeEcho, decodeNoopOrEcho, decodeReset } from '../by-hand/gearman.ts';
import { sink } from '../work.ts';

/** What a codec of either end yields. */
export type Message = NonNullable<ReturnType<ReturnType<ReturnType<typeof gearmanServer>>['decode']>>;

/** Reads a packet of a chunk, adds up what is in it, and returns where the next one starts. */
export type ReadByHand = (chunk: Buffer, at: number) => number;

/** A message of which it is known that it is a packet. */
export const asPacket: (message: Message) => Packet = (message) => {
  if (!(message instanceof Packet)) throw new Error('no packet');
  return message;
};

// The message outlives the step on both sides: it is what a program would get.
export const bare: (message: Message) => void = (message) => {
  sink.last = message;
  sink.sum += asPacket(message).type;
};

export const echoed: (message: Message) => void = (message) => {
  const received = asPacket(message);
  sink.last = received;
  const { start, end } = received.view(0);
  sink.sum += received.type + end - start;
};

export const assigned: (message: Message) => void = (message) => {
  const received = asPacket(message);
  sink.last = received;
  const names = received.latin1(0).length + received.latin1(1).length;
  const { start, end } = received.view(2);
  sink.sum += received.type + names + end - start;
};

export const mixedOne: (message: Message) => void = (message) => {
  const received = asPacket(message);
  if (received.type === PacketType.Noop) bare(received);
  else echoed(received);
};

export const bareByHand: ReadByHand = (chunk, at) => {
  const message = decodeReset(chunk, at);
  sink.last = message;
  sink.sum += message.type;
  return message.end;
};

export const echoByHand: ReadByHand = (chunk, at) => {
  const message = decodeEcho(chunk, at);
  sink.last = message;
  sink.sum += message.type + message.data.end - message.data.start;
  return message.end;
};

export const answerByHand: ReadByHand = (chunk, at) => {
  const message = decodeAnswer(chunk, at);
  sink.last = message;
  sink.sum += message.type + message.data.end - message.data.start;
  return message.end;
};

export const assignByHand: ReadByHand = (chunk, at) => {
  const message = decodeAssign(chunk, at);
  sink.last = message;
  const { type, handle, function: name, payload, end } = message;
  sink.sum += type + handle.length + name.length + payload.end - payload.start;
  return end;
};

export const mixedByHand: ReadByHand = (chunk, at) => {
  const message = decodeNoopOrEcho(chunk, at);
  sink.last = message;
  sink.sum += message.type;
  if ('data' in message) sink.sum += message.data.end - message.data.start;
  return message.end;
};
