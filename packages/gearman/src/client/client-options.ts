import { timeoutOption } from '@wirewright/core';
import { booleanOption, integerOption, knownOptions } from '@wirewright/core/codec';

import { LINK_OPTIONS, type LinkOptions, type LinkSettings, linkSettings } from '../link/link-options.ts';
import { type Distribution, type DistributionName, distributionOf } from './distribution.ts';
import { readRetries, type SubmitRetries, type UsualSubmission } from './submit-options.ts';

/** How a {@link GearmanClient} connects to its servers, chooses among them, and submits. */
export interface GearmanClientOptions extends LinkOptions {
  /** Which server gets which job first; the others follow when it is down. Default `hash`. */
  readonly distribution?: DistributionName | Distribution | undefined;
  /** Asks servers to tell what workers throw, rather than only that they failed. Default true. */
  readonly exceptions?: boolean | undefined;
  /** Milliseconds until a task is over, unless it says otherwise; false for any time. Default false. */
  readonly timeout?: number | false | undefined;
  /** How often a job is submitted again, unless it says otherwise. Default 0. */
  readonly retries?: number | SubmitRetries | undefined;
  /**
   * Milliseconds of silence about a job after which its server is asked whether it still has it; a job that it has forgotten is lost. gearmand drops
   * one without a word that is submitted again, with its unique, after all who waited for it had gone. Default 10,000; false for never.
   */
  readonly lostCheck?: number | false | undefined;
  /** Tasks that may wait for their results; those beyond are refused. Default 65,536. */
  readonly maxWaiting?: number | undefined;
}

const NAMES = ['distribution', 'exceptions', 'timeout', 'retries', 'lostCheck', 'maxWaiting', ...LINK_OPTIONS];

/** {@link GearmanClientOptions}, checked and complete. */
export interface ClientSettings {
  readonly link: LinkSettings;
  readonly distribution: Distribution;
  readonly exceptions: boolean;
  readonly usual: UsualSubmission;
  /** 0 for never. */
  readonly lostCheck: number;
  readonly maxWaiting: number;
}

/** @throws {InvalidOptionError} an option is unknown or out of range */
export function clientSettings(options: GearmanClientOptions): ClientSettings {
  knownOptions('new GearmanClient()', options, NAMES);
  const { distribution = 'hash', exceptions = true, timeout = false, retries = 0, maxWaiting = 65_536 } = options;
  return {
    link: linkSettings(options),
    distribution: distributionOf(distribution),
    exceptions: booleanOption('exceptions', exceptions),
    usual: { timeout: timeoutOption('timeout', timeout), retries: readRetries(retries) },
    lostCheck: timeoutOption('lostCheck', options.lostCheck ?? 10_000),
    maxWaiting: integerOption('maxWaiting', maxWaiting, 1),
  };
}
