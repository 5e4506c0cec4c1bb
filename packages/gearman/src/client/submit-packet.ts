import { packet, type PacketFields, PacketType } from '@wirewright/codec-gearman';

import type { Submission } from './submit-options.ts';

const FOREGROUND = { high: PacketType.SubmitJobHigh, normal: PacketType.SubmitJob, low: PacketType.SubmitJobLow };
const BACKGROUND = { high: PacketType.SubmitJobHighBg, normal: PacketType.SubmitJobBg, low: PacketType.SubmitJobLowBg };

/** The packet that submits a job. */
export function submitPacket(submission: Submission): PacketFields {
  const { function: name, unique, payload, priority, background, at, schedule, reducer } = submission;
  if (at !== undefined) return packet(PacketType.SubmitJobEpoch, name, unique, `${at}`, payload);
  if (schedule !== undefined) return packet(PacketType.SubmitJobSched, name, unique, ...schedule, payload);
  if (reducer !== undefined) {
    const type = background ? PacketType.SubmitReduceJobBackground : PacketType.SubmitReduceJob;
    // There is an argument in between that is not used, though PROTOCOL does not say so.
    return packet(type, name, unique, reducer, '', payload);
  }
  return packet((background ? BACKGROUND : FOREGROUND)[priority], name, unique, payload);
}
