import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';

/** How a review of each rating is put together; the product decides which of the variants it gets. */
const variants: Readonly<Record<number, readonly string[]>> = {
  5: [
    'Could not be happier with the {name}. {praise}',
    '{praise} I have already ordered a second one for my sister.',
    'Half a year with the {name} and still delighted. {praise}',
    'Worth every cent. {praise}',
    '{praise} Exactly as described, and it came a day early.',
    'My neighbour recommended the {name}, and she was right. {praise}',
    'Très bien! {praise}',
  ],
  4: [
    '{praise} One star less because delivery took two weeks.',
    'Very good on the whole. {praise} The manual could be larger than a stamp.',
    '{praise} A little expensive, though.',
    'I like the {name} a lot. {praise} The box was dented, but nothing inside was.',
    '{praise} I only wish there were more colours to choose from.',
    'Solid choice. {praise} Took me a while to get used to it.',
  ],
  3: [
    'Mixed feelings about the {name}. {praise} But then: {complaint}',
    '{praise} Sadly that is half the story. {complaint}',
    'It is all right. {praise} {complaint}',
    '{complaint} I would give less if it were not for this: {praise}',
    "Neither good nor bad. {complaint} Still, I'll keep it. {praise}",
  ],
  2: [
    '{complaint} For that price I expected more.',
    'I wanted to like the {name}. {complaint}',
    'Looked better in the pictures. {complaint}',
    '{complaint} Customer service answered after nine days with a link to the manual.',
    'Not again. {complaint} My old one was better.',
    'Disappointed by the {name} after all the praise here. {complaint}',
  ],
  1: [
    'Sent the {name} back. {complaint}',
    '{complaint} Save your money!!!',
    'The {name} lasted exactly as long as the warranty form took to fill in. {complaint}',
    'If I could give no star, I would. {complaint}',
    '{complaint} Two e-mails to the seller, no reply.',
  ],
};

const sqlText = (text: string) => `'${text.replaceAll("'", "''")}'`;

const variantRows = Object.entries(variants)
  .map(([rating, texts]) => `(${rating}, [${texts.map(sqlText).join(', ')}])`)
  .join(', ');

/**
 * One review of each rating for each product. 73 and 250 have no common divisor, so `place` shuffles the reviews and is
 * the same each time; the other remainders leave nulls in every column but the text.
 */
const reviews = (products: string) => `
  WITH products AS (SELECT *, row_number() OVER () - 1 AS product FROM read_csv(${sqlText(products)}, all_varchar = true)),
  variants(rating, texts) AS (VALUES ${variantRows}),
  placed AS (SELECT *, (73 * (5 * product + rating)) % 250 AS place FROM products CROSS JOIN variants)
  SELECT
    CAST(place + 1 AS BIGINT) AS id,
    replace(replace(replace(texts[product % len(texts) + 1],
      '{name}', name), '{praise}', praise), '{complaint}', complaint) AS input_text,
    CAST(CASE WHEN place % 17 <> 5 THEN rating END AS TINYINT) AS rating,
    CAST(CASE WHEN place % 23 <> 7 THEN price END AS DECIMAL(9, 2)) AS price,
    CASE WHEN place % 31 <> 11
      THEN TIMESTAMP '2024-03-01 06:30:00' + to_minutes(CAST(place * 2999 + product AS BIGINT)) END AS written_at,
    CASE WHEN place % 29 = 3 THEN [] WHEN place % 19 <> 2 THEN string_split(tags, '|') END AS tags
  FROM placed ORDER BY id`;

/** Writes reviews.parquet beside this file; one thread, so that the same file comes out each time. */
async function makeReviews(folder: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const target = sqlText(join(folder, 'reviews.parquet'));
  await connection.run(
    `COPY (${reviews(join(folder, 'products.csv'))}) TO ${target} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 250)`,
  );
  connection.closeSync();
  instance.closeSync();
}

await makeReviews(fileURLToPath(new URL('.', import.meta.url)));
