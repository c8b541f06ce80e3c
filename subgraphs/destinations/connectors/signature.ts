import { createHmac } from 'node:crypto';

/**
 * The value of `Attune-Signature`: `t=<seconds since 1970>,v1=<hex>`, where v1 is HMAC-SHA-256 with the destination's
 * secret over `<t>.<body>`, the body byte for byte as it was sent.
 */
export function signBody(secret: string, body: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000);
  const digest = createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex');
  return `t=${seconds},v1=${digest}`;
}
