/** The unit of CAN_DO_TIMEOUT; `auto` takes what is below 1000 for seconds. */
export type TimeoutUnit = 'ms' | 's' | 'auto';

export interface ServiceSettings {
  readonly timeoutUnit: TimeoutUnit;
  /** Whether a result of a job that was taken from its worker is dropped without an answer. */
  readonly ignoreLate: boolean;
  readonly maxFunctionName: number;
  readonly maxUnique: number;
  readonly zone: string | undefined;
  readonly wall: () => number;
}
