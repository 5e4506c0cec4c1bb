import type { PbfReader, PbfWriter } from 'pbf';

/** What the benchmarks use of what was generated. */
export interface PlainRequest {
  code: number;
  metadata: Record<string, string>;
  payload: Uint8Array | undefined;
}

export declare function writeRequest(request: PlainRequest, pbf: PbfWriter): void;
export declare function readRequest(pbf: PbfReader): PlainRequest;
