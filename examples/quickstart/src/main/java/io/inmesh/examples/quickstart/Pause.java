package io.inmesh.examples.quickstart;

/** Waiting for other processes. */
final class Pause {
  private Pause() {}

  static void millis(long millis) throws InterruptedException {
    Thread.sleep(millis);
  }
}
