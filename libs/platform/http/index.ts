export { ApiProblems } from './api-problems.js';
export { etagOf, requireIfMatch, withEtag } from './etag.js';
export {
  decodeCursor,
  encodeCursor,
  pageOf,
  PageQuery,
  type CursorKeys,
  type CursorKind,
  type Page,
} from './page.js';
export { ClientIdParam, isUuid, UuidParam } from './params.js';
export { RequestValidationPipe } from './validation.pipe.js';
export {
  AsSent,
  IsClientId,
  isClientId,
  IsJsonObject,
  isJsonObject,
  IsText,
  QueryBoolean,
  QueryInteger,
  type TextBounds,
} from './validators.js';
