import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createApp } from '../../dist/src/app.js';
import { keepInFlight, percentiles, timeGraphs, Waiting } from './engine-measure.mjs';
import { Database, migrate } from '#persistence';
import { AppConfig, readConfig } from '#platform/config';
import { DEFAULT_TENANT, runAsTenant } from '#platform/tenancy';
import {
  ExecutionRuntime,
  InstanceStarts,
  InstanceWatch,
  TaskClaims,
  TaskOutcomes,
} from '#runtime';

const NOTHING = { type: 'delay', duration_ms: 0 };
/** Work that has to be claimed and recorded, task by task. */
const SOON = { type: 'delay', duration_ms: 1 };
const WORKER = { type: 'worker' };
const WARM_UP = 20;
const WAKE_UPS = 100;
/** The worker waits for good before the work comes. */
const LONG_WAIT_MS = 20;

const STEP_TIMES = `
  select extract(epoch from ended_at - entered_at)::float8 * 1000 as ms from step_executions
  where ended_at > $1 and ended_at <= $2`;

/** The engine in this process, as one service process (ROLE=all) is: the API is not asked, all below it is. */
export async function ours(task, report) {
  const { database, redis } = task;
  await migrate(database);
  const env = {
    DATABASE_URL: database,
    ...(redis && { REDIS_URL: redis }),
    LOG_LEVEL: 'error',
    MAX_CONCURRENT_EXECUTIONS: '1000',
  };
  const app = await createApp(new AppConfig(readConfig(env, false), database));
  await app.listen(0, '127.0.0.1');
  try {
    const engine = new Engine(app, await app.getUrl());
    await runAsTenant(DEFAULT_TENANT, () => measure(engine, task, report));
  } finally {
    await app.close();
  }
}

async function measure(
  engine,
  { amount, sizes, claimed_sizes, in_flights, workers_in_flights, wakes },
  report,
) {
  const builtin = await engine.define(NOTHING);
  const work = await engine.define(WORKER);
  for (const in_flight of in_flights) {
    report(await keepInFlight('steps', in_flight, amount, () => engine.run(builtin)));
  }
  if (workers_in_flights.length > 0) {
    const worker = engine.workerLoop();
    for (const in_flight of workers_in_flights) {
      const run = () => engine.run(work);
      report(await keepInFlight('worker steps', in_flight, amount, run, engine.stepTimes()));
    }
    await worker.stop();
  }
  if (wakes) report(await engine.wakeUps(work));
  for (const size of sizes) {
    report(await timeGraphs(size, (tasks) => engine.graph(builtin, tasks)));
  }
  for (const size of claimed_sizes) {
    for (const [workload, is_joined] of [
      ['graph claimed', false],
      ['graph under a barrier', true],
    ]) {
      const graph = (tasks) => engine.graph(builtin, tasks, { handler: SOON, is_joined });
      report(await timeGraphs(size, graph, workload));
    }
  }
}

class Engine {
  #instances = new Waiting();
  #executions = new Waiting();

