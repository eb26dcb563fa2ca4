package io.inmesh.benchmarks.e2e;

/**
 * One kind of load.
 *
 * @param name in tables
 * @param loop for {@link io.inmesh.benchmarks.load.ClientProcess}: {@code closed} or {@code open}
 * @param amount in flight, or requests a second; 0: half of what the peer can do
 */
record Cell(String name, String loop, int amount) {
  /** What a peer can do: it is never without a request. */
  static final Cell SATURATION = closed(16);

  /** Equal utilisation: each peer at half of its own saturation. */
  static final Cell HALF = new Cell("open loop, half of saturation", "open", 0);

  /** The same rate for each peer, far from what any of them can do. */
  static final Cell LIGHT = open(4000);

  static Cell closed(int concurrency) {
    return new Cell("closed loop, " + concurrency + " in flight", "closed", concurrency);
  }

  static Cell open(int rate) {
    return new Cell("open loop, " + rate + "/s", "open", rate);
  }

  /**
   * What the client process is told, without the seconds.
   *
   * @param saturation requests a second that the peer can do
   */
  String command(double saturation) {
    return loop + " " + (amount > 0 ? amount : Math.max(1, (int) (saturation / 2)));
  }
}
