export { BASE_PATH, createHttpAdapter, Door } from './adapter.js';
export { Quiet } from './access-log.js';
export { ApiProblems, PROBLEM_SCHEMA, problemExamples, problemResponse } from './api-problems.js';
export { inspectJson, MAX_DEPTH } from './body-check.js';
export { etagOf, requireIfMatch, withEtag } from './etag.js';
export { isUnavailable } from './failure.js';
export { configureHttp, HttpModule } from './http.module.js';
export { CHANGING_METHODS, SecretAnswer } from './idempotent-requests.js';
export {
  type Claim,
  keepAnswer,
  keepAnswers,
  keepBody,
  keepTagged,
  markIdempotencyApplied,
  presentClaim,
} from './idempotency.js';
export { deleteExpiredKeys } from './idempotency.queries.js';
export { BODY_LIMIT_BYTES } from './json-body.js';
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
export { presentRequest } from './present-request.js';
export { problemOf, type Problem } from './problem.js';
export { RouteTable, type Route } from './route-table.js';
export { beyondShape, shapeOf, type Shape } from './shape.js';
export { RequestValidationPipe } from './validation.pipe.js';
export {
  AsSent,
  CLIENT_ID_PATTERN,
  IsClientId,
  isClientId,
  IsAmounts,
  IsJsonObject,
  isJsonObject,
  IsText,
  QueryBoolean,
  QueryInteger,
  type TextBounds,
} from './validators.js';
