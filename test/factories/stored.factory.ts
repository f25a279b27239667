import {
  insertRows,
  newId,
  type Tx,
  WorkflowDefinitionEntity,
  WorkflowInstanceEntity,
} from '#persistence';

/** Inserts a first active version; its name is its own unless given. */
export async function newStoredDefinition(
  tx: Tx,
  definition: Partial<WorkflowDefinitionEntity> = {},
): Promise<WorkflowDefinitionEntity> {
  const workflow_id = newId();
  const row = tx.create(WorkflowDefinitionEntity, {
    workflow_id,
    version_number: 1,
    version: '1.0',
    workflow_name: `Workflow ${workflow_id}`,
    category: 'test',
    global_timeout_hours: 168,
    created_by: 'author',
    ...definition,
  });
  await insertRows(tx, WorkflowDefinitionEntity, [row]);
  return row;
}

/** Inserts a running instance of that version, at no step. */
export async function newStoredInstance(
  tx: Tx,
  { workflow_id, version_number }: Pick<WorkflowDefinitionEntity, 'workflow_id' | 'version_number'>,
  instance: Partial<WorkflowInstanceEntity> = {},
): Promise<WorkflowInstanceEntity> {
  const instance_id = newId();
  const row = tx.create(WorkflowInstanceEntity, {
    instance_id,
    workflow_id,
    version_number,
    workflow_instance_id: instance_id,
    status: 'running',
    started_by: 'somebody',
    started_at: new Date(),
    ...instance,
  });
  await insertRows(tx, WorkflowInstanceEntity, [row]);
  return row;
}
