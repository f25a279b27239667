export { NotificationsModule } from './notifications.module.js';
export { type NewNotification, Outbox } from './outbox.js';
export type { NotificationRow, Recipient } from './outbox.queries.js';
