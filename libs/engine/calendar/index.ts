export { calendarFaults, LEAST_MINUTES_A_WEEK } from './faults.js';
export {
  type BusinessCalendar,
  type Holiday,
  WEEKDAYS,
  type Weekday,
  type WorkingHours,
} from './types.js';
export { WorkingTime } from './working-time.js';
