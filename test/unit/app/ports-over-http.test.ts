import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createPortClients, createPortRoute } from '../../../app/ports-over-http';
import { createSystemClock } from '../../../platform/clock';
import { AppError } from '../../../platform/errors';
import type { RequestContext } from '../../../platform/graphql/request-context';

interface Counter {
  add(a: number, b: number): Promise<number>;
  find(id: string): Promise<string | undefined>;
  findAll(ids: readonly string[]): Promise<readonly (string | undefined)[]>;
  refuse(): Promise<void>;
  missing(): Promise<void>;
}

const counter: Omit<Counter, 'missing'> = {
  add: async (a, b) => a + b,
  find: async (id) => (id === 'there' ? id : undefined),
  findAll: async (ids) => ids.map((id) => (id === 'there' ? id : undefined)),
  refuse: async () => {
    throw new AppError('CONFLICT', 'It is taken.', { details: { by: 'another' } });
  },
};

describe('a port over HTTP', () => {
  const clients = createPortClients();
  const route = createPortRoute({ counter }, createSystemClock(), 1_000);
  const context: RequestContext = {
    ...{ sandbox: 'default', scope: 'admin', requestId: 'r', nowMs: 0, deadlineAtMs: 0, operation: 'query' },
  };
  const server = createServer((request, response) => {
    const [, , , port = '', method = ''] = (request.url ?? '').split('/');
    void route.handle({ request, response, params: { port, method }, query: new URLSearchParams(), context });
  });
  let remote: Counter;
  beforeEach(async () => {
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const methods = ['add', 'find', 'findAll', 'refuse', 'missing'] as const;
    remote = clients.create<Counter>(methods, { url, port: 'counter', sign: () => ({}) });
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });

  test('answers as the object itself would, also with nothing', async () => {
    expect(await remote.add(2, 3)).toBe(5);
    expect(await remote.find('there')).toBe('there');
    expect(await remote.find('gone')).toBeUndefined();
    expect(await remote.findAll(['gone', 'there'])).toEqual([undefined, 'there']);
  });

  test('fails as the object itself would', async () => {
    await expect(remote.refuse()).rejects.toMatchObject({ code: 'CONFLICT', message: 'It is taken.', retryable: true });
    await expect(remote.refuse()).rejects.toMatchObject({ details: { by: 'another' } });
    await expect(remote.missing()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('refuses a call that brings too much, and answers the next', async () => {
    await expect(remote.find('x'.repeat(2_000))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(await remote.find('there')).toBe('there');
  });

  test('is UNAVAILABLE when nobody is there', async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
    await expect(remote.add(1, 1)).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  });
});
