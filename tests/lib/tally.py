"""Counts of the tests, and the one line at the end that everything else reads."""


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.told = []

    def add(self, suite, passed, failed=0, skipped=0):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped
        if passed or failed or skipped:
            total = passed + failed
            more = f", {skipped} more skipped" if skipped else ""
            print(f"{suite}: {passed} of {total} as expected{more}", flush=True)

    def fail(self, what, why):
        print(f"{what} FAILED: {why}", flush=True)
        self.told.append(f"failed: {what}")
        self.failed += 1

    def failed_test(self, what):
        """For a test whose suite is counted with `add`: only named again at the end."""
        self.told.append(f"failed: {what}")

    def skip(self, what, why):
        print(f"{what} is skipped: {why}", flush=True)
        self.told.append(f"skipped: {what}: {why}")
        self.skipped += 1

    def close(self):
        if not self.passed and not self.failed:
            self.fail("everything", "no test was run")
        print("\n".join(["", *self.told]) if self.told else "")
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        print(f"{self.passed} passed, {self.failed} failed{skipped}", flush=True)
        return 1 if self.failed else 0
