/** An error on its way from one process to another. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
}

/** What a worker and its primary tell each other. The program may send messages of its own on the same channel. */
type Message =
  | { readonly wirewright: 'ready' }
  | { readonly wirewright: 'failed'; readonly error: SentError }
  | { readonly wirewright: 'close'; readonly grace: number };

/** `message`, when it is one of ours. */
export function ours(message: unknown): Message | undefined {
  return typeof message === 'object' && message !== null && 'wirewright' in message ? (message as Message) : undefined;
}

/** Milliseconds that a worker has to end by itself once it has closed; twice that after the grace it is killed. */
export const LINGER = 1000;

/** Signals that a terminal or a service manager sends to the workers, too; what they mean is for the primary to say. */
export const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
