import { type Packet, packet, type PacketName } from './packets.ts';

/** The requests of a worker and a client, as they are used most; a handle may be `{1}`, that which was seen first. */

export type Submit = Extract<PacketName, `SUBMIT_JOB${'' | `_${'HIGH' | 'LOW' | 'BG' | 'HIGH_BG' | 'LOW_BG'}`}`>;

/** The six ways to submit a job for as soon as possible. */
export const SUBMITS: readonly Submit[] = [
  'SUBMIT_JOB',
  'SUBMIT_JOB_BG',
  'SUBMIT_JOB_HIGH',
  'SUBMIT_JOB_HIGH_BG',
  'SUBMIT_JOB_LOW',
  'SUBMIT_JOB_LOW_BG',
];

export const GRABS = ['GRAB_JOB', 'GRAB_JOB_UNIQ', 'GRAB_JOB_ALL'] as const satisfies readonly PacketName[];

export function submit(data: string, unique: string = '', how: Submit = 'SUBMIT_JOB', name: string = 'f'): Packet {
  return packet(how, name, unique, data);
}

export function canDo(name: string = 'f'): Packet {
  return packet('CAN_DO', name);
}

export const GRAB: Packet = packet('GRAB_JOB');
export const GRAB_UNIQ: Packet = packet('GRAB_JOB_UNIQ');
export const PRE_SLEEP: Packet = packet('PRE_SLEEP');
export const EXCEPTIONS: Packet = packet('OPTION_REQ', 'exceptions');

export function complete(handle: string, result: string = 'done'): Packet {
  return packet('WORK_COMPLETE', handle, result);
}

export function fail(handle: string): Packet {
  return packet('WORK_FAIL', handle);
}

export function status(handle: string, numerator: string, denominator: string): Packet {
  return packet('WORK_STATUS', handle, numerator, denominator);
}

export function getStatus(handle: string): Packet {
  return packet('GET_STATUS', handle);
}

export function getStatusUnique(unique: string): Packet {
  return packet('GET_STATUS_UNIQUE', unique);
}
