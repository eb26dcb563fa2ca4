package io.inmesh.xds;

import com.google.protobuf.Any;
import io.inmesh.control.Cancellable;
import io.inmesh.control.ControlLoop;
import io.inmesh.identity.SealedFiles;
import io.inmesh.wire.state.v1.Configuration;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * What the control server said last, sealed in the state directory beside the credential, so that a
 * process that starts while there is no control server works as it did before. Written in the
 * background, as a whole, a moment after something has changed, but not before everything that this
 * process asks for was answered once: what an earlier process kept is worth more than a part of it.
 * Confined to the control loop, but for files.
 */
public final class KeptConfiguration {
  /** Configuration that is larger is not kept. */
  static final int MAX_BYTES = 16 * 1024 * 1024;

  private static final System.Logger LOG = System.getLogger(KeptConfiguration.class.getName());
  private static final String FILE = "configuration";

  /** Changes come in bursts: a listener, then what it leads to. */
  private static final long WRITE_AFTER_NANOS = 500_000_000;

  private final SealedFiles files;
  private final String node;
  private final ControlLoop loop;
  private final Executor blocking;
  private final Map<String, Map<String, Any>> byType = new HashMap<>();
  private final CompletableFuture<Void> inForce = new CompletableFuture<>();
  private Cancellable timer = Cancellable.NONE;
  private BooleanSupplier whole = () -> true;
  private boolean due;
  private boolean writing;
  private boolean tooLarge;

  /** On the thread that writes: what cannot be written is said once. */
  private boolean failing;

  private KeptConfiguration(SealedFiles files, String node, ControlLoop loop, Executor blocking) {
    this.files = files;
    this.node = node;
    this.loop = loop;
    this.blocking = blocking;
  }

  /**
   * Keeps it in a directory; reads nothing yet.
   *
   * @param node whose it is: what was kept for another one is not used
   * @param blocking reads and writes files
   * @throws IllegalArgumentException if the directory cannot be used
   */
  public static KeptConfiguration in(
      Path directory, NodeIdentity node, ControlLoop loop, Executor blocking) {
    try {
      return new KeptConfiguration(SealedFiles.open(directory), node.host(), loop, blocking);
    } catch (IOException e) {
      throw new IllegalArgumentException("state-dir " + directory + ": " + e.getMessage(), e);
    }
  }

  /**
   * Reads what was kept.
   *
   * @param whenRead takes it, on a thread that may block; not called if nothing is of use
   */
  void read(Consumer<Configuration> whenRead) {
    blocking.execute(
        () -> {
          try {
            byte[] bytes = files.read(FILE).orElse(null);
            if (bytes == null) {
              return;
            }
            Configuration kept = Configuration.parseFrom(bytes);
            if (kept.getNode().equals(node)) {
              whenRead.accept(kept);
            } else {
              LOG.log(
                  Level.WARNING,
                  "the kept configuration is of {0}, not of {1}, and is not used",
                  kept.getNode(),
                  node);
            }
          } catch (IOException e) {
            LOG.log(Level.WARNING, "the kept configuration is not used: {0}", e.getMessage());
          }
        });
  }

  /**
   * Takes what was accepted of one type.
   *
   * @param accepted resources by name, as they were sent
   * @param used whether a resource is in use: others are dropped
   */
  void update(String typeUrl, Map<String, Any> accepted, Predicate<String> used) {
    Map<String, Any> resources = byType.computeIfAbsent(typeUrl, url -> new LinkedHashMap<>());
    boolean changed = resources.keySet().removeIf(name -> !used.test(name));
    for (Map.Entry<String, Any> each : accepted.entrySet()) {
      changed |=
          used.test(each.getKey())
              && !each.getValue().equals(resources.put(each.getKey(), each.getValue()));
    }
    due |= changed;
    answered();
  }

  /** Nothing is written until this was true once: whether everything asked for was answered. */
  void wholeWhen(BooleanSupplier allAnswered) {
    whole = allAnswered;
  }

  /** The control server said something, or it is clear that it will not. */
  void answered() {
    if (due) {
      writeLater();
    }
  }

  private void writeLater() {
    if (!writing) {
      writing = true;
      // What is asked for because of the last answer is asked for before the second task runs.
      timer = loop.schedule(WRITE_AFTER_NANOS, () -> loop.execute(this::writeIfWhole));
    }
  }

  private void writeIfWhole() {
    if (whole.getAsBoolean()) {
      whole = () -> true;
      write();
    } else {
      writing = false; // the next answer brings it up again
    }
  }

  private void write() {
    due = false;
    Configuration.Builder all =
        Configuration.newBuilder().setNode(node).setAtMillis(System.currentTimeMillis());
    byType.values().forEach(resources -> all.addAllResources(resources.values()));
    Configuration configuration = all.build();
    if (configuration.getSerializedSize() > MAX_BYTES) {
      if (!tooLarge) {
        LOG.log(
            Level.WARNING,
            "the configuration has {0} bytes; more than {1} are not kept for a restart",
            configuration.getSerializedSize(),
            MAX_BYTES);
      }
      tooLarge = true;
      writing = false;
      return;
    }
    tooLarge = false;
    blocking.execute(() -> write(configuration));
  }

  private void write(Configuration configuration) {
    try {
      files.write(FILE, configuration.toByteArray());
      failing = false;
    } catch (IOException e) {
      if (!failing) {
        LOG.log(Level.WARNING, "the configuration cannot be kept for a restart: {0}", e.toString());
      }
      failing = true;
    }
    loop.execute(
        () -> {
          writing = false;
          if (due) {
            writeLater();
          }
        });
  }

  /** What was not written yet is not written any more. */
  void close() {
    timer.cancel();
  }

  /** It is in force from now on, until the control server at the target says something else. */
  void inForce(Configuration kept, String target) {
    LOG.log(
        Level.WARNING,
        "the control server at ''{0}'' does not answer: this process works by the {1} resources"
            + " that it was sent until {2}",
        target,
        String.valueOf(kept.getResourcesCount()),
        Instant.ofEpochMilli(kept.getAtMillis()));
    inForce.complete(null);
  }

  /** Completes when what was kept is in force because the control server does not answer. */
  public CompletableFuture<Void> whenInForce() {
    return inForce.copy();
  }
}
