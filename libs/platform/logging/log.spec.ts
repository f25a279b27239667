import { installLog, logRequest } from './log.js';

describe('logRequest', () => {
  async function told(level: 'info' | 'debug'): Promise<unknown[]> {
    const written: string[] = [];
    installLog({ level, format: 'json' }, { write: (text) => written.push(text) });
    for (const status of [200, 404, 503]) {
      logRequest(status, () => ({
        method: 'GET',
        route: '/health',
        status,
        duration_ms: 1,
        principal: undefined,
        correlation_id: 'c-1',
      }));
    }
    await new Promise((resolve) => setImmediate(resolve));
    const lines = written.join('').trim().split('\n');
    return lines.map((line) => {
      const { level, status } = JSON.parse(line) as { level: unknown; status: unknown };
      return [level, status];
    });
  }

  it('tells of what was refused or failed, and of all else where it is asked to', async () => {
    expect(await told('info')).toEqual([
      ['info', 404],
      ['warn', 503],
    ]);
    expect(await told('debug')).toEqual([
      ['debug', 200],
      ['info', 404],
      ['warn', 503],
    ]);
  });
});
