import { DefinitionStore } from '#runtime';

import { DefinitionsService } from '../../src/definitions/definitions.service.js';
import { newDefinition, newStep } from '../factories/definition.factory.js';
import { ofTenant } from '../support/tenant.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

describe('versions of definitions', () => {
  let test: TestDatabase;
  const store = ofTenant(new DefinitionStore());
  const definitions = new DefinitionsService(store);
  let number = 0;

  beforeAll(async () => {
    test = await testDatabase();
  });
  afterAll(() => test.drop());

  const withSteps = (...step_ids: string[]) => {
    number += 1;
    return newDefinition({
      workflow_name: `Workflow ${number}`,
      steps: step_ids.map((step_id, index) => newStep({ step_id, order_sequence: index + 1 })),
    });
  };
  const author = { created_by: 'ann' };
  const create = async (...steps: string[]): Promise<string> => {
    const { workflow_id } = await test.database.transaction((tx) =>
      definitions.createWorkflow(tx, withSteps(...steps), author),
    );
    return workflow_id;
  };

  it('are not kept ready while they may still be rolled back', async () => {
    const workflow_id = await create('a');
    const published = test.database.transaction(async (tx) => {
      await definitions.publishVersion(tx, workflow_id, withSteps('wrong'), author);
      const loaded = await store.load(tx, workflow_id, 2);
      expect(loaded.steps.map(({ step_id }) => step_id)).toEqual(['wrong']);
      throw new Error('rolled back');
    });
    await expect(published).rejects.toThrow('rolled back');
    await test.database.transaction((tx) =>
      definitions.publishVersion(tx, workflow_id, withSteps('right'), author),
    );
    const loaded = await store.load(test.database.read, workflow_id, 2);
    expect(loaded.steps.map(({ step_id }) => step_id)).toEqual(['right']);
    expect(await store.load(test.database.read, workflow_id, 2)).toBe(loaded);
  });

  it('are numbered and labelled one after the other, also when published at once', async () => {
    const workflow_id = await create('a');
    const published = await Promise.all(
      [1, 2, 3, 4].map(() =>
        test.database.transaction((tx) =>
          definitions.publishVersion(tx, workflow_id, withSteps('a'), {
            ...author,
            modification_id: 'm',
          }),
        ),
      ),
    );
    const found = published
      .map(({ version_number, version }) => [version_number, version])
      .sort(([a], [b]) => Number(a) - Number(b));
    expect(found).toEqual([
      [2, '1.1'],
      [3, '1.2'],
      [4, '1.3'],
      [5, '1.4'],
    ]);
    const { version_number, is_active } = await definitions.readDefinition(
      test.database.read,
      workflow_id,
    );
    expect([version_number, is_active]).toEqual([1, true]);
  });

  it('leave exactly one active when set at once', async () => {
    const workflow_id = await create('a');
    for (const step of ['b', 'c', 'd']) {
      await test.database.transaction((tx) =>
        definitions.publishVersion(tx, workflow_id, withSteps(step), author),
      );
    }
    await Promise.all(
      [1, 2, 3, 4, 3, 2].map((version) =>
        test.database.transaction((tx) => definitions.setCurrentVersion(tx, workflow_id, version)),
      ),
    );
    const rows: unknown[] = await test.dataSource.query(
      'select version_number from workflow_definitions where workflow_id = $1 and is_active',
      [workflow_id],
    );
    expect(rows).toHaveLength(1);
  });

  it('refuse what is not there', async () => {
    const workflow_id = await create('a');
    await expect(store.load(test.database.read, workflow_id, 7)).rejects.toMatchObject({
      code: 'version_not_found',
    });
    const nobody = '0190aaaa-0000-7000-8000-000000000000';
    await expect(store.load(test.database.read, nobody)).rejects.toMatchObject({
      code: 'workflow_not_found',
    });
    await expect(
      test.database.transaction((tx) =>
        definitions.publishVersion(tx, nobody, withSteps('a'), author),
      ),
    ).rejects.toMatchObject({ code: 'workflow_not_found' });
  });
});
