package io.inmesh.server.config;

import io.inmesh.server.config.ConfigDirectory.Listing;
import io.inmesh.server.config.MeshDefaultsSpec.Debounce;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a {@link ConfigStore} in step with a directory. Changes are noticed at once where the
 * operating system tells and within a second elsewhere, gathered until nothing has changed for a
 * while (see {@code MeshDefaults.configDebounce}), read together and applied as one generation.
 *
 * <p>A directory that vanishes, or is replaced by an empty one as when a volume is unmounted,
 * changes nothing but raises a finding: losing the source never empties the mesh.
 *
 * <p>Thread-safe. Updates are delivered one after another on a thread of its own, which {@link
 * #close} ends.
 */
public final class DirectorySource implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(DirectorySource.class.getName());
  private static final int LOGGED = 50;
  private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);

  private final Path directory;
  private final ConfigStore store;
  private final Duration poll;
  private final @Nullable Debounce debounce;
  private final Consumer<ConfigUpdate> listener;
  private final ConfigDirectory files;
  private final DirectoryWatch watch;
  private final Thread thread;
  private volatile boolean closed;

  // Used by the thread that calls start, then only by ours.
  private @Nullable Look last;
  private @Nullable Listing good;

  private DirectorySource(Builder builder, Consumer<ConfigUpdate> listener) {
    this.directory = builder.directory;
    this.store = builder.store;
    this.poll = builder.poll;
    this.debounce = builder.debounce;
    this.listener = listener;
    this.files = new ConfigDirectory(directory);
    this.watch = new DirectoryWatch(directory);
    this.thread = new Thread(this::run, "inmesh-config");
    this.thread.setDaemon(true);
  }

  /** For this directory, into this store. */
  public static Builder of(Path directory, ConfigStore store) {
    return new Builder(directory, store);
  }

  /** What is in force. */
  public ConfigUpdate current() {
    return store.current();
  }

  /** Stops watching; afterwards no thread, file handle or call of the listener is left. */
  @Override
  public void close() {
    closed = true;
    watch.close();
    if (Thread.currentThread() == thread) {
      return;
    }
    try {
      thread.join(CLOSE_WAIT.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!closed) {
      try {
        boolean told = watch.await(poll);
        Look now = look();
        if (told || !now.equals(last)) {
          load(settle(now));
        }
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        LOG.log(System.Logger.Level.ERROR, "watching " + directory + " failed; going on", e);
      }
    }
  }

  /** Waits until nothing has changed for a while, or for long enough. */
  private Look settle(Look first) throws InterruptedException {
    Debounce gather =
        debounce != null ? debounce : store.current().set().meshDefaults().configDebounce();
    long start = System.nanoTime();
    Look now = first;
    while (true) {
      boolean told = watch.await(gather.quiet());
      Look next = look();
      boolean quiet = !told && next.equals(now);
      now = next;
      if (quiet || System.nanoTime() - start >= gather.cap().toNanos()) {
        return now;
      }
    }
  }

  private void load(Look now) {
    ConfigUpdate before = store.current();
    ConfigUpdate after = apply(now);
    boolean same =
        after.set().generation().equals(before.set().generation())
            && after.findings().equals(before.findings());
    if (closed || same) {
      return;
    }
    log(before, after);
    try {
      listener.accept(after);
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.ERROR, "applying the configuration failed", e);
    }
  }

  private ConfigUpdate apply(Look now) {
    last = now;
    Listing listing = now.listing;
    if (listing == null) {
      good = null;
      return store.freeze(lost(now.problem, ""));
    }
    watch.register(listing.directories());
    boolean another = good == null || !good.identity().equals(listing.identity());
    if (listing.files().isEmpty() && another && !store.current().set().all().isEmpty()) {
      good = null;
      return store.freeze(
          lost(
              directory + " is empty and was not a moment ago",
              "if that is meant, put a file there that holds an empty List"));
    }
    good = listing;
    return store.apply(files.read(listing).values());
  }

  private static Finding lost(String problem, String hint) {
    return Finding.of(
            FindingCode.DIRECTORY_UNREADABLE,
            Provenance.UNKNOWN,
            "the configuration directory is lost, the last configuration stays in force: "
                + problem)
        .withHint(hint);
  }

  private Look look() {
    try {
      return new Look(files.list(), "");
    } catch (IOException e) {
      return new Look(null, Words.oneLine(String.valueOf(e.getMessage())));
    }
  }

  private static void log(ConfigUpdate before, ConfigUpdate after) {
    LOG.log(System.Logger.Level.INFO, "{0}, {1} findings", after.set(), after.findings().size());
    after.findings().stream()
        .filter(finding -> finding.level() != Finding.Level.INFO)
        .filter(finding -> !before.findings().contains(finding))
        .limit(LOGGED)
        .forEach(finding -> LOG.log(System.Logger.Level.WARNING, finding.toString()));
  }

  /**
   * What the directory looks like.
   *
   * @param listing null if it cannot be read
   * @param problem why not
   */
  private record Look(@Nullable Listing listing, String problem) {}

  /** How to read a directory. Not thread-safe. */
  public static final class Builder {
    private final Path directory;
    private final ConfigStore store;
    private Duration poll = Duration.ofSeconds(1);
    private @Nullable Debounce debounce;

    private Builder(Path directory, ConfigStore store) {
      this.directory = directory;
      this.store = store;
    }

    /** How often to look where the operating system does not tell; 1 s unless set. */
    public Builder poll(Duration interval) {
      this.poll = interval;
      return this;
    }

    /** How to gather changes; as MeshDefaults says unless set. */
    public Builder debounce(Duration quiet, Duration cap) {
      this.debounce = new Debounce(quiet, cap);
      return this;
    }

    /**
     * Reads the directory once, then watches it. The first result is returned, and is what {@link
     * DirectorySource#current} says; only later ones go to the listener.
     */
    public DirectorySource start(Consumer<ConfigUpdate> listener) {
      DirectorySource source = new DirectorySource(this, listener);
      ConfigUpdate before = store.current();
      log(before, source.apply(source.look()));
      source.thread.start();
      return source;
    }
  }
}
