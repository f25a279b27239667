export { EventStreams, type Look } from './event-streams.js';
