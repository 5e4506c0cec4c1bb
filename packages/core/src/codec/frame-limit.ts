/** 1 MiB: the limit on a frame body for codecs that name none. */
export const DEFAULT_MAX_FRAME_LENGTH: number = 1024 * 1024;
