export { fieldNames } from './fields.js';
export { compileForm, type Form, newPatternBudget } from './form.js';
