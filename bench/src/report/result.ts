/** Something of ours and something of a peer, measured in the same run: one row of a table. */
export interface Result {
  /** What of ours, and doing what: `64x32 line-view`. No two of a benchmark are alike in name and peer. */
  readonly name: string;
  /** What it is compared with. */
  readonly peer: string;
  /** What the values are: `lines/s`, `ns`, `bytes`. */
  readonly unit: string;
  /** Whether ratios say how many times as fast ours is, so that more is better, or how many times as much it takes, so that less is. */
  readonly ratio: 'speed' | 'cost';
  /** Ratios of ours to the peer, one for each pair or round. */
  readonly ratios: readonly number[];
  /** `cpu` when ratios are of operations for each second of CPU time, because one of the two had time left. */
  readonly basis?: 'cpu' | undefined;
  /** What the ratio is to be at least, or at most when it is a cost. */
  readonly bar?: number | undefined;
  readonly ours: Figures;
  readonly theirs: Figures;
  /** What others did in the same rounds, in the same unit. */
  readonly also?: readonly Contender[] | undefined;
}

/** Medians of what was measured. */
export interface Figures {
  /** In the unit of the result. */
  readonly value: number;
  /** CPU time of the server over the time that it took. */
  readonly busy?: number | undefined;
  /** Turn-around in microseconds, median and 99th percentile. */
  readonly p50Us?: number | undefined;
  readonly p99Us?: number | undefined;
  /** CPU time of one operation in microseconds. */
  readonly cpuUs?: number | undefined;
  /** Resident memory of the server in bytes. */
  readonly rssBytes?: number | undefined;
  /** Memory of V8's heap that one operation allocates, in bytes. */
  readonly heapBytes?: number | undefined;
}

export interface Contender {
  readonly name: string;
  readonly value: number;
}
