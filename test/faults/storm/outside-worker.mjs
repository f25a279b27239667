// Somebody's own program that does tasks over the API: claims, calls the outside system, completes. Until it is killed.
import { setTimeout as pause } from 'node:timers/promises';

const { APIS, EFFECT_URL, TASK_TYPE, WORKER_ID } = process.env;
const apis = APIS.split(',');
let turn = 0;

async function call(path, body) {
  turn += 1;
  const answer = await fetch(
    `${apis[turn % apis.length]}/api/v1/workflows/parallel/tasks/${path}`,
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(15_000),
    },
  );
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

async function work({ task_execution_id, lock_token, attempt }) {
  await fetch(EFFECT_URL, {
    method: 'POST',
    headers: { 'idempotency-key': task_execution_id, 'x-attempt': String(attempt) },
  });
  return { task_execution_id, lock_token, output_data: { body: { key: task_execution_id } } };
}

for (;;) {
  try {
    const { tasks } = await call('claim', {
      worker_id: WORKER_ID,
      task_types: [TASK_TYPE],
      max_tasks: 20,
      lock_seconds: 10,
      wait_seconds: 5,
    });
    if (tasks.length === 0) continue;
    const done = await Promise.all(tasks.map(work));
    await call('complete', { tasks: done });
  } catch {
    // an API or the receiver is away: whatever was claimed is claimed again when its lock has expired
    await pause(200);
  }
}
