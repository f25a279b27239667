export type { AbsenceRow } from './absences.queries.js';
export { Absences, type NewAbsence } from './absences.service.js';
export { DirectoryModule } from './directory.module.js';
export { bareName, Directory } from './directory.service.js';
export type { PersonRow, SentPerson } from './people.queries.js';
export { type Loaded, People } from './people.service.js';
