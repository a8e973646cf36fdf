import { closeSync, openSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { UserError } from "../core/errors.ts";

const bufferedCharacters = 1 << 16;

/**
 * A file that comes to be whole or not at all: it is written beside its place and moved there at the end. A device or a
 * pipe cannot be replaced and takes what is written as it comes.
 */
export class WholeFile {
  readonly #path: string;
  readonly #place: string;
  /** Undefined for a device or a pipe. */
  readonly #partialPath: string | undefined;
  readonly #descriptor: number;
  #isOpen = true;
  #buffer = "";

  /** Throws `UserError` where no file can be written, as do `write` and `commit`. */
  constructor(path: string) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) throw new UserError(path, "is a folder", "a file, there already or not");
    this.#path = path;
    // What a link points to is replaced, not the link.
    this.#place = found === undefined ? path : realpathSync(path);
    const isReplaceable = found === undefined || found.isFile();
    this.#partialPath = isReplaceable ? `${this.#place}.${process.pid}.partial` : undefined;
    this.#descriptor = this.#guarded(() => openSync(this.#partialPath ?? this.#place, "w"));
  }

  write(text: string): void {
    this.#buffer += text;
    if (this.#buffer.length >= bufferedCharacters) this.#flush();
  }

  /** Puts the file in its place. */
  commit(): void {
    this.#flush();
    this.#close();
    const partialPath = this.#partialPath;
    if (partialPath !== undefined) this.#guarded(() => renameSync(partialPath, this.#place));
  }

  /** Leaves what was in its place as it was; nothing is left to discard of a file that was committed. */
  discard(): void {
    this.#close();
    if (this.#partialPath !== undefined) rmSync(this.#partialPath, { force: true });
  }

  #flush(): void {
    const text = this.#buffer;
    this.#buffer = "";
    this.#guarded(() => writeFileSync(this.#descriptor, text));
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#descriptor);
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      // Who asked for the file knows nothing of the one beside it.
      const reason = (error as Error).message.replaceAll(this.#partialPath ?? this.#path, this.#path);
      throw new UserError(this.#path, `cannot be written: ${reason}`, "a path that can be written");
    }
  }
}

/** Lets `work` write files, where they are asked for, and puts all in their places when it is done; if it fails, none. */
export async function withWholeFiles<T>(
  paths: readonly (string | undefined)[],
  work: (files: readonly (WholeFile | undefined)[]) => Promise<T>,
): Promise<T> {
  const files: (WholeFile | undefined)[] = [];
  try {
    for (const path of paths) files.push(path === undefined ? undefined : new WholeFile(path));
    const result = await work(files);
    for (const file of files) file?.commit();
    return result;
  } catch (error) {
    for (const file of files) file?.discard();
    throw error;
  }
}

/** Writes a whole file at once. */
export function writeWhole(path: string, text: string): void {
  const file = new WholeFile(path);
  try {
    file.write(text);
    file.commit();
  } catch (error) {
    file.discard();
    throw error;
  }
}
