/** The port that `wirewright quasizero` listens on; the Go original has none of its own. */
export const USUAL_PORT = 11_300;
