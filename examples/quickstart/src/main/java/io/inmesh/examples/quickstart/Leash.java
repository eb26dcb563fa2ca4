package io.inmesh.examples.quickstart;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Runs another main class and ends the process as soon as standard input ends: a child on this
 * leash cannot outlive its parent, however the parent dies.
 */
final class Leash {
  private Leash() {}

  /** The class to run, then its arguments. */
  public static void main(String[] args) throws ReflectiveOperationException {
    InputStream parent = System.in;
    Thread watch = new Thread(() -> waitForEnd(parent), "leash");
    watch.setDaemon(true);
    watch.start();
    Class.forName(args[0])
        .getMethod("main", String[].class)
        .invoke(null, (Object) Arrays.copyOfRange(args, 1, args.length));
  }

  private static void waitForEnd(InputStream parent) {
    try {
      while (parent.read() >= 0) {
        // The parent says nothing; only the end of its stream matters.
      }
    } catch (IOException e) {
      // A broken pipe is an end, too.
    }
    Runtime.getRuntime().halt(143);
  }
}
