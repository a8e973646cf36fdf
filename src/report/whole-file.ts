import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { UserError } from "../core/errors.ts";

const bufferedCharacters = 1 << 16;

/** A file that comes to be whole or not at all: it is written beside its place and moved there at the end. */
export class WholeFile {
  readonly #path: string;
  readonly #partialPath: string;
  readonly #descriptor: number;
  #buffer = "";

  /** Throws `UserError` where no file can be written. */
  constructor(path: string) {
    this.#path = path;
    this.#partialPath = `${path}.${process.pid}.partial`;
    try {
      this.#descriptor = openSync(this.#partialPath, "w");
    } catch (error) {
      throw new UserError(path, `cannot be written: ${(error as Error).message}`, "a path in a folder that exists");
    }
  }

  write(text: string): void {
    this.#buffer += text;
    if (this.#buffer.length >= bufferedCharacters) this.#flush();
  }

  /** Puts the file in its place. */
  commit(): void {
    this.#flush();
    closeSync(this.#descriptor);
    renameSync(this.#partialPath, this.#path);
  }

  /** Leaves what was in its place as it was. */
  discard(): void {
    closeSync(this.#descriptor);
    rmSync(this.#partialPath, { force: true });
  }

  #flush(): void {
    writeSync(this.#descriptor, this.#buffer);
    this.#buffer = "";
  }
}

/** Writes a whole file at once. */
export function writeWhole(path: string, text: string): void {
  const file = new WholeFile(path);
  file.write(text);
  file.commit();
}
