import { type DestinationStream, pino } from 'pino';

/** Structured log lines, without personal data: ids and counts, never identity values, attributes or event bodies. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** A log whose every line also carries `fields`. */
  child(fields: Record<string, unknown>): Log;
}

export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug';

/** JSON lines on `stream` (default: standard error, so that standard output stays free for answers). */
export function createLog(level: LogLevel, stream: DestinationStream = pino.destination(2)): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream) satisfies Log;
}
