import type { ColumnChunk, FileMetaData, RowGroup, SchemaElement, SchemaTree } from 'hyparquet';
import { parquetSchema } from 'hyparquet';

/**
 * One row group as a file of its own, whose annotations are gone and whose names are positions among their siblings.
 * hyparquet then decodes to physical values (its own conversion makes floats of decimals, cuts timestamps to
 * milliseconds and merges map keys), and names with dots or doubles cannot collide.
 */
export function unannotated(metadata: FileMetaData, group: RowGroup): FileMetaData {
  const root = parquetSchema(metadata);
  const [rootElement] = metadata.schema;
  if (!rootElement) throw new TypeError('a schema without a root');
  const paths: string[][] = [];
  const schema = [rootElement, ...childElements(root, [], paths)];
  const columns = group.columns.map((chunk, i) => withPath(chunk, paths[i] ?? []));
  return {
    version: metadata.version,
    schema,
    num_rows: group.num_rows,
    row_groups: [{ ...group, columns }],
    metadata_length: metadata.metadata_length,
  };
}

/** The elements under a node in schema order; the path of each leaf is added to `paths`. */
function childElements(node: SchemaTree, path: readonly string[], paths: string[][]): SchemaElement[] {
  return node.children.flatMap((tree, position) => {
    const name = String(position);
    const here = [...path, name];
    if (tree.children.length === 0) paths.push(here);
    return [physicalElement(tree.element, name), ...childElements(tree, here, paths)];
  });
}

function physicalElement(element: SchemaElement, name: string): SchemaElement {
  const { type, type_length, repetition_type, num_children } = element;
  return {
    name,
    ...(type && { type }),
    ...(type_length !== undefined && { type_length }),
    ...(repetition_type && { repetition_type }),
    ...(num_children !== undefined && { num_children }),
  };
}

function withPath(chunk: ColumnChunk, path: string[]): ColumnChunk {
  return chunk.meta_data ? { ...chunk, meta_data: { ...chunk.meta_data, path_in_schema: path } } : chunk;
}
