/** The port that gearmand listens on unless it is told otherwise; IANA has it for Gearman. */
export const USUAL_PORT = 4730;
