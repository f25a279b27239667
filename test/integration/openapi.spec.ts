import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Service, startService } from '../support/service.js';

const COMMITTED = path.resolve(import.meta.dirname, '../contract/openapi.json');

describe('the OpenAPI document', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  it('is the committed one (`npm run openapi` writes it anew)', async () => {
    const { status, body } = await service.request('GET', '/openapi.json');
    expect(status).toBe(200);
    if (process.env.UPDATE_OPENAPI)
      await writeFile(COMMITTED, `${JSON.stringify(body, null, 2)}\n`);
    const committed: unknown = JSON.parse(await readFile(COMMITTED, 'utf8'));
    expect(body).toEqual(committed);
  });
});
