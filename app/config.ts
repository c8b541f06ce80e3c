import { z } from 'zod';
import { isTimeZone } from '../platform/time-zone';
import { parseLimits, parseUnknownConsents } from './rules-of-people';

/** The parts that can be served alone. */
export const PARTS = ['gateway', 'profile', 'segments', 'offers', 'destinations'] as const;
export type Part = (typeof PARTS)[number];

const port = z.coerce.number().int().min(0).max(65_535);
const url = z.url({ protocol: /^https?$/ });

/** Every variable that Attune reads. Names are what an operator sets; a bad value stops the start and is named. */
const environment = z.object({
  PORT: port.default(4000),
  HOST: z.string().min(1).default('127.0.0.1'),
  ATTUNE_DATA: z.string().min(1).default('.attune'),
  ATTUNE_CONFIG: z.string().min(1).optional(),
  MONGODB_URI: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\//, 'must begin with mongodb:// or mongodb+srv://')
    .optional(),
  ATTUNE_PUBLIC_KEY: z.string().min(8).optional(),
  ATTUNE_SERVER_KEY: z.string().min(8).optional(),
  ATTUNE_ADMIN_KEY: z.string().min(8).optional(),
  ATTUNE_PRIVACY_KEY: z.string().min(8).optional(),
  ATTUNE_IDENTITY_SECRET: z.string().min(16).optional(),
  ATTUNE_TIME_ZONE: z.string().refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin').default('UTC'),
  ATTUNE_LIMITS: z.string().transform(parseLimits).optional(),
  ATTUNE_UNKNOWN_CONSENT: z.string().transform(parseUnknownConsents).optional(),
  ATTUNE_LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
  ATTUNE_LOG_RETENTION_DAYS: z.coerce.number().positive().default(7),
  ATTUNE_BODY_LIMIT_BYTES: z.coerce.number().int().positive().optional(),
  ATTUNE_REQUEST_TIMEOUT_MS: z.coerce.number().int().positive().optional(),
  ATTUNE_OVERRIDE_LABELS: z
    .string()
    .transform((labels) => labels.split(',').map((label) => label.trim()))
    .optional(),
  NODE_ENV: z.string().optional(),
  SERVE: z.enum(PARTS).optional(),
  ATTUNE_INTERNAL_SECRET: z.string().min(16).optional(),
  ATTUNE_PROFILE_URL: url.optional(),
  ATTUNE_SEGMENTS_URL: url.optional(),
  ATTUNE_OFFERS_URL: url.optional(),
  ATTUNE_DESTINATIONS_URL: url.optional(),
});

export type Environment = z.infer<typeof environment>;

/** A bad setting: its message names the variable and what was wrong with it. Never carries the value (it may be secret). */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** Reads the settings out of `source` (the process's environment). Throws a ConfigurationError that names each bad one. */
export function parseEnvironment(source: Readonly<Record<string, string | undefined>>): Environment {
  const set = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = environment.safeParse(set);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new ConfigurationError(`The configuration cannot be used. ${faults.join('; ')}`);
}

/** The settings of this process, where `flags` go before the environment. This file alone reads `process.env`. */
export function readEnvironment(flags: Readonly<Record<string, string | undefined>> = {}): Environment {
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  return parseEnvironment({ ...process.env, ...Object.fromEntries(given) });
}

/** What `!env NAME` in configuration files may stand for. */
export function readVariables(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
