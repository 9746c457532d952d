import type { SchemaTree } from 'hyparquet';
import { type LeafText, leafText } from './leaf-text.ts';

/** Writes a decoded value of one node of the schema. What is null or undefined is null. */
type Json = (value: unknown) => string;

/**
 * The writer of a column's cells. Its values are those of `unannotated` (raw-schema.ts): physical values in leaves, and
 * groups as objects whose keys are positions, so that no name, null or duplicate map key can be lost on the way.
 */
export function cellText(column: SchemaTree): (value: unknown) => string | null {
  if (isPlainLeaf(column)) return textOr(leafText(column.element));
  const json = jsonOf(column);
  return (value) => (isNull(value) && !isRepeated(column) ? null : json(value));
}

/** The writer of a column's cells as JSON, of the same values. */
export function cellJson(column: SchemaTree): (value: unknown) => string {
  return jsonOf(column);
}

function textOr(leaf: LeafText): (value: unknown) => string | null {
  return (value) => (isNull(value) ? null : leaf.text(value));
}

function jsonOf(node: SchemaTree): Json {
  return isRepeated(node) ? arrayOf(singleOf(node)) : singleOf(node);
}

/** One occurrence of a node, whether or not it is repeated. */
function singleOf(node: SchemaTree): Json {
  if (node.children.length === 0) return nullOr(leafText(node.element).json);
  if (isMap(node)) return mapOf(node);
  if (isList(node)) return listOf(node);
  return structOf(node);
}

function listOf(node: SchemaTree): Json {
  const [repeated] = node.children;
  if (!repeated) throw new TypeError('a list without a child');
  const wrapper = isElementWrapper(node, repeated) ? repeated.children[0] : undefined;
  const item = wrapper ? jsonOf(wrapper) : singleOf(repeated);
  const items = arrayOf(wrapper ? (value) => item(child(value, 0)) : item);
  return nullOr((value) => items(child(value, 0)));
}

/** A JSON object; keys that are no strings are written as their text. */
function mapOf(node: SchemaTree): Json {
  const [key, content] = node.children[0]?.children ?? [];
  if (!key) throw new TypeError('a map without a key');
  const keyJson = jsonOf(key);
  const contentJson = content ? jsonOf(content) : () => 'null';
  const keyText = (value: unknown) => {
    const json = keyJson(value);
    return json.startsWith('"') ? json : JSON.stringify(json);
  };
  const entry = (value: unknown) => `${keyText(child(value, 0))}:${contentJson(child(value, 1))}`;
  return nullOr((value) => `{${itemsOf(child(value, 0)).map(entry).join(',')}}`);
}

function structOf(node: SchemaTree): Json {
  const fields = node.children.map((field) => ({
    name: JSON.stringify(field.element.name),
    json: jsonOf(field),
  }));
  return nullOr(
    (value) => `{${fields.map((field, i) => `${field.name}:${field.json(child(value, i))}`).join(',')}}`,
  );
}

function arrayOf(item: Json): Json {
  return (value) => `[${itemsOf(value).map(item).join(',')}]`;
}

function nullOr(json: Json): Json {
  return (value) => (isNull(value) ? 'null' : json(value));
}

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function child(group: unknown, position: number): unknown {
  return (group as Readonly<Record<number, unknown>>)[position];
}

function isNull(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function isRepeated(node: SchemaTree): boolean {
  return node.element.repetition_type === 'REPEATED';
}

function isPlainLeaf(node: SchemaTree): boolean {
  return node.children.length === 0 && !isRepeated(node);
}

function isList({ element, children: [repeated, ...others] }: SchemaTree): boolean {
  const marked = element.converted_type === 'LIST' || element.logical_type?.type === 'LIST';
  return marked && others.length === 0 && repeated !== undefined && isRepeated(repeated);
}

function isMap({ element, children: [entry, ...others] }: SchemaTree): boolean {
  const { converted_type: old, logical_type: logical } = element;
  const marked = old === 'MAP' || old === 'MAP_KEY_VALUE' || logical?.type === 'MAP';
  if (!marked || others.length > 0 || entry === undefined || !isRepeated(entry)) return false;
  return entry.children.length === 1 || entry.children.length === 2;
}

/** The rules for lists of old writers (LogicalTypes.md): the repeated group may be the element itself. */
function isElementWrapper(list: SchemaTree, repeated: SchemaTree): boolean {
  const { name } = repeated.element;
  return repeated.children.length === 1 && name !== 'array' && name !== `${list.element.name}_tuple`;
}
