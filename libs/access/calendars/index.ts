export { CalendarsModule } from './calendars.module.js';
export { Calendars, type SentCalendar } from './calendars.service.js';
