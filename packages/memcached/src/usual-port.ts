/** The port that memcached listens on unless it is told otherwise. */
export const USUAL_PORT = 11_211;
