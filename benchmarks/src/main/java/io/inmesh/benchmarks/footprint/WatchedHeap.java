package io.inmesh.benchmarks.footprint;

import io.inmesh.Mesh;
import io.inmesh.MeshConfig;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * A process that watches services: {@code CONTROL SERVICES}. Prints the bytes of live heap when all
 * of them, with their endpoints, have arrived.
 */
final class WatchedHeap {
  private WatchedHeap() {}

  public static void main(String[] args) throws Exception {
    List<String> services =
        IntStream.range(0, Integer.parseInt(args[1])).mapToObj(i -> "service" + i).toList();
    try (Mesh mesh =
        Mesh.start(
            MeshConfig.builder()
                .service("web")
                .controlServer(args[0])
                .insecure(true)
                .dependencies(services)
                .build())) {
      mesh.whenReady(Duration.ofMinutes(2)).toCompletableFuture().get(3, TimeUnit.MINUTES);
      if (!mesh.snapshot().absent().isEmpty()) {
        throw new IllegalStateException("not found: " + mesh.snapshot().absent().keySet());
      }
      System.out.println(live());
    }
    System.exit(0);
  }

  /** What survives a collection: the least of several, since references die one after another. */
  private static long live() {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      System.gc();
      Runtime runtime = Runtime.getRuntime();
      least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
    }
    return least;
  }
}
