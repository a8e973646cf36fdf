import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    exclude: ["test/long/**"],
    testTimeout: 30_000,
    // Ink draws no frame but the last where it finds itself in CI; the tests look at the frames.
    env: { CI: "false" },
  },
});
