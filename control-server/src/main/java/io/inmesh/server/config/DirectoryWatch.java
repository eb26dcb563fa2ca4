package io.inmesh.server.config;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells that something in some directories may have changed. Only a hint: where the operating
 * system cannot or will not tell, waiting simply takes the whole time. {@link #close} may be called
 * from any thread, the rest from one at a time.
 */
final class DirectoryWatch implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(DirectoryWatch.class.getName());

  private final @Nullable WatchService service;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Map<Path, WatchKey> keys = new HashMap<>();
  private boolean complained;

  DirectoryWatch(Path directory) {
    this.service = open(directory);
  }

  /** Watches these directories and no others. */
  void register(Collection<Path> directories) {
    if (service == null) {
      return;
    }
    keys.keySet().stream()
        .filter(path -> !directories.contains(path))
        .toList()
        .forEach(path -> cancel(keys.remove(path)));
    for (Path directory : directories) {
      try {
        keys.put(
            directory,
            directory.register(
                service,
                StandardWatchEventKinds.ENTRY_CREATE,
                StandardWatchEventKinds.ENTRY_MODIFY,
                StandardWatchEventKinds.ENTRY_DELETE));
      } catch (IOException e) {
        complain(directory, e);
      } catch (ClosedWatchServiceException e) {
        return;
      }
    }
  }

  /** Waits until something happened or the time is over; true if something happened. */
  boolean await(Duration atMost) throws InterruptedException {
    if (service == null) {
      boolean unused = closed.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
      return false;
    }
    try {
      WatchKey key = service.poll(atMost.toNanos(), TimeUnit.NANOSECONDS);
      boolean told = key != null;
      while (key != null) {
        key.pollEvents();
        if (!key.reset()) {
          keys.values().remove(key);
        }
        key = service.poll();
      }
      return told;
    } catch (ClosedWatchServiceException e) {
      throw new InterruptedException("closed");
    }
  }

  @Override
  public void close() {
    closed.countDown();
    if (service != null) {
      try {
        service.close();
      } catch (IOException e) {
        LOG.log(System.Logger.Level.DEBUG, "closing a watch failed", e);
      }
    }
  }

  private @Nullable WatchService open(Path directory) {
    try {
      return directory.getFileSystem().newWatchService();
    } catch (IOException | UnsupportedOperationException e) {
      complain(directory, e);
      return null;
    }
  }

  private void complain(Path directory, Exception e) {
    if (!complained) {
      complained = true;
      LOG.log(
          System.Logger.Level.INFO,
          "cannot watch " + directory + ", looking at it periodically instead: " + e);
    }
  }

  private static void cancel(@Nullable WatchKey key) {
    if (key != null) {
      key.cancel();
    }
  }
}
