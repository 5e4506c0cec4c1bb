import { PacketType } from './packet-type.ts';

/** Who sends a packet of a type: a client, a worker, either of the two, or the server. */
export type PacketSender = 'client' | 'worker' | 'either' | 'server';

/** What a packet of a type consists of. */
export interface PacketRule {
  /** The number that is sent: 1 to 42, of those that exist. */
  readonly type: number;
  /** As PROTOCOL has it: `SUBMIT_JOB`. */
  readonly name: string;
  /** Who sends it; what a worker sends of a job, the server passes on to its clients. */
  readonly from: PacketSender;
  /** What its arguments are, in order. */
  readonly args: readonly string[];
  /** Whether the last argument is data that may hold NULs. */
  readonly opaque: boolean;
}

/** The highest type there is. */
export const LAST_TYPE = 42;

const rules: (PacketRule | undefined)[] = Array.from({ length: LAST_TYPE + 1 });

/** @param args names, a plus in front of data */
function add(type: number, name: string, from: PacketSender, args: string): void {
  const names = args.replace('+', '').split(' ').filter(Boolean);
  rules[type] = { type, name, from, args: names, opaque: args.includes('+') };
}

const SUBMIT = 'function unique +payload';

add(PacketType.CanDo, 'CAN_DO', 'worker', 'function');
add(PacketType.CantDo, 'CANT_DO', 'worker', 'function');
add(PacketType.ResetAbilities, 'RESET_ABILITIES', 'worker', '');
add(PacketType.PreSleep, 'PRE_SLEEP', 'worker', '');
add(PacketType.Noop, 'NOOP', 'server', '');
add(PacketType.SubmitJob, 'SUBMIT_JOB', 'client', SUBMIT);
add(PacketType.JobCreated, 'JOB_CREATED', 'server', 'handle');
add(PacketType.GrabJob, 'GRAB_JOB', 'worker', '');
add(PacketType.NoJob, 'NO_JOB', 'server', '');
add(PacketType.JobAssign, 'JOB_ASSIGN', 'server', 'handle function +payload');
add(PacketType.WorkStatus, 'WORK_STATUS', 'worker', 'handle numerator denominator');
add(PacketType.WorkComplete, 'WORK_COMPLETE', 'worker', 'handle +result');
add(PacketType.WorkFail, 'WORK_FAIL', 'worker', 'handle');
add(PacketType.GetStatus, 'GET_STATUS', 'client', 'handle');
add(PacketType.EchoReq, 'ECHO_REQ', 'either', '+data');
add(PacketType.EchoRes, 'ECHO_RES', 'server', '+data');
add(PacketType.SubmitJobBg, 'SUBMIT_JOB_BG', 'client', SUBMIT);
add(PacketType.Error, 'ERROR', 'server', 'code text');
add(PacketType.StatusRes, 'STATUS_RES', 'server', 'handle known running numerator denominator');
add(PacketType.SubmitJobHigh, 'SUBMIT_JOB_HIGH', 'client', SUBMIT);
add(PacketType.SetClientId, 'SET_CLIENT_ID', 'worker', 'id');
add(PacketType.CanDoTimeout, 'CAN_DO_TIMEOUT', 'worker', 'function timeout');
add(PacketType.AllYours, 'ALL_YOURS', 'worker', '');
add(PacketType.WorkException, 'WORK_EXCEPTION', 'worker', 'handle +exception');
add(PacketType.OptionReq, 'OPTION_REQ', 'client', 'option');
add(PacketType.OptionRes, 'OPTION_RES', 'server', 'option');
add(PacketType.WorkData, 'WORK_DATA', 'worker', 'handle +data');
add(PacketType.WorkWarning, 'WORK_WARNING', 'worker', 'handle +warning');
add(PacketType.GrabJobUniq, 'GRAB_JOB_UNIQ', 'worker', '');
add(PacketType.JobAssignUniq, 'JOB_ASSIGN_UNIQ', 'server', 'handle function unique +payload');
add(PacketType.SubmitJobHighBg, 'SUBMIT_JOB_HIGH_BG', 'client', SUBMIT);
add(PacketType.SubmitJobLow, 'SUBMIT_JOB_LOW', 'client', SUBMIT);
add(PacketType.SubmitJobLowBg, 'SUBMIT_JOB_LOW_BG', 'client', SUBMIT);
add(PacketType.SubmitJobSched, 'SUBMIT_JOB_SCHED', 'client', 'function unique minute hour day month weekday +payload');
add(PacketType.SubmitJobEpoch, 'SUBMIT_JOB_EPOCH', 'client', 'function unique seconds +payload');
// PROTOCOL leaves out the argument that is not used; what has three in front of the payload is another packet to every server.
add(PacketType.SubmitReduceJob, 'SUBMIT_REDUCE_JOB', 'client', 'function unique reducer unused +payload');
add(
  PacketType.SubmitReduceJobBackground,
  'SUBMIT_REDUCE_JOB_BACKGROUND',
  'client',
  'function unique reducer unused +payload',
);
add(PacketType.GrabJobAll, 'GRAB_JOB_ALL', 'worker', '');
add(PacketType.JobAssignAll, 'JOB_ASSIGN_ALL', 'server', 'handle function unique reducer +payload');
add(PacketType.GetStatusUnique, 'GET_STATUS_UNIQUE', 'client', 'unique');
add(PacketType.StatusResUnique, 'STATUS_RES_UNIQUE', 'server', 'unique known running numerator denominator clients');

/** Every packet that there is, by number; undefined for 0 and 5. */
export const packetRules: readonly (PacketRule | undefined)[] = rules;

/** How many arguments a packet has, by type; -1 for one that there is not. A flat copy of the rules, which is asked for each packet. */
export const ARGUMENTS: Int8Array = Int8Array.from(rules, (rule) => rule?.args.length ?? -1);

/** Which argument is data and may hold NULs, by type; -1 for none. Of a type that there is not, it is all that it has. */
export const DATA: Int8Array = Int8Array.from(rules, (rule) =>
  rule === undefined ? 0 : rule.opaque ? rule.args.length - 1 : -1,
);

/** What PROTOCOL calls a type, or its number when it is none. */
export function packetName(type: number): string {
  return packetRules[type]?.name ?? `packet ${type}`;
}
