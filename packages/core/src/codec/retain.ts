/** Makes a message last beyond its hook, if it is a view or holds some: calls its `retain()`, if it has one. Returns the message. */
export function retain<T>(message: T): T {
  if (typeof message === 'object' && message !== null) {
    const view = message as { retain?: unknown };
    if (typeof view.retain === 'function') view.retain();
  }
  return message;
}
