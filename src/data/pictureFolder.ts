import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { didYouMean } from '../text/nearest.js';
import { counted } from '../text/plural.js';
import { readText } from '../text/read.js';
import { type ClassLabels, labelsOfWords } from './labels.js';
import { isPictureName } from './pictures.js';

/** Images of a folder, by their names in it. */
export interface PictureList extends ClassLabels {
  names: readonly string[];
}

/**
 * The images in a folder, or in its folders, in the order of names. Folders are classes: in the alphabet's order, in
 * that of a labels.txt beside them, or, where all are called by whole numbers, those numbers. Images that lie in the
 * folder itself have the labels of a labels.csv or labels.txt beside them, or none.
 * @returns undefined where there is no image
 * @throws Error with one line naming the file of labels
 */
export function picturesIn(folder: string): PictureList | undefined {
  const entries = readdirSync(folder).sort();
  const flat = entries.filter(isPictureName);
  if (flat.length > 0) return { names: flat, ...labelsBeside(folder, flat) };
  const classes = entries.filter((name) => statSync(join(folder, name)).isDirectory());
  const byClass = classes.map((name) => ({
    name,
    files: readdirSync(join(folder, name)).filter(isPictureName).sort(),
  }));
  const filled = byClass.filter(({ files }) => files.length > 0);
  if (filled.length === 0) return undefined;
  const names = filled.flatMap(({ name, files }) => files.map((file) => `${name}/${file}`));
  const words = filled.flatMap(({ name, files }) => files.map(() => name));
  return { names, ...classLabels(folder, words) };
}

function classLabels(folder: string, words: readonly string[]): ClassLabels {
  const path = join(folder, 'labels.txt');
  if (!existsSync(path)) return labelsOfWords(words, (i) => `${folder}: ${words[i]}`);
  const classes = linesIn(path);
  const places = new Map(classes.map((name, i) => [name, i]));
  const unknown = words.find((word) => !places.has(word));
  if (unknown !== undefined)
    throw new Error(`${path} has no line "${unknown}", which is a folder of images${didYouMean(unknown, classes)}`);
  return { labels: Int32Array.from(words, (word) => places.get(word) as number), classes };
}

const linesIn = (path: string): string[] =>
  readText(path)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** `cat.png, 3` as its two fields, `3` as one. */
function fieldsOfLabel(line: string): string[] {
  const two = /^(.*\S)[\s,;]+([^\s,;]+)$/.exec(line);
  return (two === null ? [line] : [two[1].replace(/[\s,;]+$/, ''), two[2]]).map((field) =>
    field.replace(/^"(.*)"$/, '$1'),
  );
}

/** A line for each image: its name and its label, or labels alone in the order of the names. */
function labelsBeside(folder: string, names: readonly string[]): ClassLabels {
  const path = ['labels.csv', 'labels.txt'].map((name) => join(folder, name)).find((file) => existsSync(file));
  if (path === undefined) return {};
  const lines = linesIn(path).map(fieldsOfLabel);
  const known = new Set(names);
  const rows = lines.filter(
    ([first], i) => i > 0 || known.has(first) || !/^(file|filename|name|image|path|label|id)s?$/i.test(first),
  );
  if (rows.every((row) => row.length === 1)) {
    if (rows.length !== names.length)
      throw new Error(
        `${path} has ${counted(rows.length, 'label')}, and ${counted(names.length, 'image')} lie beside it`,
      );
    return labelsOfWords(
      rows.map(([label]) => label),
      (i) => `${path}: ${names[i]}`,
    );
  }
  const labels = new Map(rows.map(([name, label]) => [name, label ?? '']));
  const missing = names.find((name) => !labels.has(name));
  if (missing !== undefined) throw new Error(`${path} has no label for ${missing}`);
  return labelsOfWords(
    names.map((name) => labels.get(name) as string),
    (i) => `${path}: ${names[i]}`,
  );
}
