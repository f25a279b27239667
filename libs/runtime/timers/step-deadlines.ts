import { Injectable } from '@nestjs/common';

import { WorkingTime } from '#engine/calendar';
import type { CalendarEntity, Tx } from '#persistence';
import { newId } from '#persistence';

import {
  insertStepTimers,
  pauseStepTimers,
  readCalendar,
  readPausedTimers,
  resumeStepTimers,
} from './step-deadlines.queries.js';
import { Timers } from './timers.js';

const SECONDS_PER_HOUR = 3_600;
const MS_PER_SECOND = 1_000;
const ESCALATION = 'step_escalation';
/** Whoever is asked is reminded when so much of their time has passed (percent). */
const REMINDERS = [50, 80];

interface StepOfInstance {
  instance_id: string;
  step_execution_id: string;
}

/** The time that people have for a step: reminders on the way, escalation at its end, in a calendar's hours or all. */
@Injectable()
export class StepDeadlines {
  constructor(private readonly timers: Timers) {}

  /** @param time `shown`: the step's row, which has another deadline or none, is to show this one */
  async begin(
    tx: Tx,
    step: StepOfInstance,
    time: {
      hours: number;
      working_time: boolean;
      department: string | null;
      since: 'now' | 'entry';
      shown: boolean;
    },
  ): Promise<void> {
    const { hours, working_time, department, since } = time;
    const { instance_id, step_execution_id } = step;
    const seconds = hours * SECONDS_PER_HOUR;
    const parts = [
      ...REMINDERS.map((percentage) => ({ kind: 'step_reminder', percentage })),
      { kind: ESCALATION, percentage: 100 },
    ];
    const [calendar] = working_time ? await readCalendar(tx, [department, step_execution_id]) : [];
    const clock = calendar && workingTime(calendar);
    const dueOf = (percentage: number): number | null =>
      calendar && clock
        ? clock.add(calendar[since], (seconds * MS_PER_SECOND * percentage) / 100)
        : null;
    const rows = parts.map(({ kind, percentage }) => ({
      timer_id: newId(),
      kind,
      after_seconds: (seconds * percentage) / 100,
      due_ms: dueOf(percentage),
      payload: { percentage, ...(calendar && { calendar_id: calendar.calendar_id }) },
    }));
    const shown = dueOf(100);
    await insertStepTimers(tx, [
      JSON.stringify(rows),
      instance_id,
      step_execution_id,
      shown,
      time.shown ? seconds : null,
    ]);
    for (const { after_seconds, due_ms } of rows) {
      if (due_ms === null) this.timers.wakeIn(tx, after_seconds);
    }
  }

  /** What is left of them is kept. */
  async pause(tx: Tx, { instance_id, step_execution_id }: StepOfInstance): Promise<void> {
    await pauseStepTimers(tx, [instance_id, step_execution_id]);
  }

  /** They go on with as much as was left of them, of the calendar that they are counted by. */
  async resume(tx: Tx, { instance_id, step_execution_id }: StepOfInstance): Promise<void> {
    const paused = await readPausedTimers(tx, [instance_id, step_execution_id]);
    if (paused.length === 0) return;
    const resumed = paused.map(({ timer_id, kind, due, paused: since, now, calendar }) => {
      if (!calendar) return { timer_id, kind, due: due + (now - since) };
      const clock = workingTime(calendar);
      return { timer_id, kind, due: clock.add(now, Math.max(0, clock.between(since, due))) };
    });
    await resumeStepTimers(tx, [
      resumed.map(({ timer_id }) => timer_id),
      resumed.map(({ due }) => due),
      step_execution_id,
      resumed.find(({ kind }) => kind === ESCALATION)?.due ?? null,
    ]);
  }
}

function workingTime({ time_zone, working_hours, holidays }: CalendarEntity): WorkingTime {
  return new WorkingTime({ time_zone, working_hours, holidays });
}
