import { v7 } from 'uuid';

/** A new UUIDv7: 36 characters, increasing within the process, so that rows arrive at the right edge of an index. */
export const newId = (): string => v7();
