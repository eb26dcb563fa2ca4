package io.inmesh.conformance.world;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * What there is in this process of calls: objects that can be reached, threads, buffers that nobody
 * released. Confined to one thread.
 */
public final class Leftovers {
  /** What exists for one call, one attempt, one request, or one thing that is to happen later. */
  private static final Pattern OF_CALLS =
      Pattern.compile(
          "io\\.inmesh\\.call\\.engine\\.(MeshCall|MeshAttempt|MirrorAttempt|AttemptTimers|IdleWatch"
              + "|Hedging|Retrying|MeshInboundCall)|io\\.inmesh\\.filter\\.(FilterRun|Recording)"
              + "|io\\.inmesh\\.http\\.exchange\\.(Exchange|AttemptRun|ShadowRun|RequestPump|ResponsePump"
              + "|CallLoop)"
              + "|io\\.inmesh\\.http\\.server\\.(ServerExchange|RequestStream|ResponseStream"
              + "|Http1ServerStream|Http2ServerStream)"
              + "|io\\.inmesh\\.grpc\\.(MeshCall|AttemptStream|ShadowStream|Placement|AdmittedCall"
              + "|AdmittedListener|PendingListener|OrderedDelivery)"
              + "|io\\.netty\\.util\\.concurrent\\.ScheduledFutureTask"
              + "|java\\.util\\.concurrent\\.ScheduledThreadPoolExecutor\\$ScheduledFutureTask");

  /** Not those that run application code, which come and go with the load. */
  private static final Pattern OF_THE_MESH =
      Pattern.compile("inmesh-(io|control|grpc-timers|resolver|blocking|probe)");

  private static final Pattern LINE =
      Pattern.compile("^ *\\d+: +(\\d+) +\\d+ +(\\S+)", Pattern.MULTILINE);

  /** A connection may know its last request, an executor its last task. */
  private static final int FEW = 25;

  private static final long PATIENCE_NANOS = 8_000_000_000L;

  /** What is logged of the buffers by which this finds out what is known. */
  public static final String LOST_ON_PURPOSE = "lost on purpose: ";

  private static final AtomicInteger LOST = new AtomicInteger();

  private final List<String> leaks = new CopyOnWriteArrayList<>();
  private Map<String, Integer> before = new TreeMap<>();
  private long threads;

  /** Watches buffers from now on, each of them. */
  public Leftovers() throws ReflectiveOperationException, InterruptedException {
    Field field = Class.forName("io.netty.buffer.AbstractByteBuf").getDeclaredField("leakDetector");
    field.setAccessible(true);
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    ((ResourceLeakDetector<?>) field.get(null))
        .setLeakListener((type, records) -> leaks.add(type + ": " + records));
    // What earlier cases lost, when they were cut off, is none of ours. References are told of in
    // the
    // order of collections, so that what one of them found is known when the next one's is.
    awaitLoss();
    awaitLoss();
    leaks.clear();
  }

  /** Loses a buffer and waits until that is noticed. */
  private void awaitLoss() throws InterruptedException {
    String mark = LOST_ON_PURPOSE + LOST.incrementAndGet();
    lose(mark);
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (leaks().stream().noneMatch(leak -> leak.contains(mark)) && System.nanoTime() < end) {
      var garbage = count();
      Thread.sleep(garbage.isEmpty() ? 5 : 10);
    }
  }

  private static void lose(String mark) {
    ByteBuf unused = ByteBufAllocator.DEFAULT.buffer(16).touch(mark);
  }

  /** What there is now is usual. */
  public void remember() {
    before = count();
    threads = threads();
  }

  /** What there is more of than usual, and will be for some seconds at least. */
  public Map<String, Integer> tooMany() throws InterruptedException {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (true) {
      Map<String, Integer> more = new TreeMap<>();
      count()
          .forEach(
              (type, count) -> {
                int grown = count - before.getOrDefault(type, 0);
                if (grown > FEW) {
                  more.put(type, grown);
                }
              });
      if (threads() > threads) {
        more.put("threads of the mesh", (int) (threads() - threads));
      }
      if (more.isEmpty() || System.nanoTime() > end) {
        return more;
      }
      Thread.sleep(50);
    }
  }

  /** The buffers that were not released; those of the newest garbage may be missing. */
  public List<String> leaks() {
    for (int i = 0; i < 8; i++) {
      ByteBuf unused = ByteBufAllocator.DEFAULT.buffer(16);
      unused.release(); // when one is made, the lost ones are looked for
    }
    return new ArrayList<>(leaks);
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> OF_THE_MESH.matcher(thread.getName()).lookingAt())
        .count();
  }

  /** What is left after a garbage collection. */
  private static Map<String, Integer> count() {
    Map<String, Integer> counts = new TreeMap<>();
    Matcher line = LINE.matcher(histogram());
    while (line.find()) {
      if (OF_CALLS.matcher(line.group(2)).matches()) {
        counts.put(line.group(2), Integer.parseInt(line.group(1)));
      }
    }
    return counts;
  }

  private static String histogram() {
    try {
      return (String)
          ManagementFactory.getPlatformMBeanServer()
              .invoke(
                  new ObjectName("com.sun.management:type=DiagnosticCommand"),
                  "gcClassHistogram",
                  new Object[] {new String[0]},
                  new String[] {String[].class.getName()});
    } catch (JMException e) {
      throw new AssertionError(e);
    }
  }
}
