import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import { WholeFile, withWholeFiles, writeWhole } from "../../src/report/whole-file.ts";
import { temporaryFolder } from "../scenario/scenarios.ts";

const long = "0123456789abcde\n".repeat(20_000);

describe("a whole file", () => {
  test("is not in its place before it is committed, and then is whole", () => {
    const folder = temporaryFolder();
    const path = join(folder, "report.txt");
    const file = new WholeFile(path);
    for (let part = 0; part < 3; part++) file.write(long);
    expect(existsSync(path)).toBe(false);
    file.commit();
    expect(readFileSync(path, "utf8")).toBe(long.repeat(3));
    expect(readdirSync(folder)).toEqual(["report.txt"]);
  });

  test("that is discarded leaves the old content as it was, and nothing else", () => {
    const folder = temporaryFolder();
    const path = join(folder, "report.txt");
    writeFileSync(path, "old");
    const file = new WholeFile(path);
    file.write(long);
    expect(readFileSync(path, "utf8")).toBe("old");
    file.discard();
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["report.txt"]);
  });

  test("replaces the old content when it is committed, and has nothing to discard then", () => {
    const path = join(temporaryFolder(), "report.txt");
    writeFileSync(path, "old and long");
    const file = new WholeFile(path);
    file.write("new");
    file.commit();
    file.discard();
    expect(readFileSync(path, "utf8")).toBe("new");
  });

  test("may be empty", () => {
    const path = join(temporaryFolder(), "report.txt");
    new WholeFile(path).commit();
    expect(readFileSync(path, "utf8")).toBe("");
  });

  test("replaces what a link points to, not the link", () => {
    const folder = temporaryFolder();
    const target = join(folder, "target.txt");
    writeFileSync(target, "old");
    symlinkSync(target, join(folder, "link.txt"));
    writeWhole(join(folder, "link.txt"), "new");
    expect(readFileSync(target, "utf8")).toBe("new");
    expect(readdirSync(folder).sort()).toEqual(["link.txt", "target.txt"]);
  });

  test("does not replace a device", () => {
    writeWhole("/dev/null", "gone");
    expect(readFileSync("/dev/null", "utf8")).toBe("");
    expect(existsSync(`/dev/null.${process.pid}.partial`)).toBe(false);
  });

  test("cannot take the place of a folder", () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "inner"));
    expect(() => new WholeFile(join(folder, "inner"))).toThrow(/inner: is a folder \(allowed: a file/);
    expect(readdirSync(folder)).toEqual(["inner"]);
  });

  test("needs a folder that exists", () => {
    const path = join(temporaryFolder(), "no", "report.txt");
    expect(() => new WholeFile(path)).toThrow(UserError);
    expect(() => new WholeFile(path)).toThrow(`${path}: cannot be written: ENOENT`);
  });

  test("says so where its folder went away before the end, and leaves nothing behind", () => {
    const folder = temporaryFolder();
    const path = join(folder, "report.txt");
    const file = new WholeFile(path);
    mkdirSync(path);
    expect(() => file.commit()).toThrow(UserError);
    file.discard();
    expect(readdirSync(folder)).toEqual(["report.txt"]);
  });

  test.skipIf(process.getuid?.() === 0)("needs a folder that may be written (root may always)", () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o500);
    expect(() => writeWhole(join(folder, "report.txt"), "x")).toThrow(UserError);
    chmodSync(folder, 0o700);
  });
});

describe("several whole files", () => {
  test("come all when the work is done, in the order asked for, those not asked for left out", async () => {
    const folder = temporaryFolder();
    const paths = [join(folder, "a"), undefined, join(folder, "b")];
    const result = await withWholeFiles(paths, async ([a, none, b]) => {
      a!.write("first");
      b!.write("second");
      expect(none).toBeUndefined();
      expect(readdirSync(folder).filter((name) => !name.endsWith(".partial"))).toEqual([]);
      return 7;
    });
    expect(result).toBe(7);
    expect(readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"))).toEqual(["first", "second"]);
  });

  test("come not at all where the work fails", async () => {
    const folder = temporaryFolder();
    const failing = withWholeFiles([join(folder, "a"), join(folder, "b")], async ([a]) => {
      a!.write(long);
      throw new Error("broken");
    });
    await expect(failing).rejects.toThrow("broken");
    expect(readdirSync(folder)).toEqual([]);
  });

  test("come not at all, and no work is done, where one cannot be written", async () => {
    const folder = temporaryFolder();
    let worked = false;
    const failing = withWholeFiles([join(folder, "a"), join(folder, "no", "b")], async () => {
      worked = true;
    });
    await expect(failing).rejects.toThrow(UserError);
    await expect(failing).rejects.not.toThrow(/partial/);
    expect([worked, readdirSync(folder)]).toEqual([false, []]);
  });
});
