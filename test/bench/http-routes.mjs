/** The hot routes, with a body and an answer of the usual size. */
export const API_KEY = 'k'.repeat(32);

const BASE = '/api/v1/workflows';
const UUID = '0190b7a4-27a5-7d6e-8c7b-2f1a3c4d5e6f';
const NOW = '2026-03-01T10:00:00.000Z';

const task = (task_id, dependencies) => ({
  task_id,
  task_name: `Task ${task_id}`,
  task_type: 'validation',
  step_id: 'checks',
  dependencies,
  input_data: { employee_id: 4711, site: 'Leipzig' },
});

export const ROUTES = {
  route: {
    method: 'PUT',
    path: `${BASE}/conditional/route`,
    body: {
      workflow_id: UUID,
      context: {
        workflow_instance_id: 'purchase-2026-0042',
        current_step_id: 'review',
        workflow_data: { amount: 4200, priority: 'high', supplier: 'Miller & Sons', items: 3 },
        user_context: { department: 'IT', level: 3 },
      },
    },
    answer: {
      decision: { target_step_id: 'approve', confidence_score: 0.94, reasoning: ['amount > 1000'] },
      workflow_instance_id: 'purchase-2026-0042',
      alternative_paths: [],
      timestamp: NOW,
    },
  },
  claim: {
    method: 'POST',
    path: `${BASE}/parallel/tasks/claim`,
    body: { worker_id: 'checks-1', task_types: ['validation'], max_tasks: 10, lock_seconds: 30 },
    answer: {
      tasks: [
        {
          task_execution_id: UUID,
          lock_token: UUID,
          execution_id: 'onboarding-2031',
          workflow_id: UUID,
          workflow_instance_id: 'onboarding-2031',
          ...task('a', []),
          attempt: 1,
          lock_expires_at: NOW,
        },
      ],
    },
  },
  complete: {
    method: 'POST',
    path: `${BASE}/parallel/tasks/${UUID}/complete`,
    body: { lock_token: UUID, output_data: { clear: true, score: 0.87 } },
    answer: { result: 'recorded' },
  },
  execute: {
    method: 'POST',
    path: `${BASE}/parallel/execute`,
    body: {
      workflow_id: UUID,
      workflow_instance_id: 'onboarding-2031',
      tasks: ['a', 'b', 'c', 'd', 'e'].map((id, index) => task(id, index < 3 ? [] : ['a'])),
      synchronization_points: [
        { sync_id: 'done', sync_name: 'Done', sync_type: 'barrier', required_tasks: ['d', 'e'] },
      ],
    },
    answer: { execution_id: UUID, overall_status: 'running', total_tasks: 5, tasks_completed: 0 },
  },
};
