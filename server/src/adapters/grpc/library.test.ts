import { expect, it } from "vitest";
import { missingLibrary } from "./library.ts";

it("says what is not installed, and what to do", () => {
  expect(missingLibrary(["no-such-package", "vitest", "@nobody/nothing"])).toBe(
    "server.grpc needs what is not installed, no-such-package and @nobody/nothing: " +
      "npm install @grpc/grpc-js@1.14.7 @grpc/proto-loader@0.8.1",
  );
  expect(missingLibrary(["vitest"])).toBeUndefined();
});
