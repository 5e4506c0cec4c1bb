/** What the tests and benchmarks use of what was generated. */
export interface PlainMessage {
  code?: number;
  error_message?: string;
  metadata: Record<string, string>;
  payload: Uint8Array;
}

export interface MessageClass {
  new (fields: Partial<PlainMessage>): PlainMessage;
  encode(message: PlainMessage): { finish(): Uint8Array };
  decode(bytes: Uint8Array): PlainMessage;
}

export declare const quasizero: { readonly Request: MessageClass; readonly Response: MessageClass };
