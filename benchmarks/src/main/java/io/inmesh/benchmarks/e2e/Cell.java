package io.inmesh.benchmarks.e2e;

/**
 * One kind of load.
 *
 * @param name in tables
 * @param command for {@link io.inmesh.benchmarks.load.ClientProcess}, without the seconds
 */
record Cell(String name, String command) {
  static Cell closed(int concurrency) {
    return new Cell("closed loop, " + concurrency + " in flight", "closed " + concurrency);
  }

  static Cell open(int rate) {
    return new Cell("open loop, " + rate + "/s", "open " + rate);
  }
}
