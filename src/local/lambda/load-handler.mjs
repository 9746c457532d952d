// @ts-check
// Finds a function's handler as the runtime of Node.js 24 does, and names what is wrong by its errors.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const REMOVED =
  'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. ' +
  'You need to modify this function to use a supported handler signature to use Node.js 24 or later. ' +
  'For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.';

/** An error of the runtime's own. */
export class RuntimeError extends Error {
  /** @param {string} name @param {string} message */
  constructor(name, message) {
    super(message);
    this.name = `Runtime.${name}`;
  }
}

/**
 * `index.handler`, `folder/index.nested.handler`: the export of that name of the first module there is.
 * @param {string} root @param {string} handler @returns {Promise<Function>}
 */
export async function loadHandler(root, handler) {
  if (handler.includes('..')) {
    throw new RuntimeError(
      'MalformedHandlerName',
      `'${handler}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const name = basename(handler);
  const [, module, path] = /^([^.]*)\.(.*)$/.exec(name) ?? [];
  if (module === undefined || path === undefined)
    throw new RuntimeError('MalformedHandlerName', 'Bad handler');
  const folder = join(root, handler.slice(0, handler.length - name.length));
  const exports = await importFrom(folder, module).catch(translate);
  return functionIn(exports, path, handler);
}

/** @param {string} folder @param {string} module */
async function importFrom(folder, module) {
  const endings = ['', '.js', '.mjs', '.cjs'];
  const file = endings.map((ending) => resolve(folder, module + ending)).find((path) => existsSync(path));
  if (file !== undefined) return import(pathToFileURL(file).href);
  const require = createRequire(import.meta.url);
  return require(require.resolve(module, { paths: [folder] }));
}

/** @param {NodeJS.ErrnoException} error @returns {never} */
function translate(error) {
  if (error instanceof SyntaxError) throw new RuntimeError('UserCodeSyntaxError', String(error));
  if (error?.code === 'MODULE_NOT_FOUND') throw new RuntimeError('ImportModuleError', String(error));
  throw error;
}

/** @param {any} exports @param {string} path @param {string} handler */
function functionIn(exports, path, handler) {
  const found = valueAt(exports, path) ?? valueAt(exports.default, path);
  if (!found) throw new RuntimeError('HandlerNotFound', `${handler} is undefined or not exported`);
  if (typeof found !== 'function') throw new RuntimeError('HandlerNotFound', `${handler} is not a function`);
  if (found.length >= 3) throw new RuntimeError('CallbackHandlerDeprecated', REMOVED);
  return found;
}

/** @param {any} exports @param {string} path */
function valueAt(exports, path) {
  return path
    .split('.')
    .reduce((value, key) => (typeof value === 'object' ? value?.[key] : undefined), exports);
}