  constructor(app, url) {
    this.url = url;
    this.http = app.getHttpAdapter().getInstance();
    this.database = app.get(Database, { strict: false });
    this.starts = app.get(InstanceStarts, { strict: false });
    this.executions = app.get(ExecutionRuntime, { strict: false });
    this.claims = app.get(TaskClaims, { strict: false });
    this.outcomes = app.get(TaskOutcomes, { strict: false });
    app.get(InstanceWatch, { strict: false }).onEnded((id) => this.#instances.done(id));
    this.executions.onEnded((id) => this.#executions.done(id));
  }

  /** The five-step workflow whose work is done by `handler`. */
  async define(handler) {
    const automated = (step_id, order_sequence) => ({
      step_id,
      step_name: step_id,
      step_type: 'automated',
      order_sequence,
      handler,
    });
    const task = (task_id, dependencies) => ({
      task_id,
      task_name: task_id,
      task_type: 'automation',
      step_id: 'fan',
      dependencies,
      handler,
    });
    const fan = {
      step_id: 'fan',
      step_name: 'fan',
      step_type: 'parallel',
      order_sequence: 3,
      parallel: {
        tasks: [task('a', []), task('b', []), task('c', ['a'])],
        synchronization_points: [
          {
            sync_id: 'all',
            sync_name: 'all',
            sync_type: 'barrier',
            required_tasks: ['a', 'b', 'c'],
          },
        ],
      },
    };
    const steps = [
      automated('first', 1),
      automated('second', 2),
      fan,
      automated('fourth', 4),
      automated('fifth', 5),
    ];
    const answer = await this.http.inject({
      method: 'POST',
      url: '/api/v1/workflows/multi-step/create',
      payload: { workflow_name: `Bench ${randomUUID()}`, category: 'bench', steps },
    });
    if (answer.statusCode !== 201) throw new Error(answer.body);
    return answer.json().workflow_id;
  }

  /** One instance, from the call that starts it to its committed end. */
  async run(workflow_id) {
    const workflow_instance_id = randomUUID();
    const data = { amount: 120, region: 'north', note: 'x'.repeat(200) };
    const started = await this.start({ workflow_id, workflow_instance_id, data, actor: 'bench' });
    if (started.state.status === 'running') await this.#instances.for(started.instance_id);
  }

  start(request) {
    return this.starts.start(request);
  }

  /** Of steps that workers do, from their entry to their end, by the database's clock. */
  stepTimes() {
    let since = new Date(0);
    return () =>
      this.database.transaction(async (tx) => {
        const [{ now }] = await tx.query('select clock_timestamp() as now');
        const rows = await tx.query(STEP_TIMES, [since, now]);
        since = now;
        return rows.map(({ ms }) => ms);
      });
  }

  /** How long after the API's answer to a start a worker that waits for it has the first step's task, all over HTTP. */
  async wakeUps(workflow_id) {
    const instances = `/workflows/${workflow_id}/instances`;
    const times = [];
    const cpu = process.cpuUsage();
    for (let i = 0; i < WARM_UP + WAKE_UPS; i += 1) {
      const claimed = this.post('/parallel/tasks/claim', {
        worker_id: 'bench',
        task_types: ['automation'],
        wait_seconds: 10,
      }).then(({ tasks: [task] }) => ({ task, at: performance.now() }));
      await pause(LONG_WAIT_MS);
      const { workflow_instance_id } = await this.post(instances, { data: {} });
      const answered = performance.now();
      const { task, at } = await claimed;
      // the task may be there before the answer
      if (i >= WARM_UP) times.push(Math.max(0, at - answered));
      const reason = `${task.task_id} was all that was asked for.`;
      await this.post(`${instances}/${workflow_instance_id}/cancel`, { reason });
    }
    const { user, system } = process.cpuUsage(cpu);
    return {
      workload: 'wake-up of a worker',
      in_flight: 1,
      count: times.length,
      per_second: null,
      ...percentiles(times),
      cpu_ms: (user + system) / 1000 / (WARM_UP + WAKE_UPS),
    };
  }

  async post(route, body) {
    const answer = await fetch(`${this.url}/api/v1/workflows${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${route}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  /** A worker of the claim protocol: claims over four connections, up to 50 at a time, and answers each at once. */
  workerLoop() {
    const stopped = new AbortController();
    const loop = async () => {
      const claim = {
        worker_id: 'bench',
        task_types: ['automation'],
        max_tasks: 50,
        lock_seconds: 30,
        wait_seconds: 30,
      };
      while (!stopped.signal.aborted) {
        const tasks = await this.claims.claimForWorker(claim, stopped.signal);
        for (const { task_execution_id, lock_token } of tasks) {
          const answer = { task_execution_id, lock_token, output_data: {} };
          this.outcomes.record(answer).catch((error) => console.error(error));
        }
      }
    };
    const done = Promise.all(Array.from({ length: 4 }, loop));
    return {
      stop: async () => {
        stopped.abort();
        await done;
        await this.outcomes.drained();
      },
    };
  }

  /**
   * One execution of so many tasks, ten of them waiting for ten others at any time: a graph with depth.
   * @param is_joined all of them under one synchronization point
   */
  async graph(workflow_id, count, { handler = NOTHING, is_joined = false } = {}) {
    const tasks = Array.from({ length: count }, (_, i) => ({
      task_id: `t${i}`,
      task_name: `t${i}`,
      task_type: 'automation',
      step_id: 'fan',
      priority: 100,
      estimated_duration_minutes: 1,
      max_retry_attempts: 3,
      timeout_minutes: 60,
      dependencies: i % 10 === 0 ? [] : [`t${i - 1}`],
      input_data: {},
      resource_requirements: {},
      handler,
    }));
    const barrier = {
      sync_id: 'all',
      sync_name: 'all',
      sync_type: 'barrier',
      required_tasks: tasks.map(({ task_id }) => task_id),
      minimum_completion_percentage: 100,
      timeout_minutes: 60,
      failure_strategy: 'fail_fast',
    };
    const execution_id = randomUUID();
    const ended = this.#executions.for(execution_id);
    await this.database.transaction((tx) =>
      this.executions.create(tx, {
        execution_id,
        workflow_id,
        version_number: 1,
        workflow_instance_id: execution_id,
        instance_id: null,
        step_execution_id: null,
        step_id: null,
        data: {},
        graph: {
          tasks,
          synchronization_points: is_joined ? [barrier] : [],
          load_balancing: {
            strategy: 'priority_based',
            max_concurrent_tasks: 100,
            resource_constraints: {},
            queue_priority_levels: 3,
            adaptive_scaling: false,
          },
          global_timeout_minutes: 60,
          failure_strategy: 'fail_fast',
          monitoring_interval_seconds: 30,
        },
      }),
    );
    await ended;
  }
}
