import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["test/**/*.test.{ts,tsx}"], exclude: ["test/long/**"], testTimeout: 30_000 },
});
